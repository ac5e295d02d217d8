"""Flat buckets: a listing leaps over names of days that nobody asked for, and over nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_assets.tables.aws_s3_server_access_log import AWS_S3_SERVER_ACCESS_LOG
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.aws_s3 import S3Options, S3Source
from tailpipe_resources.sources.layout import Layout
from tests.services.s3 import serving_s3
from tests.services.s3_proxy import counting
from tests.sources.test_s3_faults import page
from tests.sources.test_s3_source import KEYS, keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.faulty_s3 import FaultyS3
    from tests.services.s3 import S3Endpoint

ACCESS = AWS_S3_SERVER_ACCESS_LOG.layouts["aws_s3"]
FLAT = "%{DATA:of}%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}-%{DATA}"
A2 = r"a2-%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}-%{HOUR:hour}-%{DATA}"
SOLID = r"%{YEAR:year}%{MONTHNUM2:month}%{MONTHDAY:day}\.log(\.gz|\.zst)?"
OPTIONAL = r"%{YEAR:year}(-%{MONTHNUM:month}-%{MONTHDAY:day})?%{DATA}"
EITHER = r"%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}-%{DATA}|%{DATA}"
AFTER = st.sampled_from(["", ".log", ".log.gz", "-10-20-30-AB", "-10-20-30-2024-02-01-10-20-30-AB", "-2024-02-02", "x"])
DAYS = st.dates(date(2023, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def flat() -> Iterator[S3Endpoint]:
    """A store that lists ten keys a page."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
        with serving_s3() as endpoint:
            yield endpoint


def name(day: date, number: int) -> str:
    """A log as S3 names it."""
    return f"{day:%Y-%m-%d}-10-20-{number:02}-ABCDEF0123456789"


@st.composite
def keys_of_a_bucket(draw: st.DrawFn) -> list[str]:
    """Names that write their dates alike, but for some that hold no date."""
    style = draw(st.sampled_from(["{:04}-{:02}-{:02}", "{}-{}-{}", "{:04}{:02}{:02}", "{:04}/{:02}/{:02}"]))
    before = st.sampled_from(["", "a2-", "a2-2024-01-", "a", "a2-logs/", "logs/", "z"])
    dated = st.builds(
        lambda start, day, end: f"{start}{style.format(day.year, day.month, day.day)}{end}", before, DAYS, AFTER
    )
    odd = st.builds("{}{}{}".format, before, st.sampled_from(["2024", "2024-13-01", "2024-01-xx", "2023-", ""]), AFTER)
    return draw(st.lists(st.one_of(dated, odd), unique=True, max_size=40))


@given(keys_of_a_bucket(), DAYS, DAYS, st.sampled_from([ACCESS, FLAT, A2, SOLID, OPTIONAL, EITHER]))
def test_nothing_that_is_asked_for_lies_within_a_leap(names: list[str], one: date, other: date, layout: str) -> None:
    """Whatever else is in the bucket, also where the layout has an optional date or takes names without one."""
    window, read = Window.of_days(min(one, other), max(one, other)), Layout(layout)
    wanted = {key for key in names if (found := read.match(key)) is not None and found.span.meets(window)}

    for key in names:
        target = read.leap(key, window)
        assert target is None or not [each for each in wanted if key < each <= target]


@pytest.mark.parametrize(
    ("key", "target"),
    [
        (name(date(2024, 1, 3), 1), "a2-2024-02-06"),
        (name(date(2024, 2, 6), 1), None),
        (name(date(2024, 2, 7), 1), None),
        (name(date(2024, 2, 8), 1), "a2-9999-12-31"),
        (name(date(2024, 10, 11), 1), None),
        ("2024-1-3-10-x", None),
        ("readme", None),
    ],
)
def test_where_it_leaps_to(key: str, target: str | None) -> None:
    """To the day before the first, as what it leaps to is not listed; from the last day to what begins otherwise."""
    window = Window.of_days(date(2024, 2, 7), date(2024, 2, 7))

    assert Layout(A2).leap(f"a2-{key}", window) == target
    assert [Layout(each).leap(f"a2-{key}", window) for each in (ACCESS, FLAT, OPTIONAL, EITHER)] == [None] * 4


def test_a_day_of_a_flat_bucket_takes_few_requests(flat: S3Endpoint) -> None:
    """Of sixty days twelve pages are listed one after the other; for two of them, three."""
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(60)]
    everything = [f"a2-{name(day, number)}" for day in days for number in range(2)]
    bucket = flat.bucket(dict.fromkeys(everything, b"x"))
    with counting(flat.url) as proxy:
        options = S3Options(bucket=bucket, endpoint_url=proxy.url, force_path_style=True, file_layout=A2)
        files = S3Source(options, KEYS)
        assert keys(files, Window.of_days(date(2024, 2, 7), date(2024, 2, 8))) == [
            key for key in everything if "2024-02-07" in key or "2024-02-08" in key
        ]
        assert len(proxy.prefixes_listed()) == 3
        proxy.forget()
        assert keys(files, Window(datetime(2024, 1, 1, tzinfo=UTC))) == everything
        assert len(proxy.prefixes_listed()) == 12


def test_a_store_that_knows_no_start_after_is_listed_to_its_end(faulty_s3: FaultyS3) -> None:
    """Nothing is listed twice, and it ends."""
    first, second = (
        [f"a2-{name(date(2024, 1, day), 1)}" for day in (1, 2)],
        [f"a2-{name(date(2024, 2, day), 1)}" for day in (7, 8)],
    )
    faulty_s3.answers(page(*first, more="token"), page(*first, more="token"), page(*second))
    options = S3Options(bucket="logs", endpoint_url=faulty_s3.url, force_path_style=True, file_layout=A2)

    assert keys(S3Source(options, KEYS), Window(datetime(2024, 2, 7, tzinfo=UTC))) == second
    assert "start-after=a2-2024-02-06" in faulty_s3.asked[1].path
