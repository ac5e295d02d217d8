"""The checks of collections as Dagster's asset checks: of data quality, and of findings. They only warn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from tailpipe_assets.definitions.found import evidence_of
from tailpipe_assets.definitions.names import check_name, collection_key
from tailpipe_assets.definitions.outcome import markdown_table
from tailpipe_assets.definitions.specs import written_at
from tailpipe_assets.pipeline.detection_checks import check_of, judge_findings, own_checks, severities
from tailpipe_assets.pipeline.quality import (
    LEAST_REJECTED,
    LEAST_ROWS,
    LEAST_WEEKS,
    WEEKS,
    Evidence,
    judge,
    span_in_words,
)
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.counts import column_names, count_days
from tailpipe_resources.model import checks
from tailpipe_resources.model.results import CollectResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tailpipe_assets.pipeline import Plan
    from tailpipe_assets.pipeline.quality import Verdict
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.lake.counts import DayCount
    from tailpipe_resources.model.config import Collection, Destination
    from tailpipe_resources.model.detection import Detection

ALONE: Final = (checks.USUAL, checks.SKEW, checks.SMALL)
"""Checks that need no run: the lake alone tells."""

LOOKED_BACK: Final = timedelta(days=14)
"""The days a check looks at that is executed without its collection."""

AGAIN: Final = timedelta(hours=1)
"""After so long a schedule's run tells again that a check passes."""

MOST_DAYS: Final = 31
"""A run of more days has one verdict a check, in place of one a day."""

NOTHING_MORE: Final[Mapping[str, Mapping[str, Any]]] = {}

Before = dict[tuple[str, str], frozenset[str] | None]
"""The columns of the table of each collection before a run; None where there was no table."""


def check_specs(plans: Iterable[Plan]) -> list[dg.AssetCheckSpec]:
    """The checks of collections that share an op, each with the limits that the configuration gives it."""
    by_key = {collection_key(each.collection): each for each in plans}
    return [
        dg.AssetCheckSpec(check_name(name, key, by_key), asset=key, description=said, metadata=more)
        for key, ready in by_key.items()
        for name, said, more in _described(ready)
    ]


def _described(ready: Plan) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The checks of a collection with what they say of themselves."""
    for name in ready.collection.checks.names:
        yield name, _description(name, ready.collection), {}
    for severity in severities(ready):
        said = f"Warns when a run finds something of severity {severity} that neither an exception nor a suppression"
        said += " covers, or a detection of that severity fails on some rows.\n\nIt never stops a run."
        yield check_of(severity), said, {}
    for name, detection in own_checks(ready).items():
        yield name, *_of_detection(detection)


def columns_before(plans: Iterable[Plan], lake: Callable[[Destination], Lake]) -> Before:
    """What a run is about to find: a table that cannot be read is none, and the run will say so."""
    return {each.collection.key: _columns(each, lake) for each in plans}


def check_results(
    context: dg.AssetExecutionContext,
    ready: Plan,
    result: CollectResult,
    stored: Mapping[date, DayCount],
    before: Before,
    specs: Sequence[dg.AssetCheckSpec],
    lake: Lake,
) -> Iterator[dg.AssetCheckResult]:
    """The verdicts about a collection that was collected.

    Where a step is tried again, a collection that brought nothing this time keeps the verdicts of the first attempt.
    """
    if context.retry_number and not result.records:
        return
    had = before[ready.collection.key]
    new = () if had is None else tuple(each.name for each in ready.table.stored_columns if each.name not in had)
    days = frozenset(date.fromisoformat(key) for key in context.partition_keys) | result.days.keys()
    evidence = Evidence(result, days, stored, datetime.now(UTC), new)
    yield from _told(context, ready, judge(ready.collection.checks, evidence), specs)
    of_findings = judge_findings(ready, result)
    yield from _told(context, ready, of_findings, specs, evidence_of(context, lake, ready, result, of_findings))


def check_alone(
    context: dg.AssetExecutionContext,
    plans: Iterable[Plan],
    lake: Callable[[Destination], Lake],
    specs: Sequence[dg.AssetCheckSpec],
) -> Iterator[dg.AssetCheckResult]:
    """Checks executed without their collections, about what is stored of the last days."""
    now = datetime.now(UTC)
    for ready in plans:
        stored = count_days(lake(ready.collection.destination), *ready.collection.key)
        first = now.date() - LOOKED_BACK
        recent = {day for day in stored if day >= first} | {first + timedelta(days) for days in range(LOOKED_BACK.days)}
        evidence = Evidence(CollectResult(*ready.collection.key), frozenset(recent), stored, now)
        verdicts = judge(ready.collection.checks, evidence)
        yield from _told(context, ready, (each for each in verdicts if each.name in ALONE), specs)


def _told(
    context: dg.AssetExecutionContext,
    ready: Plan,
    verdicts: Iterable[Verdict],
    specs: Sequence[dg.AssetCheckSpec],
    more: Mapping[str, Mapping[str, Any]] = NOTHING_MORE,
) -> Iterator[dg.AssetCheckResult]:
    """The verdicts as results of what the run planned. Where it planned none, as events of their own, if they are news.

    A schedule may run every minute: that all is well as before is told once an hour. Days of a run are told apart here
    and nowhere else: that Dagster knows partitions of checks is new, and may change.

    Args:
        context: of the step.
        ready: the collection.
        verdicts: about it.
        specs: the checks of the op.
        more: what is shown of a verdict besides its figures, by its name.
    """
    key = collection_key(ready.collection)
    keys = {each.asset_key for each in specs}
    planned = context.selected_asset_check_keys
    days = _planned_days(context)
    for each in verdicts:
        said = _Said(key, check_name(each.name, key, keys), each, more.get(each.name, {}))
        if said.check in planned and not days:
            yield said.result
        elif said.check in planned:
            for day in days:
                context.log_event(said.event(day))
        elif context.selected_asset_keys and said.is_news(context.instance):
            context.log_event(said.event())


def _planned_days(context: dg.AssetExecutionContext) -> Sequence[str]:
    """Where Dagster plans a check once a day of a range, those days: it shows as skipped what none of them is told.

    Of a long range they are none, and skipped it is: each verdict on each day is an event.
    """
    days: Sequence[str] = () if context.run.partitions_subset is None else context.partition_keys
    return days if len(days) <= MOST_DAYS else ()


@dataclass(frozen=True, slots=True)
class _Said:
    """A verdict in Dagster's words."""

    key: dg.AssetKey
    name: str
    verdict: Verdict
    more: Mapping[str, Any]

    @property
    def check(self) -> dg.AssetCheckKey:
        return dg.AssetCheckKey(self.key, self.name)

    def is_news(self, instance: dg.DagsterInstance) -> bool:
        """Whether it is a warning, or the first word of the hour."""
        before = instance.get_latest_asset_check_evaluation_record(self.check) if self.verdict.passed else None
        if before is None or before.event is None or before.status is not AssetCheckExecutionRecordStatus.SUCCEEDED:
            return True
        return datetime.now(UTC) - datetime.fromtimestamp(before.event.timestamp, UTC) >= AGAIN

    @property
    def result(self) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=self.verdict.passed,
            asset_key=self.key,
            check_name=self.name,
            severity=dg.AssetCheckSeverity.WARN,
            description=self._text,
            metadata={**self.verdict.figures, **self.more},
        )

    def event(self, day: str | None = None) -> dg.AssetCheckEvaluation:
        return dg.AssetCheckEvaluation(
            asset_key=self.key,
            check_name=self.name,
            passed=self.verdict.passed,
            severity=dg.AssetCheckSeverity.WARN,
            description=self._text,
            metadata={**self.verdict.figures, **self.more},
            partition=day,
        )

    @property
    def _text(self) -> str:
        """The result, and the table of what is wrong: the web UI shows it at once, where metadata is folded up."""
        offending = self.verdict.offending
        return f"{self.verdict.said}\n\n{markdown_table(offending)}" if offending else self.verdict.said


