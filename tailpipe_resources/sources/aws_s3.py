"""The source `aws_s3`: objects in a bucket of S3, or of anything that speaks like it."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace
from datetime import UTC
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from pydantic import field_validator, model_validator

from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.window import Window
from tailpipe_resources.options import Options
from tailpipe_resources.sources.emptiness import Name, Sought, why_empty
from tailpipe_resources.sources.layout import Layout
from tailpipe_resources.sources.s3_client import Access, make_client
from tailpipe_resources.sources.s3_errors import speaking_for
from tailpipe_resources.sources.s3_identity import identity_of, queue_policy, smallest_policy
from tailpipe_resources.sources.s3_listing import Scope, has_layout, listed
from tailpipe_resources.sources.s3_looking import Looking
from tailpipe_resources.sources.s3_queue import SqsInbox
from tailpipe_resources.sources.s3_queue_url import parse
from tailpipe_resources.sources.s3_read import Wanted, download, first_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.sources.base import Action, Inbox
    from tailpipe_resources.sources.layout import LayoutMatch

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}|arn:[^\s/]+(?:/[^\s/]+)?")


class S3Options(Options):
    """Which objects of which bucket to read."""

    bucket: str
    """The bucket's name, without `s3://`, or the ARN of an access point."""

    prefix: str = ""
    """Only keys that begin with this are read."""

    region: str | None = None
    """Where the bucket is. Found out when left out."""

    endpoint_url: str | None = None
    """Where to reach a store that is not Amazon's, such as `http://localhost:9000`."""

    force_path_style: bool = False
    """Put the bucket into the path of the URL, not into the host name. Most stores that are not Amazon's want it."""

    requester_pays: bool = False
    """Pay for requests and traffic, in a bucket whose owner lets those pay who read."""

    file_layout: str | None = None
    """Where the time is written in a key below the prefix, as a grok pattern. Other objects are left out.

    A listing of a flat bucket begins at the days that are wanted.
    """

    patterns: dict[str, str] = {}
    """Grok patterns of your own for `file_layout`."""

    sqs_queue_url: str | None = None
    """A queue of SQS to which the bucket's notifications go, so that it need not be listed to find what is new."""

    @property
    def taken_from(self) -> str | None:
        """The queue: who receives a message takes it from all others."""
        return self.sqs_queue_url

    @field_validator("bucket")
    @classmethod
    def _check_bucket(cls, bucket: str) -> str:
        if bucket.startswith("s3://"):
            name, _, prefix = bucket.removeprefix("s3://").partition("/")
            raise ValueError(f'write bucket = "{name}"' + (f' and prefix = "{prefix}"' if prefix else ""))
        if _BUCKET.fullmatch(bucket) is None:
            raise ValueError(f'"{bucket}" cannot be the name of a bucket')
        return bucket

    @field_validator("sqs_queue_url")
    @classmethod
    def _check_queue(cls, url: str | None) -> str | None:
        if url is not None:
            parse(url)
        return url

    @model_validator(mode="after")
    def _check_layout(self) -> Self:
        if self.file_layout is not None:
            Layout(self.file_layout, self.patterns)
        return self


