"""The assets of accelerated views, and the sensor that has their copies made anew when the lake moved on."""

# Dagster reads the annotations of ops and sensors while the functions are made, so they are not put off.
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import dagster as dg

from tailpipe_assets.definitions.collecting import PASSING
from tailpipe_assets.definitions.looking import LONGEST_RUN, UNDER_WAY
from tailpipe_assets.definitions.names import collection_key, unique_names, view_key
from tailpipe_assets.definitions.outcome import markdown_table
from tailpipe_assets.definitions.specs import OWNERS, written_at
from tailpipe_assets.pipeline import Plan
from tailpipe_assets.views.copies import accelerated
from tailpipe_assets.views.opened import Engine, open_config
from tailpipe_assets.views.refreshing import Refreshed, refresh_views
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.dagster_resources import DuckDBEngine
from tailpipe_resources.errors import CancelledError, LakeError, QueryError
from tailpipe_resources.model.config import Config
from tailpipe_resources.model.names import folded
from tailpipe_resources.model.selector import Selector, names_of
from tailpipe_resources.model.view import ViewBlock
from tailpipe_resources.query.accelerating import Accelerated, Use
from tailpipe_resources.query.layers import ALL_LOG
from tailpipe_resources.query.naming import words_of

JOB = "refresh_views"
POOL = "tailpipe_refresh"
"""One refresh at a time: each takes what memory and disk there are."""

SECONDS = 60
LEAST_PAUSE = timedelta(minutes=5)
SHARE = 10
"""A copy that took a minute to make is made anew ten minutes later at the earliest."""

AGAIN = timedelta(hours=1)
"""What failed is tried again after so long."""

RETRIES = 3
PAUSE = 30


def accelerating(config: Config, plans: Sequence[Plan]) -> Iterator[dg.AssetsDefinition]:
    """An asset for each accelerated view, downstream of the collections it reads."""
    blocks = [block for block in config.views if block.accelerated]
    names = unique_names(f"refresh__{block.name}" for block in blocks)
    for block in blocks:
        yield _asset(block, names[f"refresh__{block.name}"], config, plans)


def _asset(block: ViewBlock, name: str, config: Config, plans: Sequence[Plan]) -> dg.AssetsDefinition:
    outline = Outline.of(config)

    @dg.multi_asset(name=name, specs=[_spec(block, config, plans)], pool=POOL)
    def op(context: dg.AssetExecutionContext, duckdb: DuckDBEngine) -> dg.MaterializeResult[None]:
        (result,) = refresh_views(outline, lambda: config, [block.name], engine=Engine(duckdb.memory_limit))
        failure = result.failure or (CancelledError("it was stopped") if result.result == "cancelled" else None)
        if isinstance(failure, PASSING) and context.retry_number < RETRIES:
            raise dg.RetryRequested(RETRIES, PAUSE) from failure
        if failure is not None:
            raise dg.Failure(str(failure), allow_retries=False)
        return dg.MaterializeResult(asset_key=view_key(block), metadata=_figures(result))

    return op


def _spec(block: ViewBlock, config: Config, plans: Sequence[Plan]) -> dg.AssetSpec:
    how = "" if block.sql is None else " Its rows are those of a query, so it is made anew as a whole."
    return dg.AssetSpec(
        view_key(block),
        deps=[collection_key(each.collection) for each in plans if feeds(each, block, config.views)],
        description=(
            f"{block.description}\n\nA copy of the view `{block.name}` in a DuckDB file, for quicker answers.{how} "
            "Queries read it only where it shows what the view would.\n\n**Materialize** makes it anew, if it is not "
            "current; so does `tailpipe view refresh`."
        ).strip(),
        group_name="views",
        kinds={"duckdb"},
        owners=OWNERS,
        tags={"tailpipe/role": "view"},
        metadata={"dagster/code_references": written_at(block.place), "written at": str(block.place)},
    )


