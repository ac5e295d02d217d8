"""Layouts: what a path says, and which folders need no look."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.layout import Layout

CLOUDTRAIL = (
    "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/CloudTrail/%{DATA:region}"
    r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}\.json(\.gz)?"
)
TRAIL = Layout(CLOUDTRAIL)
FEB_7 = Window.of_days(date(2024, 2, 7), date(2024, 2, 7))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """An instant, UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_cloudtrail_key_tells_account_region_and_day() -> None:
    """The day is the artifact's time; everything else captured is a field."""
    found = TRAIL.match("AWSLogs/123456789012/CloudTrail/us-east-1/2024/02/07/a.json.gz")

    assert found is not None
    assert (found.start, found.span.end) == (at(2024, 2, 7), at(2024, 2, 8))
    assert found.fields == {"account_id": "123456789012", "region": "us-east-1"}


@pytest.mark.parametrize(
    ("path", "root", "fields"),
    [
        ("AWSLogs/o-1/123/CloudTrail/eu/2024/02/07/a.json", "", {"org_id": "o-1", "account_id": "123", "region": "eu"}),
        ("logs/prod/AWSLogs/123/CloudTrail/eu/2024/2/7/a.json", "", {"account_id": "123", "region": "eu"}),
        ("logs/prod/AWSLogs/123/CloudTrail/eu/2024/2/7/a.json", "logs/prod/", {"account_id": "123", "region": "eu"}),
        ("AWSLogs/123/CloudTrail/eu/2024/2/7/a.json", "AWSLogs/123/", {"account_id": "123", "region": "eu"}),
        ("AWSLogs/x/AWSLogs/1/CloudTrail/eu/2024/2/7/a.json", "AWSLogs/x/", {"account_id": "1", "region": "eu"}),
        ("AWSLogs/123/CloudTrail-Digest/eu/2024/02/07/a.json.gz", "", None),
        ("AWSLogs/123/elasticloadbalancing/eu/2024/02/07/a.log.gz", "", None),
        ("AWSLogs/123/CloudTrail/eu/2024/02/07/deeper/a.json.gz", "", None),
        ("AWSLogs/123/CloudTrail/eu/2024/02/30/a.json.gz", "", None),
        ("AWSLogs/123/CloudTrail/eu/2024/02/07/a.csv", "", None),
        ("a.json.gz", "", None),
    ],
)
def test_which_keys_are_cloudtrails(path: str, root: str, fields: dict[str, str] | None) -> None:
    """Folders may come before the first name of the layout; nothing else may differ."""
    found = TRAIL.match(path, root)

    assert (None if found is None else dict(found.fields)) == fields


@pytest.mark.parametrize(
    ("pattern", "path", "start", "length"),
    [
        ("%{YEAR:year}/%{DATA}", "2024/a", at(2024, 1, 1), timedelta(days=366)),
        ("%{YEAR:year}-%{MONTHNUM:month}.log", "2024-12.log", at(2024, 12, 1), timedelta(days=31)),
        ("%{YEAR:year}/%{MONTH:month}/%{DATA}", "24/Feb/a", at(2024, 2, 1), timedelta(days=29)),
        ("%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}", "2024-02-07", at(2024, 2, 7), timedelta(days=1)),
        (
            "%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{HOUR:hour}:%{MINUTE:minute}:%{SECOND:second}",
            "2024/02/07/13:05:09",
            at(2024, 2, 7, 13, 5, 9),
            timedelta(seconds=1),
        ),
        ("(?:%{DATA:env}/)?y=%{YEAR:year}/%{GREEDYDATA:rest}", "prod/y=2024/a/b", at(2024, 1, 1), timedelta(days=366)),
        ("(a/b|c)/%{YEAR:year}", "a/b/2024", at(2024, 1, 1), timedelta(days=366)),
        ("(a/b|c)/%{YEAR:year}", "c/2024", at(2024, 1, 1), timedelta(days=366)),
    ],
)
def test_time_is_as_fine_as_the_path_tells(pattern: str, path: str, start: datetime, length: timedelta) -> None:
    """An artifact is dated by the first instant of its year, month, day, hour, minute or second."""
    found = Layout(pattern).match(path)

    assert found is not None
    assert (found.start, found.span.end) == (start, start + length)


def test_a_layout_without_a_year_gives_no_time() -> None:
    """Fields alone leave the artifact undated."""
    found = Layout("%{WORD:env}/%{DATA}").match("prod/a.log")

    assert found is not None
    assert (found.start, found.fields) == (None, {"env": "prod"})


