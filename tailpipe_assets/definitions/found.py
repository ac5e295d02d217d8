"""Findings as an asset behind the collections: a day's state in every materialization, whoever made the commit."""

# Dagster reads the annotations of sensors while the functions are made, so they are not put off.
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import dagster as dg

from tailpipe_assets.definitions.columns import column_schema
from tailpipe_assets.definitions.names import collection_key, detections_key
from tailpipe_assets.definitions.outcome import markdown_table
from tailpipe_assets.definitions.preview import SWITCH
from tailpipe_assets.definitions.specs import OWNERS
from tailpipe_assets.pipeline import Plan
from tailpipe_assets.pipeline.detection_checks import detecting
from tailpipe_assets.pipeline.quality import Verdict
from tailpipe_assets.views.findings import DayFound, Findings
from tailpipe_resources.dagster_resources import LakeStore
from tailpipe_resources.errors import LakeError, QueryError
from tailpipe_resources.lake import Lake
from tailpipe_resources.lake.log import days_added
from tailpipe_resources.model.config import Destination
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE, Severity
from tailpipe_resources.model.results import CollectResult
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS
from tailpipe_resources.model.stored_file import StoredFile

SECONDS = 60
MOST = 20
"""Detections of a day that have a figure of their own."""

Lakes = Callable[[Destination], Lake]

_STATE = ("findings", *(str(each) for each in Severity), "suppressed")
"""What tells whether a day is as it was told last."""


def found_specs(plans: Iterable[Plan], days: dg.DailyPartitionsDefinition) -> list[dg.AssetSpec]:
    """The asset of each destination whose collections have detections. Nobody runs it: findings come with rows."""
    return [_spec(destination, those, days) for destination, those in _by_destination(plans)]


def reporters(plans: Sequence[Plan]) -> list[dg.SensorDefinition]:
    """The sensor that tells of findings of which no run has told, where there are detections."""
    places = [destination for destination, _ in _by_destination(plans)]
    if not places:
        return []

    @dg.sensor(
        name="report_findings",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows what was found by commits that no run of Dagster made, such as a follower's.",
    )
    def sensor(context: dg.SensorEvaluationContext, lakes: LakeStore) -> dg.SensorResult:
        before: dict[str, str] = json.loads(context.cursor or "{}")
        events: list[dg.AssetMaterialization] = []
        kept = {}
        for each in places:
            kept[each.name] = before.get(each.name, "")
            try:
                told, kept[each.name] = _news(each, lakes.open(each), before.get(each.name, ""), context.instance)
            except (LakeError, QueryError, OSError) as error:
                context.log.warning("findings in %s could not be looked at: %s", each.path, error)
                continue
            events += told
        said = None if events else dg.SkipReason("nothing was found that is not shown")
        return dg.SensorResult(asset_events=events, cursor=json.dumps(kept), skip_reason=said)

    return [sensor]


def tell_found(
    context: dg.AssetExecutionContext, plans: Sequence[Plan], results: Sequence[CollectResult], lakes: Lakes
) -> None:
    """Show what a run has found with the run."""
    brought = {
        ready.collection.key: result
        for ready, result in zip(plans, results, strict=True)
        if result.by_detection or result.suppressed
    }
    for destination, those in _by_destination(each for each in plans if each.collection.key in brought):
        mine = [brought[each.collection.key] for each in those]
        try:
            with Findings(lakes(destination), _near(day for each in mine for day in each.days)) as found:
                told = found.by_day(run=context.run.run_id)
        except (LakeError, QueryError, OSError) as error:
            context.log.warning("what was found cannot be shown: %s", error)
            continue
        count = sum(sum(each.by_detection.values()) for each in mine)
        for day in told:
            of_run = {"findings_of_run": count} if day == max(told) else {}
            context.log_event(_materialization(destination, day, told[day], of_run))


def evidence_of(
    context: dg.AssetExecutionContext, lake: Lake, ready: Plan, result: CollectResult, verdicts: Iterable[Verdict]
) -> Mapping[str, Mapping[str, Any]]:
    """What checks show of what a run has found: rows, the detections that found most, and where all of it is."""
    rows = _samples(context, lake, ready, result)
    link = {"all findings": dg.MetadataValue.asset(detections_key(ready.collection.destination))}
    shown = {}
    for verdict in verdicts:
        found = {each["detection"]: result.by_detection[each["detection"]] for each in verdict.offending}
        mine = [each for each in rows if each["detection"] in found]
        top = {"top detections": _counted(found)} if found else {}
        shown[verdict.name] = {**top, **({"samples": _table(mine)} if mine else {}), **link}
    return shown


def _samples(
    context: dg.AssetExecutionContext, lake: Lake, ready: Plan, result: CollectResult
) -> tuple[Mapping[str, str], ...]:
    """A few of the findings of each detection that found something; none where rows are not to be shown."""
    if not result.by_detection or os.environ.get(SWITCH) == "0":
        return ()
    name, is_near = ready.collection.name, _near(result.days)
    try:
        with Findings(lake, lambda file: file.collection == name and is_near(file)) as found:
            return found.of_run(context.run.run_id, name)
    except (LakeError, QueryError, OSError) as error:
        context.log.warning("what was found cannot be shown: %s", error)
        return ()


