"""Quality: what looks wrong about the rows a run brought, judged by counts that are known without reading a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

from tailpipe_resources.lake.counts import DayCount
from tailpipe_resources.model import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from tailpipe_resources.model.checks import Checks
    from tailpipe_resources.model.results import CollectResult

LEAST_REJECTED: Final = 10
"""Fewer rejected records are no pattern, unless none at all is wanted."""

WEEKS: Final = 4
"""How far back a day is compared with its weekday."""

LEAST_WEEKS: Final = 3
"""How many of those must be known."""

LEAST_ROWS: Final = 100
"""Days with fewer rows come and go by chance: none is compared with so few, and so few are no rise."""

NOTHING: Final = DayCount()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found."""

    name: str
    passed: bool
    said: str
    """What was found, in a sentence."""

    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    """What it was judged by."""

    offending: tuple[Mapping[str, str], ...] = ()
    """The days, or columns, that look wrong: a row each, all with the same columns."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What checks look at."""

    result: CollectResult
    days: frozenset[date]
    """The days that were asked for or received rows."""

    stored: Mapping[date, DayCount]
    """What the collection has now."""

    now: datetime
    new_columns: tuple[str, ...] = ()
    """Columns its table did not have before the run."""


def judge(limits: Checks, evidence: Evidence) -> tuple[Verdict, ...]:
    """The verdict of each check that is made of a collection."""
    return tuple(_RULES[name](limits, evidence) for name in limits.names)


def _rejected(limits: Checks, evidence: Evidence) -> Verdict:
    result = evidence.result
    share = result.rejected / result.records if result.records else 0.0
    figures = {"share": round(share, 6), "rejected": result.rejected, "records": result.records}
    figures |= {"max_rejected": limits.max_rejected}
    least = LEAST_REJECTED if limits.max_rejected else 1
    passed = share <= limits.max_rejected or result.rejected < least
    if not result.records:
        said = "Nothing new was read."
    else:
        said = f"{result.rejected:,} of {result.records:,} records ({share:.2%}) did not fit the table."
    if not passed:
        said += " They are kept with their reasons: `select reason, count(*) from tailpipe_rejected group by 1`."
    return Verdict(checks.REJECTED, passed, said, figures)


def _as_usual(limits: Checks, evidence: Evidence) -> Verdict:
    first = min((day for day, count in evidence.stored.items() if count.rows), default=None)
    compared = {day: usual for day in sorted(evidence.days) if (usual := _usual(day, first, evidence)) is not None}
    least, most = limits.usual_rows
    unusual = []
    for day, usual in compared.items():
        rows = evidence.stored.get(day, NOTHING).rows
        is_over = day < evidence.now.date()
        if rows < least * usual and is_over:
            unusual.append(_day(day, rows=rows, usual=usual, change="drop"))
        elif rows > most * usual and rows >= LEAST_ROWS:
            unusual.append(_day(day, rows=rows, usual=usual, change="rise"))
    figures = {"days_compared": len(compared), "days_unusual": len(unusual)}
    if len(compared) == 1:
        (usual,) = compared.values()
        figures |= {"rows": evidence.stored.get(next(iter(compared)), NOTHING).rows, "usual_rows": round(usual)}
    if not compared:
        said = f"No day of this run has {LEAST_WEEKS} earlier weeks with {LEAST_ROWS} rows or more to be compared with."
    elif unusual:
        latest = unusual[-1]
        said = f"{latest['day']} has {latest['rows']} rows; {latest['usual']} are usual on that weekday."
        said += f" Beside it: {_days(len(unusual) - 1)}." if len(unusual) > 1 else ""
    else:
        said = f"{_days(len(compared))} compared with the same weekday of the weeks before: as usual."
    return Verdict(checks.USUAL, not unusual, said, figures, tuple(unusual))


def _usual(day: date, first: date | None, evidence: Evidence) -> float | None:
    """The median of the same weekday in the weeks before; None when too little is known."""
    earlier = [day - timedelta(weeks=back) for back in range(1, WEEKS + 1)]
    known = [evidence.stored.get(each, NOTHING).rows for each in earlier if first is not None and each >= first]
    usual = median(known) if len(known) >= LEAST_WEEKS else 0
    return usual if usual >= LEAST_ROWS else None


