"""What the tests of sources share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.faulty_s3 import FaultyS3, serving_faults
from tests.services.s3 import S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def faulty_s3() -> Iterator[FaultyS3]:
    """A store that answers just what it is told to."""
    with serving_faults() as server:
        yield server
