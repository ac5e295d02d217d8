"""The bytes of an object, whole: a dropped connection is taken up where it broke."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from tailpipe_resources.errors import SourceUnavailableError
from tailpipe_resources.sources.s3_errors import is_worth_resuming, speaking_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MEMORY_BYTES: Final = 32 << 20
"""Larger objects are put into a temporary file."""

TRIES: Final = 6
"""How often in a row a body may break without a byte gained."""

_PIECE_BYTES = 1 << 20
_MAX_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object as it was listed."""

    bucket: str
    key: str
    etag: str
    size: int

    @property
    def location(self) -> str:
        """How we speak of it."""
        return f"s3://{self.bucket}/{self.key}"


def download(client: S3Client, wanted: Wanted, *, min_wait_seconds: float) -> BinaryIO:
    """The object's bytes, rewound.

    Raises:
        ArtifactGoneError: it was deleted.
        SourceUnavailableError: it changed since it was listed, or the connection kept breaking.
        SourceRefusedError: permission, or it is archived.
    """
    into = BytesIO() if wanted.size <= MEMORY_BYTES else cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
    try:
        _fill(into, client, wanted, min_wait_seconds)
    except BaseException:
        into.close()
        raise
    into.seek(0)
    return into


def first_bytes(client: S3Client, wanted: Wanted, count: int) -> BinaryIO:
    """The first bytes of an object, by one request.

    Raises:
        SourceError: as `download` does; a connection that breaks is not taken up again.
    """
    if not wanted.size:
        return BytesIO()
    with speaking_for(wanted.location):
        answer = client.get_object(
            Bucket=wanted.bucket, Key=wanted.key, IfMatch=f'"{wanted.etag}"', Range=f"bytes=0-{count - 1}"
        )
        with answer["Body"] as body:
            return BytesIO(body.read(count))


def _fill(into: BinaryIO, client: S3Client, wanted: Wanted, min_wait_seconds: float) -> None:
    broken = 0
    while True:
        had = into.tell()
        try:
            with speaking_for(wanted.location):
                _append(into, client, wanted)
        except SourceUnavailableError as error:
            broken = broken + 1 if into.tell() == had else 1
            if broken >= TRIES or not is_worth_resuming(error):
                raise
            _wait(broken, min_wait_seconds)
        else:
            return


def _append(into: BinaryIO, client: S3Client, wanted: Wanted) -> None:
    """Get what is missing, as far as the connection lasts."""
    request: dict[str, Any] = {"Bucket": wanted.bucket, "Key": wanted.key, "IfMatch": f'"{wanted.etag}"'}
    if into.tell():
        request["Range"] = f"bytes={into.tell()}-"
    answer = client.get_object(**request)
    if answer["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.PARTIAL_CONTENT:
        into.seek(0)
    body = answer["Body"]
    try:
        into.writelines(iter(partial(body.read, _PIECE_BYTES), b""))
    finally:
        body.close()


def _wait(broken: int, min_wait_seconds: float) -> None:
    """Longer after each break, and never the same for all."""
    longest = min(_MAX_WAIT_SECONDS, min_wait_seconds * 2**broken)
    time.sleep(random.uniform(min_wait_seconds / 2, longest))  # noqa: S311
