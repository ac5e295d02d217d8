"""Why a source lists nothing: what every file or object there lacks, with one as an example."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tailpipe_resources.sources.base import Explaining
from tailpipe_resources.sources.emptiness import MOST
from tailpipe_resources.sources.file import FileOptions, FileSource
from tests.sources.test_s3_source import CLOUDTRAIL, DIGESTS, source, trail

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Endpoint

DAY = date(2024, 2, 7)
LATER = Window(datetime(2025, 1, 1, tzinfo=UTC))
LAYOUT = r"%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}\.log"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a log a day, in one folder."""
    folder = tmp_path / "logs"
    (folder / "web").mkdir(parents=True)
    for day in (7, 8):
        (folder / "web" / f"2024-02-0{day}.log").touch()
    return folder


@pytest.mark.parametrize(
    ("options", "asked", "said"),
    [
        ({}, {"prefix": "{logs}/shop"}, "no file begins with the prefix {logs}/shop (2 looked at, such as {first})"),
        (
            {"file_layout": r"%{YEAR:year}.log"},
            {},
            'no file has the layout "%{YEAR:year}.log" (2 looked at, such as {first})',
        ),
        ({}, {"layout": "%{YEAR:year}"}, 'no file has the layout "%{YEAR:year}" (2 looked at, such as {first})'),
        ({}, {"exclude": "web"}, "no file is of the kind that the table holds (2 looked at, such as {first})"),
        (
            {"file_layout": f"web/{LAYOUT}"},
            {"window": LATER},
            "no file is of the time that is asked for (2 looked at, such as {first} of 2024-02-07)",
        ),
        (
            {"file_layout": f"web/{LAYOUT}"},
            {"window": LATER, "prefix": "{logs}/web/2024-02-08"},
            "no file is of the time that is asked for (1 looked at, such as {logs}/web/2024-02-08.log of 2024-02-08)",
        ),
        ({"file_layout": f"web/{LAYOUT}"}, {}, ""),
    ],
)
def test_of_files(logs: Path, options: dict[str, Any], asked: dict[str, Any], said: str) -> None:
    """One reason after the other; nothing where there is something to list."""
    files = FileSource(FileOptions(path=str(logs), **options))
    window = asked.pop("window", Window())
    asked = {name: value.replace("{logs}", str(logs)) for name, value in asked.items()}
    told = said.replace("{logs}", str(logs)).replace("{first}", f"{logs}/web/2024-02-07.log")

    assert files.why_empty(window, **asked) == told
    assert bool(told) != bool(list(files.artifacts(window, **asked)))


def test_of_no_files(tmp_path: Path) -> None:
    """Where they were looked for; a folder that is not there is an error, as it is when it is listed."""
    (tmp_path / "empty").mkdir()
    paths = [str(tmp_path / "empty"), str(tmp_path / "*.log")]

    assert FileSource(FileOptions(paths=paths)).why_empty(Window()) == f"there is no file at {', '.join(paths)}"
    with pytest.raises(SourceRefusedError, match="no such file or folder"):
        FileSource(FileOptions(path=str(tmp_path / "gone"))).why_empty(Window())


def test_of_many_files(tmp_path: Path) -> None:
    """A thousand are enough to look at."""
    for number in range(MOST + 1):
        (tmp_path / f"{number:04}.log").touch()
    files = FileSource(FileOptions(path=str(tmp_path), file_layout=LAYOUT))

    said = f"(the first 1,000 looked at, such as {tmp_path}/0000.log)"
    assert files.why_empty(Window()) == f'no file has the layout "{LAYOUT}" {said}'


@pytest.mark.service
def test_of_objects(s3_endpoint: S3Endpoint) -> None:
    """A table's layout counts where some key has it; what only marks a folder is no object."""
    bucket = s3_endpoint.bucket({"AWSLogs/": b"", trail(1, DAY): b"x"})
    first = f"s3://{bucket}/{trail(1, DAY)}"
    whole, shop = source(s3_endpoint, bucket), source(s3_endpoint, bucket, prefix="shop/")
    own = source(s3_endpoint, bucket, file_layout=LAYOUT)

    def asked(s3: S3Source, window: Window = LATER, **arguments: str) -> str:
        assert list(s3.artifacts(window, **arguments)) == []
        return s3.why_empty(window, **arguments)

    late = f"no object is of the time that is asked for (1 looked at, such as {first} of 2024-02-07)"
    assert asked(whole, layout=CLOUDTRAIL) == late
    assert asked(whole, Window(), layout=CLOUDTRAIL, exclude="a.json") == (
        f"no object is of the kind that the table holds (1 looked at, such as {first})"
    )
    assert asked(own) == f'no object has the layout "{LAYOUT}" (1 looked at, such as {first})'
    assert asked(shop) == f"there is no object at s3://{bucket}/shop/"


@pytest.mark.service
def test_of_objects_without_a_layout(s3_endpoint: S3Endpoint) -> None:
    """They are dated by when they were written."""
    bucket = s3_endpoint.bucket({"a.log": b"x"})
    before = Window(None, datetime(2001, 1, 1, tzinfo=UTC))

    said = source(s3_endpoint, bucket).why_empty(before, layout=CLOUDTRAIL, exclude=DIGESTS)
    today = datetime.now(UTC).date()
    assert said == (
        f"no object is of the time that is asked for (1 looked at, such as s3://{bucket}/a.log of {today:%Y-%m-%d})"
    )


def test_sources_of_names_can_tell() -> None:
    """Files and objects; an API has no names to look at."""
    assert isinstance(FileSource(FileOptions(path="/")), Explaining)
    assert issubclass(S3Source, Explaining)
    assert S3Options.model_fields["file_layout"].default is None