def feeds(ready: Plan, block: ViewBlock, blocks: Sequence[ViewBlock]) -> bool:
    """Whether a view shows rows of a collection. Of a query's SQL only the words are looked at: in doubt it does."""
    table, name = ready.collection.key
    if block.sql is not None:
        return not _words(block, blocks).isdisjoint({folded(table), ALL_LOG})
    is_table = not block.tables or any(fnmatchcase(table, pattern) for pattern in block.tables)
    selectors = map(Selector, block.collections)
    return is_table and (not block.collections or any(each.fits(names_of(name, table)) for each in selectors))


def _words(block: ViewBlock, blocks: Sequence[ViewBlock]) -> set[str]:
    """The words of a view's SQL, and of the views it may name."""
    words: set[str] = set()
    waiting = [block]
    seen = set()
    while waiting:
        each = waiting.pop()
        seen.add(each.name)
        words |= words_of(each.sql or "")
        waiting += [other for other in blocks if other.name not in seen and folded(other.name) in words]
    return words


def _figures(result: Refreshed) -> dict[str, Any]:
    versions = [{"table": v.table, "version": str(v.version), "lake": v.lake} for v in result.versions]
    made = {} if result.made is None else {"made": dg.MetadataValue.timestamp(result.made)}
    return {
        "dagster/row_count": result.rows,
        "rows": result.rows,
        "bytes": result.bytes,
        "seconds": round(result.seconds, 3),
        "was current": result.result == "current",
        **made,
        **({"versions": dg.MetadataValue.md(markdown_table(versions))} if versions else {}),
    }


def refreshing(config: Config) -> list[dg.SensorDefinition]:
    """The sensor, where any view is accelerated."""
    blocks = [block for block in config.views if block.accelerated]
    if not blocks:
        return []
    job = dg.define_asset_job(JOB, selection=dg.AssetSelection.assets(*map(view_key, blocks)))

    @dg.sensor(
        name="refresh_views_when_due",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Has the copies of accelerated views made anew when the lake moved on: after five minutes at the earliest, "
            f"and after {SHARE} times as long as it took to make them."
        ),
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waiting = _tried(context.instance, datetime.now(UTC))
        idle = [block for block in blocks if view_key(block) not in waiting]
        try:
            due = _due(idle, config) if idle else []
        except (LakeError, QueryError, OSError) as error:
            return dg.SkipReason(f"the lake could not be looked at: {error}")
        if not due:
            return dg.SkipReason("every copy is current, or was made a short while ago")
        tags = {"dagster/max_runtime": LONGEST_RUN}
        return dg.SensorResult(run_requests=[dg.RunRequest(asset_selection=list(map(view_key, due)), tags=tags)])

    return [sensor]


def _tried(instance: dg.DagsterInstance, now: datetime) -> set[dg.AssetKey]:
    """The views that a run is at work on, or was a short while ago; after a failure for longer."""
    found: set[dg.AssetKey] = set()
    for record in instance.get_run_records(dg.RunsFilter(job_name=JOB, created_after=now - AGAIN)):
        age = now - record.create_timestamp.replace(tzinfo=UTC)
        status = record.dagster_run.status
        if status in UNDER_WAY or status == dg.DagsterRunStatus.FAILURE or age < LEAST_PAUSE:
            found |= set(record.dagster_run.asset_selection or ())
    return found


def _due(blocks: Iterable[ViewBlock], config: Config) -> list[ViewBlock]:
    """The views whose copies are not current and were not made a short while ago."""
    with open_config(config) as opened:
        where = accelerated(opened.found)
        return [
            block
            for block in blocks
            if any(
                use.state != "copy" and use.can_be_made and _is_old(use, where[block.name])
                for use in opened.views.uses_of(block.name)
            )
        ]


def _is_old(use: Use, copy: Accelerated) -> bool:
    """Whether a copy was made long enough ago; so is one that is not there."""
    if use.made is None:
        return True
    finished = datetime.fromtimestamp(Path(copy.path).stat().st_mtime, UTC)
    return datetime.now(UTC) - finished >= max(LEAST_PAUSE, SHARE * (finished - use.made))
