"""Collecting: what a source has that the ledgers of its collections do not, made rows of their tables."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tailpipe_assets.detections.found import STORED_COLUMNS as FINDINGS_STORED
from tailpipe_assets.pipeline.draining import Way, collect_new, is_for_notices
from tailpipe_assets.pipeline.enrich import give_lookups, lookups_told
from tailpipe_assets.pipeline.failures import STOPPING, in_our_words
from tailpipe_assets.pipeline.listing import by_source
from tailpipe_assets.pipeline.memory import tuned
from tailpipe_assets.pipeline.redact import give_keys
from tailpipe_assets.pipeline.rejects import STORED_COLUMNS
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.retype import widen_types
from tailpipe_assets.pipeline.scan import Scan
from tailpipe_assets.pipeline.wanting import CollectOptions
from tailpipe_assets.pipeline.write import Writer
from tailpipe_resources.errors import CommitConflictError, LakeDamagedError, NarrowColumnsError
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.mend import in_words, mend
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.space import check_space
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.finding import DERIVED_TABLES, FINDING_TABLE
from tailpipe_resources.model.hold import refuse_overwrite
from tailpipe_resources.model.results import CollectResult, OnEvent, ignore
from tailpipe_resources.model.schema import REJECTED_TABLE, Column, storage_columns
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.engine import restrict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake.storage import Lake

EVERYTHING = Window()
ATTEMPTS = 3
"""How often a collection is read again because another machine committed to it first."""

MOST = 32
"""So many collections share a pass. Each has a connection, and holds what its ledger knows."""

NORMAL = CollectOptions()
DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class _Run:
    """What all scans of one call share."""

    window: Window
    options: CollectOptions
    resources: Resources
    on_event: OnEvent
    stopped: Callable[[], bool]
    name: str


def collect(
    plans: Sequence[Plan],
    window: Window = EVERYTHING,
    *,
    options: CollectOptions = NORMAL,
    resources: Resources = DEFAULT,
    on_event: OnEvent = ignore,
    stopped: Callable[[], bool] = lambda: False,
    run: str = "",
) -> tuple[CollectResult, ...]:
    """Bring in every artifact of the window that was not collected before.

    Collections of one source share a pass over it, whatever they make of it: an artifact is fetched once for all that
    want it. A collection that fails does not stop the others; its result says why, and counts what was committed before
    that. Because some arrive late, artifacts dated up
    to a collection's look-back before the window count as in it; with `overwrite` they do not.

    A source that is told what is new is listed only now and then, unless a window is named; see `draining`.

    Args:
        plans: the collections.
        window: which artifacts, by their time.
        options: how to treat artifacts that were met before or are broken.
        resources: how to get at sources, lakes and DuckDB.
        on_event: told of progress.
        stopped: asked between artifacts; once true, what is staged is committed and the rest left for next time.
        run: names the run in the ledger, for people.

    Returns:
        One result a plan, in the plans' order.
    """
    shared = _Run(window, options, resources, on_event, stopped, run or str(uuid.uuid4()))
    results: dict[str, CollectResult] = {}
    with tuned():
        for group in by_source(plans).values():
            if is_for_notices(window, options):
                results |= collect_new(group, Way(resources, options, stopped, partial(_passes, run=shared)))
            else:
                results |= _passes(group, resources, shared)
    return tuple(results[each.collection.stream] for each in plans)


def _passes(plans: Sequence[Plan], resources: Resources, run: _Run) -> dict[str, CollectResult]:
    """The results of collections of one source, by stream, from as few passes over it as can feed them."""
    results: dict[str, CollectResult] = {}
    for start in range(0, len(plans), MOST):
        started = time.monotonic()
        for result in _scan(tuple(plans[start : start + MOST]), replace(run, resources=resources)):
            stream = f"{result.table}/{result.collection}"
            results[stream] = replace(result, seconds=time.monotonic() - started)
    return results


def _scan(plans: tuple[Plan, ...], run: _Run) -> list[CollectResult]:
    """The results of these collections. Those that lost a race for a commit are planned and read again."""
    results = {(each.table, each.collection): each for each in _attempt(plans, run)}
    for _ in range(ATTEMPTS - 1):
        lost = tuple(each for each in plans if _has_lost(results[each.collection.key]))
        if not lost or run.stopped():
            break
        for again in _attempt(lost, run):
            key = (again.table, again.collection)
            results[key] = results[key].then(again)
    return list(results.values())


def _has_lost(result: CollectResult) -> bool:
    return isinstance(result.failure, CommitConflictError)


def _attempt(plans: tuple[Plan, ...], run: _Run) -> list[CollectResult]:
    failed: list[CollectResult] = []
    with ExitStack() as stack:
        writers = []
        for each in plans:
            try:
                writers.append(_writer(each, run, stack))
            except STOPPING as error:
                failed.append(CollectResult(*each.collection.key, failure=in_our_words(error)))
        if writers:
            _pass(writers, run)
        return [*failed, *(writer.result for writer in writers)]


def _pass(writers: list[Writer], run: _Run) -> None:
    """One pass over the source for all these collections. What stops it is noted in their results."""
    first = writers[0].plan
    try:
        source = run.resources.source(first.collection.source)
        Scan(source, writers, run.options, on_event=run.on_event, stopped=run.stopped).run(run.window)
    except STOPPING as error:
        for writer in writers:
            if writer.result.failure is None:
                writer.fail(in_our_words(error))
    finally:
        for writer in writers:
            writer.abandon()


def _writer(ready: Plan, run: _Run, stack: ExitStack) -> Writer:
    collection = ready.collection
    if run.options.overwrite:
        refuse_overwrite(ready.holds, *collection.key, run.window)
    lake = run.resources.lake(collection.destination)
    stack.enter_context(lake.lock(*collection.key))
    connection = stack.enter_context(run.resources.engine())
    connection.execute("SET preserve_insertion_order = false; SET threads = 1")
    give_keys(connection, collection)
    give_lookups(connection, ready.table)
    lake.store.attach(connection)
    restrict(connection, lake.reach)
    warning = check_space(lake)
    notes = [] if warning is None else [warning]
    notes += _prepare(connection, lake, ready)
    state = recover(connection, lake, *collection.key, notes.append)
    operation = "overwrite" if run.options.overwrite else "collect"
    told = Told(operation, run.name, ready.config, lookups_told(ready.table))
    return Writer(ready, lake, connection, state, told, notes)


def _prepare(connection: duckdb.DuckDBPyConnection, lake: Lake, ready: Plan) -> list[str]:
    """Make or widen the tables, with what a crash tore in their logs mended; says what was."""
    names = (ready.collection.table_stored, *DERIVED_TABLES)
    stored = storage_columns(ready.table.stored_columns)
    notes = [in_words(name, each) for name in names for each in mend(lake, name, quick=True)]
    try:
        notes += _ensure(connection, lake, names[0], stored, ready)
    except LakeDamagedError:
        mended = [in_words(name, each) for name in names for each in mend(lake, name)]
        if not mended:
            raise
        notes += mended
        notes += _ensure(connection, lake, names[0], stored, ready)
    return notes


def _ensure(
    connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, stored: Sequence[Column], ready: Plan
) -> list[str]:
    """Make or widen the collection's table, and those of rejects and findings; says when it was written anew."""
    columns, schema, notes = ready.table.stored_columns, delta_schema(connection, stored), []
    try:
        ensure_table(lake, table, columns, schema)
    except NarrowColumnsError:
        notes.append(widen_types(lake, ready, schema))
        ensure_table(lake, table, columns, schema)
    ensure_table(lake, REJECTED_TABLE, STORED_COLUMNS, delta_schema(connection, STORED_COLUMNS))
    if ready.rules is not None and ready.rules.rules:
        found = storage_columns(FINDINGS_STORED)
        ensure_table(lake, FINDING_TABLE, FINDINGS_STORED, delta_schema(connection, found))
    return notes
