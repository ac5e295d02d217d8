"""Our sources keep the contract that plugins keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.testing import SourceContract
from tailpipe_resources.model.config import Credential
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tailpipe_resources.sources.file import FileOptions, FileSource
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_resources.sources.base import Source

LAYOUT = "%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}.log"
FILES = {
    f"2024/02/0{day}/{letter}.log": f"2024-02-0{day}T12:00:00Z {day * 2 + place}\n"
    for day in range(1, 4)
    for place, letter in enumerate("ab", start=-2)
}


class TestFiles(SourceContract):
    name = "file"
    lines = 6

    def source(self, folder: Path) -> Source:
        """A folder for each of three days."""
        for name, text in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        return FileSource(FileOptions(path=str(folder), file_layout=LAYOUT))


@pytest.fixture(scope="module")
def store() -> Iterator[S3Endpoint]:
    """A store that speaks S3."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.mark.service
class TestBucket(SourceContract):
    name = "aws_s3"
    lines = 6

    endpoint: S3Endpoint

    @pytest.fixture(autouse=True)
    def _store(self, store: S3Endpoint) -> None:
        self.endpoint = store

    def source(self, folder: Path) -> Source:  # noqa: ARG002 - it lies elsewhere
        """The same in a bucket."""
        bucket = self.endpoint.bucket()
        for name, text in FILES.items():
            self.endpoint.client().put_object(Bucket=bucket, Key=name, Body=text.encode())
        options = S3Options(
            bucket=bucket, endpoint_url=self.endpoint.url, force_path_style=True, region="us-east-1", file_layout=LAYOUT
        )
        key = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        return S3Source(options, Credential("aws", "key", None, key))
