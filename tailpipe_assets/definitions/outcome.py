"""What a run did, as the metadata Dagster keeps of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from tailpipe_assets.definitions.specs import folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.lake.counts import DayCount
    from tailpipe_resources.model.results import ArtifactFault, CollectResult, CompactResult

MOST_ROWS = 20
MOST_INDEXES = 100
FIGURES = (
    *("rows", "filtered", "rejected", "folded", "artifacts", "skipped", "replaced"),
    *("bytes_in", "bytes_out", "files"),
)
COMPACTION_FIGURES = ("slots", "files_before", "files_after", "bytes_before", "bytes_after", "conflicts")

Metadata = dict[str, Any]


def of_run(ready: Plan, result: CollectResult, stored: Mapping[date, DayCount]) -> Metadata:
    """The figures of one collection's run.

    Args:
        ready: the collection.
        result: what was done.
        stored: what the collection has, by day.
    """
    return {
        **{name: getattr(result, name) for name in FIGURES},
        "seconds": round(result.seconds, 3),
        "events_per_second": round(result.records / result.seconds) if result.seconds else 0,
        "path": dg.MetadataValue.path(folder_of(ready)),
        "dagster/row_count": sum(each.rows for each in stored.values()),
        **_range(result),
        **_told("rows by index", result.indexes and _indexes(result.indexes)),
        **_told("notes", "\n".join(result.notes)),
        **_told("faults", result.faults and _faults(result.faults)),
    }


def of_compaction(ready: Plan, result: CompactResult, stored: Mapping[date, DayCount]) -> Metadata:
    """The figures of one compaction, as `of_run` those of a collection."""
    return {
        **{name: getattr(result, name) for name in COMPACTION_FIGURES},
        "rows_rewritten": result.rows,
        "seconds": round(result.seconds, 3),
        "path": dg.MetadataValue.path(folder_of(ready)),
        "dagster/row_count": sum(each.rows for each in stored.values()),
    }


def of_day(rows: int, stored: DayCount) -> Metadata:
    """The figures of one day.

    Args:
        rows: how many the run brought.
        stored: what the day has now.
    """
    return {"rows": rows, **of_stored(stored)}


def of_stored(stored: DayCount) -> Metadata:
    """What a day has now."""
    return {
        "dagster/partition_row_count": stored.rows,
        "files_on_disk": stored.files,
        "bytes_on_disk": stored.size,
    }


def materialized(
    context: dg.AssetExecutionContext, key: dg.AssetKey, of_days: Mapping[date, Metadata], of_run: Metadata
) -> dg.MaterializeResult[None]:
    """All days of a run. What is told of the run as a whole stands at the last of several.

    Args:
        context: of the step.
        key: the asset.
        of_days: the figures of each day.
        of_run: the figures of the run.
    """
    last = max(of_days)
    if len(of_days) == 1:
        return dg.MaterializeResult(asset_key=key, metadata={**of_days[last], **of_run})
    for day, figures in of_days.items():
        told = {**of_run, **figures} if day == last else figures
        context.add_asset_metadata(told, asset_key=key, partition_key=day.isoformat())
    return dg.MaterializeResult(asset_key=key)


def _range(result: CollectResult) -> Metadata:
    if not result.days:
        return {}
    return {"first day": min(result.days).isoformat(), "last day": max(result.days).isoformat()}


def _told(name: str, value: object) -> Metadata:
    return {name: value} if value else {}


def _indexes(indexes: Mapping[str, int]) -> dg.TableMetadataValue:
    most = sorted(indexes.items(), key=lambda each: (-each[1], each[0]))[:MOST_INDEXES]
    schema = dg.TableSchema(columns=[dg.TableColumn("tp_index", "string"), dg.TableColumn("rows", "int")])
    return dg.MetadataValue.table([dg.TableRecord({"tp_index": name, "rows": rows}) for name, rows in most], schema)


def _faults(faults: Sequence[ArtifactFault]) -> dg.MarkdownMetadataValue:
    rows = [{"status": each.status, "artifact": each.location, "reason": each.reason} for each in faults]
    return dg.MetadataValue.md(markdown_table(rows))


def markdown_table(rows: Sequence[Mapping[str, str]]) -> str:
    """The first of some rows as a table in Markdown, and how many more there are."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_cell(each[name]) for name in names] for each in rows[:MOST_ROWS])]
    if len(rows) > MOST_ROWS:
        lines.append([f"and {len(rows) - MOST_ROWS} more", *[""] * (len(names) - 1)])
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", r"\|").split())
