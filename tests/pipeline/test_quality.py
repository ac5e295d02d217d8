"""The rules behind the checks: what they pass, what they warn of, and when they hold their tongue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.quality import Evidence, Verdict, judge, span_in_words
from tailpipe_resources.lake.counts import DayCount
from tailpipe_resources.model import checks
from tailpipe_resources.model.checks import Checks
from tailpipe_resources.model.results import CollectResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOW = datetime(2024, 2, 7, 12, tzinfo=UTC)
TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
DEFAULT = Checks()


def verdict(
    name: str,
    *,
    stored: Mapping[date, DayCount] | None = None,
    days: Sequence[date] = (YESTERDAY,),
    limits: Checks = DEFAULT,
    new: tuple[str, ...] = (),
    **counts: int,
) -> Verdict:
    """What one check says."""
    result = CollectResult("http_log", "web", **counts)  # type: ignore[arg-type]
    evidence = Evidence(result, frozenset(days), stored or {}, NOW, new)
    (found,) = [each for each in judge(limits, evidence) if each.name == name]
    return found


def weeks(day: date, rows: int, *earlier: int) -> dict[date, DayCount]:
    """A day's rows, and those of the same weekday in the weeks before."""
    before = {day - timedelta(weeks=back): DayCount(count) for back, count in enumerate(earlier, 1)}
    return {day: DayCount(rows), **before}


def test_an_empty_lake_passes_everything() -> None:
    """Nothing read and nothing stored is no cause for a warning, and each check says so in a sentence."""
    found = judge(DEFAULT, Evidence(CollectResult("t", "c"), frozenset({TODAY}), {}, NOW))

    assert [each.name for each in found] == list(checks.CHECKS)
    assert all(each.passed and each.said.endswith(".") and not each.offending for each in found)


@pytest.mark.parametrize(
    ("records", "rejected", "limit", "passed"),
    [
        (0, 0, 0.01, True),
        (1000, 10, 0.01, True),
        (1000, 11, 0.01, False),
        (9, 9, 0.01, True),
        (10, 10, 0.01, False),
        (1000, 11, 0.05, True),
        (1000, 1, 0.0, False),
        (1000, 0, 0.0, True),
        (10, 10, 1.0, True),
    ],
)
def test_rejects_are_judged_by_share_and_number(records: int, rejected: int, limit: float, passed: bool) -> None:
    """A large share warns once it is ten records; where none is wanted, one is enough."""
    found = verdict(checks.REJECTED, records=records, rejected=rejected, limits=Checks(max_rejected=limit))

    assert found.passed is passed
    assert found.figures["rejected"] == rejected
    assert passed or "tailpipe_rejected" in found.said


@pytest.mark.parametrize(
    ("rows", "earlier", "change"),
    [
        (1000, (1000, 1000, 1000, 1000), ""),
        (200, (1000, 1000, 1000, 1000), ""),
        (199, (1000, 1000, 1000, 1000), "drop"),
        (0, (1000, 1000, 1000), "drop"),
        (5001, (1000, 1000, 1000), "rise"),
        (0, (1000, 1000), ""),
        (0, (99, 99, 99, 99), ""),
        (150, (1000, 100, 100, 9), ""),
        (0, (0, 0, 0, 1000), ""),
    ],
)
def test_a_day_is_compared_with_its_weekday(rows: int, earlier: tuple[int, ...], change: str) -> None:
    """The median of at least three weeks, and of a hundred rows, tells a drop or a rise."""
    found = verdict(checks.USUAL, stored=weeks(YESTERDAY, rows, *earlier))

    assert [each["change"] for each in found.offending] == ([change] if change else [])
    assert found.passed is not bool(change)


def test_a_day_without_any_row_has_dropped() -> None:
    """A silenced source leaves no day in the lake at all; the day that was asked for counts as empty."""
    stored = weeks(YESTERDAY, 0, 900, 900, 900)
    del stored[YESTERDAY]
    found = verdict(checks.USUAL, stored=stored)

    assert not found.passed
    assert found.said == "2024-02-06 Tue has 0 rows; 900 are usual on that weekday."


def test_today_can_only_rise() -> None:
    """A day that is not over has few rows because it is not over."""
    few = verdict(checks.USUAL, days=[TODAY], stored=weeks(TODAY, 3, 900, 900, 900))
    many = verdict(checks.USUAL, days=[TODAY], stored=weeks(TODAY, 9000, 900, 900, 900))

    assert (few.passed, many.passed) == (True, False)


def test_only_days_of_the_run_are_compared() -> None:
    """An old drop is not told again by each run."""
    stored = weeks(YESTERDAY, 3, 900, 900, 900)

    assert verdict(checks.USUAL, days=[TODAY], stored=stored).passed
    assert verdict(checks.USUAL, days=[YESTERDAY, TODAY], stored=stored).figures["days_compared"] == 1


@pytest.mark.parametrize(
    ("ahead", "limit", "passed"), [(-99999, 300, True), (299, 300, True), (301, 300, False), (301, 600, True)]
)
def test_events_may_be_a_little_ahead(ahead: int, limit: int, passed: bool) -> None:
    """Events after now by more than the limit warn; old ones never do."""
    newest = NOW + timedelta(seconds=ahead)
    limits = Checks(max_clock_skew=timedelta(seconds=limit))
    stored = {newest.date(): DayCount(5, newest=newest), YESTERDAY: DayCount(5)}
    found = verdict(checks.SKEW, stored=stored, days=[newest.date(), YESTERDAY], limits=limits)

    assert found.passed is passed
    assert found.figures["seconds_ahead"] == max(0, ahead)
    assert passed or found.offending == ({"day": "2024-02-07", "newest event": "12:05:01", "rows of the day": "5"},)


def test_new_columns_are_named() -> None:
    """A widened table says which columns it got."""
    found = verdict(checks.SCHEMA, new=("tls_version", "host"))

    assert not found.passed
    assert "tls_version, host" in found.said
    assert [each["new column"] for each in found.offending] == ["tls_version", "host"]


def test_crowded_days_are_listed() -> None:
    """Finished days with too many small files in one folder warn; today may have as many as it likes."""
    stored = {YESTERDAY: DayCount(9, files=130, crowd=101), TODAY: DayCount(9, files=999, crowd=999)}
    found = verdict(checks.SMALL, stored=stored, days=[TODAY])

    assert not found.passed
    assert [each["day"] for each in found.offending] == ["2024-02-06"]
    assert verdict(checks.SMALL, stored=stored, limits=Checks(max_small_files=101)).passed


def test_disabled_checks_are_not_made() -> None:
    """What is not asked is not answered."""
    evidence = Evidence(CollectResult("t", "c"), frozenset(), {}, NOW)

    assert judge(Checks(disabled=frozenset(checks.CHECKS)), evidence) == ()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 seconds"), (90, "90 seconds"), (60, "1 minute"), (300, "5 minutes"), (9000, "2.5 hours"), (86400, "1 day")],
)
def test_spans_are_said_in_a_fitting_unit(seconds: int, said: str) -> None:
    """Nobody wants to divide by 3,600 at night."""
    assert span_in_words(timedelta(seconds=seconds)) == said