class S3Source:
    """Objects in one bucket, in the order of their keys."""

    name: ClassVar[str] = "aws_s3"
    description: ClassVar[str] = "Objects in an S3 bucket, or in a store that speaks like S3."
    options: ClassVar[type[Options]] = S3Options
    workers: ClassVar[int] = 16

    def __init__(self, options: Options, credential: Credential | None = None) -> None:
        self._options = S3Options.model_validate(options)
        self._access = _access(self._options, credential)
        self._lock = Lock()
        self._made: S3Client | None = None
        self._listed: Callable[[S3Client, Scope], Iterator[tuple[ObjectTypeDef, LayoutMatch]]] = listed
        self._inbox = self._own_inbox()
        self._laid_out: dict[tuple[str, str], bool] = {}

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """List the objects there are; see `Source.artifacts`.

        A table's `layout` applies where keys have it, and then leaves out all that do not; where none has it, all is
        listed and dated by when it was written.
        """
        excluded = re.compile(exclude) if exclude else None
        for item, match in self._listed(self._client(), self._scope(window, prefix, layout)):
            key = item.get("Key", "")
            if _is_folder(item) or (excluded is not None and excluded.search(key)):
                continue
            artifact = self._artifact(item, match)
            if match.start is not None or artifact.time in window:
                yield artifact

    def open(self, artifact: Artifact) -> BinaryIO:
        """The object's bytes, all of them fetched; see `Source.open`."""
        return download(self._client(), self._wanted(artifact), min_wait_seconds=self._access.min_wait_seconds)

    def peek(self, artifact: Artifact, count: int) -> BinaryIO:
        """Its first bytes; see `Peeking.peek`."""
        return first_bytes(self._client(), self._wanted(artifact), count)

    def why_empty(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> str:
        """What all objects lack; see `Explaining.why_empty`. One that goes by notices alone cannot tell."""
        if self._listed is not listed:
            return ""
        client, scope = self._client(), self._scope(window, prefix, layout)
        every = listed(client, Scope(self._options.bucket, self._options.prefix, Window()))
        found = (item for item, _ in every if not _is_folder(item))
        first = next(found, None)
        if first is None:
            return f"there is no object at s3://{self._options.bucket}/{self._options.prefix}"
        names = (self._name(item, scope.root) for item in chain([first], found))
        heeded = scope.layout if not scope.is_layout_optional or has_layout(client, scope) else None
        return why_empty(names, Sought(window, scope.prefix, heeded, exclude), "object")

    def identity(self) -> str:
        """Whose credential it is; see `Identified.identity`."""
        return identity_of(self._access)

    def permission(self, action: Action) -> str:
        """An IAM policy; see `Identified.permission`."""
        if action == "notices" and self._options.sqs_queue_url is not None:
            return queue_policy(parse(self._options.sqs_queue_url).arn)
        return smallest_policy(self._options.bucket, self._options.prefix, action)

    def inbox(self) -> Inbox | None:
        """The queue, if there is one; see `Notified.inbox`."""
        return self._inbox

    def _own_inbox(self) -> Inbox | None:
        if self._options.sqs_queue_url is None:
            return None
        url = parse(self._options.sqs_queue_url)
        access = replace(self._access, region=url.region or self._access.region, endpoint_url=url.endpoint)
        return SqsInbox(url, self._options.bucket, access, self._only)

    def _only(self, hints: Sequence[Artifact]) -> S3Source:
        """The same bucket and client, with nothing but these objects."""
        self._client()
        narrowed = copy(self)
        narrowed._listed = Looking(self._options.bucket, hints, self._laid_out).listed  # noqa: SLF001
        narrowed._inbox = None  # noqa: SLF001
        return narrowed

    def _scope(self, window: Window, prefix: str | None, layout: str | None) -> Scope:
        own, narrow = self._options.file_layout, prefix or self._options.prefix
        begin = narrow if own is None else self._options.prefix
        return Scope(
            bucket=self._options.bucket,
            prefix=narrow,
            window=window,
            layout=Layout(own or layout or "", self._options.patterns) if own or layout else None,
            root=begin[: begin.rfind("/") + 1],
            is_layout_optional=own is None,
        )

    def _name(self, item: ObjectTypeDef, root: str) -> Name:
        key = item.get("Key", "")
        return Name(key, root, f"s3://{self._options.bucket}/{key}", item["LastModified"].astimezone(UTC))

    def _artifact(self, item: ObjectTypeDef, match: LayoutMatch) -> Artifact:
        etag, size = item.get("ETag", "").strip('"'), item.get("Size", 0)
        time = match.start or item["LastModified"].astimezone(UTC)
        location = f"s3://{self._options.bucket}/{item.get('Key', '')}"
        return Artifact(location, f"{etag}-{size}", size, time, match.fields)

    def _wanted(self, artifact: Artifact) -> Wanted:
        key = artifact.location.removeprefix(f"s3://{self._options.bucket}/")
        return Wanted(self._options.bucket, key, artifact.version.rpartition("-")[0], artifact.size)

    def _client(self) -> S3Client:
        with self._lock:
            if self._made is None:
                with speaking_for(f"s3://{self._options.bucket}"):
                    self._made = make_client(self._access)
            return self._made


def _access(options: S3Options, credential: Credential | None) -> Access:
    """How to reach the bucket: what the source says, else what the credential says."""
    let_in = {} if credential is None else credential.options
    return Access(
        region=options.region or let_in.get("region"),
        endpoint_url=options.endpoint_url or let_in.get("endpoint_url"),
        force_path_style=options.force_path_style or bool(let_in.get("force_path_style")),
        requester_pays=options.requester_pays,
        credential=let_in,
    )


def _is_folder(item: ObjectTypeDef) -> bool:
    """Whether it only marks a folder, as consoles make them."""
    return item.get("Size", 0) == 0 and item.get("Key", "").endswith("/")