def _clock_skew(limits: Checks, evidence: Evidence) -> Verdict:
    allowed = evidence.now + limits.max_clock_skew
    touched = {day: evidence.stored[day] for day in sorted(evidence.days & evidence.stored.keys())}
    ahead = {day: count for day, count in touched.items() if count.newest is not None and count.newest > allowed}
    newest = max((count.newest for count in touched.values() if count.newest is not None), default=None)
    seconds = 0 if newest is None else max(0, round((newest - evidence.now).total_seconds()))
    figures: dict[str, int | float | str] = {"seconds_ahead": seconds, "days_ahead": len(ahead)}
    if newest is not None:
        figures["newest_event"] = newest.isoformat(timespec="seconds")
    if not ahead:
        said = f"No event is dated more than {span_in_words(limits.max_clock_skew)} after now."
        return Verdict(checks.SKEW, passed=True, said=said, figures=figures)
    shown = f"{newest:%Y-%m-%d %H:%M:%S}" if newest else ""
    said = (
        f"Events are dated up to {span_in_words(timedelta(seconds=seconds))} after now, at {shown} UTC. "
        "A clock is wrong where they were written, or a time zone is missing from their time."
    )
    rows = (
        {"day": day.isoformat(), "newest event": f"{count.newest:%H:%M:%S}", "rows of the day": f"{count.rows:,}"}
        for day, count in ahead.items()
    )
    return Verdict(checks.SKEW, passed=False, said=said, figures=figures, offending=tuple(rows))


def _schema(_: Checks, evidence: Evidence) -> Verdict:
    new = evidence.new_columns
    if not new:
        said = "The table has the columns it had before."
        return Verdict(checks.SCHEMA, passed=True, said=said, figures={"new_columns": 0})
    said = f"The table has got new columns: {', '.join(new)}. In rows collected earlier they are NULL."
    rows = tuple({"new column": name} for name in new)
    return Verdict(checks.SCHEMA, passed=False, said=said, figures={"new_columns": len(new)}, offending=rows)


def _small_files(limits: Checks, evidence: Evidence) -> Verdict:
    over = {day: count for day, count in sorted(evidence.stored.items()) if day < evidence.now.date()}
    crowded = {day: count for day, count in over.items() if count.crowd > limits.max_small_files}
    worst = max((count.crowd for count in over.values()), default=0)
    figures = {"most_small_files": worst, "days_crowded": len(crowded), "max_small_files": limits.max_small_files}
    if not crowded:
        said = "No finished day has so many small files that queries of it are slow."
        return Verdict(checks.SMALL, passed=True, said=said, figures=figures)
    said = f"{_days(len(crowded))} with up to {worst:,} small files in one folder. Compacting them makes queries fast."
    rows = (
        {
            "day": day.isoformat(),
            "small files in one folder": f"{count.crowd:,}",
            "files of the day": f"{count.files:,}",
        }
        for day, count in crowded.items()
    )
    return Verdict(checks.SMALL, passed=False, said=said, figures=figures, offending=tuple(rows))


_RULES: Final[Mapping[str, Callable[[Checks, Evidence], Verdict]]] = {
    checks.REJECTED: _rejected,
    checks.USUAL: _as_usual,
    checks.SKEW: _clock_skew,
    checks.SCHEMA: _schema,
    checks.SMALL: _small_files,
}


def _day(day: date, *, rows: int, usual: float, change: str) -> Mapping[str, str]:
    said = {"day": f"{day:%Y-%m-%d %a}", "rows": f"{rows:,}", "usual": f"{usual:,.0f}"}
    return {**said, "times usual": f"{rows / usual:.2f}", "change": change}


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def span_in_words(span: timedelta) -> str:
    """A length of time for people, in the unit that suits it."""
    seconds = span.total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length or seconds == length:
            shown = f"{seconds / length:,.1f}".removesuffix(".0")
            return f"{shown} {unit if shown != '1' else unit[:-1]}"
    return f"{seconds:.0f} seconds"
