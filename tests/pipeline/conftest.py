"""What the tests of the pipeline share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project
from tests.services.s3 import S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A configuration that is still to be written."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint
