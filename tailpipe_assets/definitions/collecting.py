"""The op behind the collections of one source: a request in, materializations out."""

# Dagster reads the annotations of ops while the functions are made, so they are not put off.
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg

from tailpipe_assets.definitions import outcome
from tailpipe_assets.definitions.alerting import tell_after
from tailpipe_assets.definitions.checking import Before, check_alone, check_results, check_specs, columns_before
from tailpipe_assets.definitions.days import whole
from tailpipe_assets.definitions.found import tell_found
from tailpipe_assets.definitions.looking import LEFT
from tailpipe_assets.definitions.names import collection_key, source_key, unique_names
from tailpipe_assets.definitions.preview import preview
from tailpipe_assets.definitions.request import Request
from tailpipe_assets.definitions.specs import collection_spec
from tailpipe_assets.pipeline import Plan, Resources, collect
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess
from tailpipe_resources.errors import BusyError, CommitConflictError, LakeUnavailableError, SourceUnavailableError
from tailpipe_resources.lake.counts import DayCount, count_days
from tailpipe_resources.model.config import Config
from tailpipe_resources.model.results import CollectResult, OnEvent, ignore

PASSING = (BusyError, CommitConflictError, LakeUnavailableError, SourceUnavailableError)
"""Failures that may be gone when the run is tried again."""

NOTHING = DayCount()


@dataclass(frozen=True, slots=True)
class Listener:
    """Who started a run in this process, follows it and can stop it."""

    on_event: OnEvent = ignore
    stopped: Callable[[], bool] = lambda: False
    results: list[CollectResult] = field(default_factory=list)
    """Filled as sources come to their end."""


Results = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def collecting(
    name: str,
    plans: Sequence[Plan],
    days: dg.DailyPartitionsDefinition,
    listener: Listener | None,
    config: Config | None = None,
) -> dg.AssetsDefinition:
    """The assets of all collections that one source feeds, made by one pass over it.

    Args:
        name: of the op, and of its pool.
        plans: the collections.
        days: the partitions of every collection of the project.
        listener: who follows the run, when it is not Dagster alone.
        config: whom to tell of alerts once it is done.
    """
    specs = {collection_key(each.collection): collection_spec(each) for each in plans}
    names = unique_names("__".join(key.path) for key in specs)

    checks = check_specs(plans)

    @dg.multi_asset(
        name=name,
        outs={
            names["__".join(key.path)]: dg.AssetOut.from_spec(spec, dagster_type=dg.Nothing, is_required=False)
            for key, spec in specs.items()
        },
        deps=[source_key(plans[0].collection.source)],
        # Planned checks show as skipped for all but one day of a run. Who follows a run needs no plan.
        check_specs=checks if listener is None else None,
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        pool=name,
    )
    def op(context: dg.AssetExecutionContext, sources: SourceAccess, lakes: LakeStore, duckdb: DuckDBEngine) -> Results:
        if not context.selected_asset_keys:
            yield from check_alone(context, plans, lakes.open, checks)
            return
        selected = [each for each in plans if collection_key(each.collection) in context.selected_asset_keys]
        resources = Resources(source=sources.open, lake=lakes.open, engine=duckdb.connect)
        one = _Pass(context, selected, resources, Listener() if listener is None else listener, checks)
        one.collect()
        # People first: what Dagster is told may take seconds.
        tell_after(context, config, one.results)
        yield from one.report()
        one.end(retries=sources.retries if listener is None else 0, pause=sources.pause * 2**context.retry_number)

    return op