def _columns(ready: Plan, lake: Callable[[Destination], Lake]) -> frozenset[str] | None:
    try:
        return column_names(lake(ready.collection.destination), ready.collection.table_stored)
    except (LakeError, OSError):
        return None


def _of_detection(detection: Detection) -> tuple[str, Mapping[str, Any]]:
    """What the check of one detection says of itself."""
    said = f"Warns when a run finds something by `{detection.address}` that neither an exception nor a suppression "
    said += f"covers, or when it fails on some rows. It never stops a run.\n\n**{detection.title}** "
    said += f"({detection.severity})\n\n{detection.description}"
    metadata = {
        "severity": str(detection.severity),
        **({"ATT&CK": ", ".join(detection.mitre)} if detection.mitre else {}),
        "written at": str(detection.place),
        "dagster/code_references": written_at(detection.place),
        **{f"reference {number}": dg.MetadataValue.url(url) for number, url in enumerate(detection.references, 1)},
    }
    return said.strip(), metadata


def _description(name: str, collection: Collection) -> str:
    limits = collection.checks
    least, most = limits.usual_rows
    rejected = f"{limits.max_rejected:.3%}".rstrip("0%").rstrip(".") + " %"
    enough = f", and at least {LEAST_REJECTED}," if limits.max_rejected else ""
    said = {
        checks.REJECTED: f"Warns when more than {rejected} of the records of a run{enough} did not fit the table.",
        checks.USUAL: (
            f"Warns when a finished day has fewer than {least:g} times the rows that its weekday had in the "
            f"{WEEKS} weeks before (their median), or any day more than {most:g} times as many. Needs {LEAST_WEEKS} "
            f"earlier weeks and {LEAST_ROWS} rows. A log source gone quiet is worth a look: it may have been silenced."
        ),
        checks.SKEW: (
            f"Warns when events are dated more than {span_in_words(limits.max_clock_skew)} after now. "
            "Old events are no error."
        ),
        checks.SCHEMA: "Warns when a run has widened the table, because its declaration has columns that are new.",
        checks.SMALL: (
            f"Warns when a finished day has more than {limits.max_small_files:,} files under one index value that "
            "were never compacted. `tailpipe compact`, or the asset of the compaction, makes one of them."
        ),
    }
    attribute = {checks.REJECTED: "max_rejected", checks.USUAL: "usual_rows", checks.SKEW: "max_clock_skew"}
    attribute |= {checks.SMALL: "max_small_files"}
    change = f"`{attribute[name]}` in" if name in attribute else f'`disable = ["{name}"]` in'
    return f"{said[name]}\n\nIt never stops a run. Change it with {change} `checks {{ }}` at {collection.place}."