def test_part_of_a_day_selects_the_day() -> None:
    """A window inside the day that a path tells selects it."""
    found = TRAIL.match("AWSLogs/123/CloudTrail/eu/2024/02/07/a.json")

    assert found is not None
    assert found.span.meets(Window(at(2024, 2, 7, 13), at(2024, 2, 7, 14)))
    assert not found.span.meets(Window(at(2024, 2, 8), at(2024, 2, 9)))


@pytest.mark.parametrize(
    ("folder", "may_hold"),
    [
        ("", True),
        ("any/", True),
        ("AWSLogs/", True),
        ("AWSLogs/123/", True),
        ("AWSLogs/123/CloudTrail/", True),
        ("AWSLogs/123/CloudTrail-Digest/", False),
        ("AWSLogs/123/CloudTrail/eu/2023/", False),
        ("AWSLogs/123/CloudTrail/eu/2024/", True),
        ("AWSLogs/123/CloudTrail/eu/2024/01/", False),
        ("AWSLogs/o-1/123/CloudTrail/eu/2024/02/", True),
        ("AWSLogs/123/CloudTrail/eu/2024/02/06/", False),
        ("AWSLogs/123/CloudTrail/eu/2024/02/07/", True),
        ("AWSLogs/123/CloudTrail/eu/2024/02/07/deeper/", False),
    ],
)
def test_folders_of_other_days_and_other_logs_are_skipped(folder: str, may_hold: bool) -> None:
    """One look at a folder's path tells whether it can hold anything of the day."""
    assert TRAIL.folder(folder, FEB_7).may_hold is may_hold


def test_an_open_window_wants_a_region_whole() -> None:
    """Without a window, nothing below the last plain name is looked at folder by folder."""
    assert TRAIL.folder("AWSLogs/1/CloudTrail/", Window()).is_wanted_whole
    assert not TRAIL.folder("AWSLogs/1/", Window()).is_wanted_whole
    assert not TRAIL.folder("AWSLogs/1/CloudTrail/", Window(start=at(2024, 1, 1))).is_wanted_whole


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "is empty"),
        ("%{YAER:year}/x", 'did you mean "YEAR"'),
        ("/".join(["(a%{INT}/)?"] * 8), "too many optional parts"),
        ("(a/b", "does not make a regular expression"),
    ],
)
def test_what_is_no_layout_is_refused(pattern: str, message: str) -> None:
    """A layout that cannot work is told as such."""
    with pytest.raises(ValueError, match=message):
        Layout(pattern)


DAYS = st.datetimes(datetime(2023, 11, 1), datetime(2024, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001
PATTERNS = {
    CLOUDTRAIL: "AWSLogs/{extra}123/CloudTrail/eu/{t:%Y/%m/%d}/a.json.gz",
    "(%{WORD:env}/)?%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/(%{HOUR:hour}/)?%{DATA}.log": (
        "{extra}{t:%Y/%m/%d}/{hour}a.log"
    ),
    "%{DATA:app}/%{YEAR:year}-%{MONTHNUM:month}/%{MONTHDAY:day}T%{HOUR:hour}.log": "app/{t:%Y-%m}/{t:%dT%H}.log",
    "logs/%{GREEDYDATA:path}/%{YEAR:year}/%{DATA}": "logs/{extra}x/{t:%Y}/a",
    "%{MONTHNUM:month}/%{YEAR:year}/%{GREEDYDATA}": "{t:%m/%Y}/{extra}a",
}


@given(
    pattern=st.sampled_from(sorted(PATTERNS)),
    time=DAYS,
    extra=st.sampled_from(["", "o/"]),
    hour=st.sampled_from(["", "05/"]),
    before=st.sampled_from(["", "x/", "x/y/"]),
    bounds=st.tuples(st.none() | DAYS, st.none() | DAYS),
)
def test_nothing_wanted_is_ever_skipped(
    pattern: str, time: datetime, extra: str, hour: str, before: str, bounds: tuple[datetime | None, datetime | None]
) -> None:
    """Every folder above a path that matches and is selected may hold something."""
    layout, window = Layout(pattern), Window(*bounds)
    path = before + PATTERNS[pattern].format(t=time, extra=extra, hour=hour)
    for root in {before, ""}:
        found = layout.match(path, root)
        if found is None or not found.span.meets(window):
            continue
        above = [path[: index + 1] for index, letter in enumerate(path) if letter == "/" and index >= len(root)]
        assert [folder for folder in above if not layout.folder(folder, window, root).may_hold] == []
        assert layout.folder(above[-1] if above else root, window, root).may_hold