class _Pass:
    """One run of one op."""

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        plans: Sequence[Plan],
        resources: Resources,
        listener: Listener,
        checks: Sequence[dg.AssetCheckSpec],
    ) -> None:
        self._context = context
        self._plans = plans
        self._resources = resources
        self._listener = listener
        self._checks = checks
        self._results: tuple[CollectResult, ...] = ()
        self._before: Before = {}
        self._days = [date.fromisoformat(key) for key in context.partition_keys]
        self._request = Request.of(context.run.tags, context.partition_keys)
        self._whole = all(whole(day, self._request.window) for day in self._days)

    @property
    def results(self) -> tuple[CollectResult, ...]:
        """What was done, by collection."""
        return self._results

    def collect(self) -> None:
        """Bring in what there is."""
        self._before = columns_before(self._plans, self._resources.lake)
        self._results = collect(
            self._plans,
            self._request.window,
            options=self._request.options,
            resources=self._resources,
            on_event=self._listener.on_event,
            stopped=self._listener.stopped,
            run=self._context.run.run_id,
        )
        self._listener.results.extend(self._results)

    def report(self) -> Results:
        """Report every collection, also where another one failed."""
        self._tell_left()
        for note in dict.fromkeys(note for each in self._results for note in each.notes):
            self._context.log.warning(note)
        for ready, result in zip(self._plans, self._results, strict=True):
            yield from self._report(ready, result)
        tell_found(self._context, self._plans, self._results, self._resources.lake)
        self._observe()

    def end(self, *, retries: int, pause: float) -> None:
        """Raise what stopped collections, if anything did.

        Raises:
            RetryRequested: it may be gone after a pause.
            Failure: it will not.
            DagsterExecutionInterruptedError: the run was stopped on purpose.
        """
        failed = {f"{each.table}.{each.collection}": each.failure for each in self._results if each.failure is not None}
        if any(isinstance(each, PASSING) for each in failed.values()) and self._context.retry_number < retries:
            raise dg.RetryRequested(retries, pause)
        if failed:
            text = "\n".join(f"{name}: {error}" for name, error in failed.items())
            metadata = {name: str(error) for name, error in failed.items()}
            raise dg.Failure(text, metadata, allow_retries=False)
        if any(each.cancelled for each in self._results):
            # Dagster would otherwise show it as failed.
            self._context.instance.report_run_canceling(self._context.run, "Stopped. What was committed stays.")
            raise dg.DagsterExecutionInterruptedError

    def _observe(self) -> None:
        """Report what the source was seen to have, where it could be listed."""
        if self._plans and all(each.failure is None and not each.cancelled for each in self._results):
            met = max(self._results, key=lambda each: each.artifacts + each.skipped)
            metadata = {"artifacts": met.artifacts + met.skipped, "artifacts of the run": met.artifacts}
            key = source_key(self._plans[0].collection.source)
            self._context.log_event(dg.AssetObservation(key, metadata=metadata))

    def _tell_left(self) -> None:
        """Mark the run that did not get everything, so that later ones look as far back as it did."""
        left = {fault.location for each in self._results for fault in each.faults if fault.status == "failed"}
        if left:
            self._context.instance.add_run_tags(self._context.run.run_id, {LEFT: str(len(left))})

    def _report(self, ready: Plan, result: CollectResult) -> Results:
        key = collection_key(ready.collection)
        lake = self._resources.lake(ready.collection.destination) if result.failure is None or result.rows else None
        stored = {} if lake is None else count_days(lake, *ready.collection.key)
        complete = self._whole and result.failure is None and not result.cancelled
        kept_back = set(self._days) if complete or result.failure is not None else set()
        for day in sorted(result.days.keys() - kept_back):
            metadata = outcome.of_day(result.days[day], stored.get(day, NOTHING))
            self._context.log_event(dg.AssetMaterialization(key, partition=day.isoformat(), metadata=metadata))
        if complete and lake is not None:
            shown = preview(ready, result, lake, self._resources.engine)
            metadata = outcome.of_run(ready, result, stored) | ({} if shown is None else {"preview": shown})
            of_days = {day: outcome.of_day(result.days.get(day, 0), stored.get(day, NOTHING)) for day in self._days}
            of_run = metadata if len(self._days) == 1 else {**metadata, "rows_of_run": result.rows}
            yield outcome.materialized(self._context, key, of_days, of_run)
        if lake is not None:
            yield from check_results(self._context, ready, result, stored, self._before, self._checks, lake)