def _spec(destination: Destination, plans: Sequence[Plan], days: dg.DailyPartitionsDefinition) -> dg.AssetSpec:
    rules = {each.address: each for ready in plans for each in detecting(ready)}
    by_severity = sorted(rules.values(), key=lambda each: (-each.severity, each.address))
    listed = "\n".join(f"- {each.severity}: `{each.address}`, {each.title}" for each in by_severity[:MOST])
    left = f"\n- and {len(rules) - MOST} more" if len(rules) > MOST else ""
    return dg.AssetSpec(
        detections_key(destination),
        deps=[collection_key(each.collection) for each in plans],
        partitions_def=days,
        description=(
            f"What {len(rules)} detections found in the rows of these collections, by the day it happened on. Findings "
            "come with the rows, so there is nothing to materialize: a day is shown anew when something more was found "
            "in it, by whatever run.\n\nAsk for them with `tailpipe finding list`, or "
            f"`select * from {FINDING_TABLE}`.\n\n{listed}{left}"
        ),
        group_name="detections",
        kinds={"parquet"},
        owners=OWNERS,
        tags={"tailpipe/role": "detections"},
        metadata={
            "dagster/uri": f"{destination.path}/{FINDING_TABLE}",
            "dagster/table_name": FINDING_TABLE,
            "dagster/column_schema": column_schema((*COMMON_COLUMNS, *FINDING_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)),
            "destination": destination.path,
            "detections": len(rules),
        },
    )


def _by_destination(plans: Iterable[Plan]) -> list[tuple[Destination, list[Plan]]]:
    """The collections that have detections, by where their findings lie."""
    found: dict[str, list[Plan]] = {}
    for each in plans:
        if detecting(each):
            found.setdefault(each.collection.destination.name, []).append(each)
    return [(those[0].collection.destination, those) for those in found.values()]


def _news(
    destination: Destination, lake: Lake, before: str, instance: dg.DagsterInstance
) -> tuple[list[dg.AssetMaterialization], str]:
    """The days that are not as they were told last, and what to remember."""
    version = before.partition(" ")[0]
    with Findings(lake) as found:
        seen = str(found.version)
        if seen == version:
            return [], before
        days = days_added(lake, FINDING_TABLE, int(version), found.version) if version else None
        told = found.by_day(days=days)
    made = [_materialization(destination, day, those) for day, those in told.items()]
    return [each for each in made if not _is_told(each, instance)], seen


def _is_told(event: dg.AssetMaterialization, instance: dg.DagsterInstance) -> bool:
    wanted = dg.AssetRecordsFilter(asset_key=event.asset_key, asset_partitions=[str(event.partition)])
    last = next((each.asset_materialization for each in instance.fetch_materializations(wanted, limit=1).records), None)
    return last is not None and all(last.metadata.get(name) == event.metadata[name] for name in _STATE)


def _materialization(
    destination: Destination, day: date, found: DayFound, more: Mapping[str, Any] | None = None
) -> dg.AssetMaterialization:
    findings = {} if os.environ.get(SWITCH) == "0" or not found.worst else {"worst findings": _table(found.worst)}
    metadata = {
        "findings": sum(found.by_severity.values()),
        **{str(each): found.by_severity.get(str(each), 0) for each in reversed(Severity)},
        "suppressed": found.suppressed,
        **({"top detections": _counted(found.by_detection)} if found.by_detection else {}),
        **findings,
        "see": dg.MetadataValue.md(f"`tailpipe finding list --from {day} --to {day}`"),
        # A number of its own is plotted over days: the history of a detection.
        **_most(found.by_detection),
        **(more or {}),
    }
    return dg.AssetMaterialization(detections_key(destination), partition=day.isoformat(), metadata=metadata)


def _table(rows: Sequence[Mapping[str, str]]) -> dg.MarkdownMetadataValue:
    """Findings as a table, which the web UI opens in a window: beside other figures it would push them off the page."""
    return dg.MetadataValue.md(markdown_table(rows))


def _counted(by_detection: Mapping[str, int]) -> dg.TableMetadataValue:
    schema = dg.TableSchema(columns=[dg.TableColumn("detection", "string"), dg.TableColumn("findings", "int")])
    records = [dg.TableRecord({"detection": name, "findings": count}) for name, count in _most(by_detection).items()]
    return dg.MetadataValue.table(records, schema)


def _most(by_detection: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(by_detection.items(), key=lambda each: (-each[1], each[0]))[:MOST])


def _near(days: Iterable[date]) -> Callable[[StoredFile], bool]:
    """Whether a file may hold what was found in rows of some days. What goes on may have begun the day before."""
    known = tuple(days)
    first, last = min(known) - timedelta(days=1), max(known) + timedelta(days=1)
    return lambda file: first <= file.day <= last
