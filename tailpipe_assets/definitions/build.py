"""Plans in, Dagster's definitions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions.accelerating import accelerating, refreshing
from tailpipe_assets.definitions.alerting import alert_definitions
from tailpipe_assets.definitions.arrivals import arrivals
from tailpipe_assets.definitions.asking import asking
from tailpipe_assets.definitions.collecting import collecting
from tailpipe_assets.definitions.compacting import compacting
from tailpipe_assets.definitions.days import daily, first_known
from tailpipe_assets.definitions.found import found_specs, reporters
from tailpipe_assets.definitions.keeping import keepers
from tailpipe_assets.definitions.names import unique_names
from tailpipe_assets.definitions.observing import observing
from tailpipe_assets.definitions.scheduling import schedules
from tailpipe_assets.definitions.specs import collection_spec
from tailpipe_assets.definitions.tidying import tidying
from tailpipe_assets.definitions.watching import watchers
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from tailpipe_assets.definitions.collecting import Listener
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Config

# What a run does is in Dagster's event log. Written out as well, it would fill the server's logs with the same.
_CONSOLE = dg.LoggerDefinition(
    dg.colored_console_logger.logger_fn,
    config_schema={
        "log_level": dg.Field(str, default_value="WARNING", is_required=False),
        "name": dg.Field(str, default_value="dagster", is_required=False),
    },
    description="Writes warnings and errors.",
)


def build_definitions(
    plans: Sequence[Plan],
    *,
    listener: Listener | None = None,
    first: date | None = None,
    resources: Mapping[str, object] | None = None,
    config: Config | None = None,
) -> dg.Definitions:
    """An asset a collection and one for its compaction. Reaches nothing but the names of the local lakes' folders.

    Args:
        plans: the collections. Disabled ones are shown and cannot be run.
        listener: who follows runs in this process.
        first: the first day there is; found in the plans and the local lakes when not given.
        resources: in place of `duckdb`, `lakes` or `sources`.
        config: what the plans are of, for its accelerated views, and whom to tell of alerts; neither when not given.
    """
    days = daily(first or first_known(plans))
    enabled = [each for each in plans if each.collection.enabled]
    disabled = [collection_spec(each) for each in plans if not each.collection.enabled]
    # A run of the command line is not on its own: it needs only what it runs.
    checks, itself = ([], []) if listener is not None else arrivals(enabled)
    copies = [] if config is None else [*accelerating(config, plans)]
    asked = asking(enabled, config)
    due = [*asked.sensors, *([] if config is None else refreshing(config))]
    # Whoever follows a run delivers after it.
    told = None if listener is not None else config
    findings = found_specs(enabled, days)
    alerts = alert_definitions(told, [each.key for each in findings])
    by_themselves = (*watchers(enabled), *tidying(enabled), *reporters(enabled))
    sensors = (*itself, *by_themselves, *due, *alerts.sensors, *keepers(config))
    return dg.Definitions(
        assets=[
            *_by_source(enabled, days, listener, told),
            *_compactions(enabled, days),
            *disabled,
            *copies,
            *findings,
            *alerts.assets,
        ],
        asset_checks=[*checks, *alerts.checks],
        jobs=asked.jobs if listener is None else [],
        schedules=schedules(enabled) if listener is None else [],
        sensors=sensors if listener is None else [],
        resources={**_resources(), **(resources or {})},
        executor=dg.in_process_executor,
        loggers={"console": _CONSOLE},
    )


def _resources() -> dict[str, object]:
    return {"duckdb": DuckDBEngine(), "lakes": LakeStore(), "sources": SourceAccess()}


def _by_source(
    plans: Sequence[Plan], days: dg.DailyPartitionsDefinition, listener: Listener | None, config: Config | None
) -> Iterator[dg.AssetsDefinition]:
    """The op that collects from a source, and the one that looks at it, for each source."""
    fed = by_source(plans)
    names = unique_names(fed)
    for address, those in fed.items():
        yield collecting(names[address], those, days, listener, config)
        yield observing(f"observe__{names[address]}", those)


def _compactions(plans: Sequence[Plan], days: dg.DailyPartitionsDefinition) -> Iterator[dg.AssetsDefinition]:
    names = unique_names("__".join(["compact", *each.collection.key]) for each in plans)
    for each in plans:
        yield compacting(each, names["__".join(["compact", *each.collection.key])], days)
