"""Steps: what an intent does to one table, in one commit of that table."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.attempts import attempt
from tailpipe_resources.lake.cleanup import KEPT_SECONDS, commit_superseding
from tailpipe_resources.lake.delta import Added, Change, Told, head, open_table
from tailpipe_resources.lake.history import TIDY_EVERY, tidy
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.replace import Replacement, RowsOf, without
from tailpipe_resources.lake.taken import Taken, days_of, destroy, seconds_left
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.intent import Intent
    from tailpipe_resources.lake.storage import Lake


ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One table's part of an intent."""

    intent: Intent
    added: tuple[Added, ...]
    expected: int | None
    told: Told
    kept: float = KEPT_SECONDS
    """For how long what goes can be read as of an earlier time."""


def apply(lake: Lake, name: str, plan: Callable[[DeltaTable], Replacement] | None, step: Step) -> Replacement:
    """Commit one table's part of an intent.

    Args:
        lake: where the table lies.
        name: the table.
        plan: what goes and comes beside the step's own files; asked again when someone else rewrote files meanwhile.
            None where nothing goes.
        step: the rest.

    Raises:
        CommitConflictError: the stream was moved by someone else. Nothing is visible.
    """
    for left in reversed(range(ATTEMPTS)):
        gone = Replacement() if plan is None else _planned(lake, name, plan)
        try:
            version = _committed(lake, name, gone, step)
        except CommitConflictError:
            if not left or head(open_table(lake, name), step.intent.stream) != step.expected:
                raise
        else:
            if version % TIDY_EVERY == 0:
                tidy(lake, name)
            return gone
    raise AssertionError


def _committed(lake: Lake, name: str, gone: Replacement, step: Step) -> int:
    """Put in place what is written anew, and commit. Returns a version that shows it."""
    intent = step.intent
    with attempt(lake, name, intent.batch, [file.final for file in gone.rewritten]):
        added = (*step.added, *(file.publish(lake) for file in gone.rewritten))
        told, stream, expected = step.told, intent.stream, step.expected
        change = Change(added, gone.removed, intent.batch, stream=stream, expected=expected, told=told)
        return commit_superseding(lake, name, change, kept=step.kept)


def _planned(lake: Lake, name: str, plan: Callable[[DeltaTable], Replacement]) -> Replacement:
    """What goes and comes. The files it is planned on stay while they are read, and may go with the commit."""
    with ExitStack() as reading:
        table = open_leased(lake, name, reading)
        if table is None:
            raise CommitConflictError(f"the table {name} was removed meanwhile")
        return plan(table)


def follow(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    intent: Intent,
    operation: str | None = None,
    *,
    files: Sequence[Mapping[str, Any]] | None = None,
) -> bool:
    """Bring the rejects' table to this intent, unless it is there already; and leave nothing of what it took out.

    The operation is what the history calls it; `delete` or `collect` when not given. The files are all those of the
    intent's rejects, or these of them.
    """
    rejects, taken = intent.rejects, Taken(collection, days_of(intent), index=table)
    if intent.takes_out:
        if not rejects.rows_stay:
            destroy(lake, table, Taken(collection, days_of(intent)))
        # Not after the rejects: a run that finds them brought in does not come here again.
        lake.store.remove(intent.dropped)
    elif not (rejects.files or rejects.takes_back):
        return False
    found = open_table(lake, REJECTED_TABLE)
    at = head(found, intent.stream)
    if found is None or (at is not None and at >= intent.batch):
        return False
    added = tuple(Added(**each) for each in (rejects.files if files is None else files))
    broken = frozenset(rejects.broken)
    again = broken.union(rejects.replaced)
    rows_of = RowsOf(again, intent.stream, collection, table, rejects.parts, broken, rejects.moved)
    gone = partial(without, connection, lake, name=REJECTED_TABLE, rows_of=rows_of) if rejects.takes_back else None
    told = Told(operation or ("delete" if intent.takes_out else "collect"), intent.run, intent.config)
    step = Step(intent, added, at, told, kept=seconds_left(lake) if intent.takes_out else KEPT_SECONDS)
    try:
        apply(lake, REJECTED_TABLE, taken.out_of if intent.takes_out else gone, step)
    except CommitConflictError:
        # Another machine that found the intent committed has let its rejects follow as well.
        if (head(open_table(lake, REJECTED_TABLE), intent.stream) or 0) < intent.batch:
            raise
    if intent.takes_out:
        destroy(lake, REJECTED_TABLE, taken)
    return True


def follow_findings(lake: Lake, intent: Intent, *, files: Sequence[Mapping[str, Any]] | None = None) -> bool:
    """Bring the table of findings to this intent, unless it is there already.

    Args:
        lake: where it lies.
        intent: the rows' commit that is made.
        files: those of its files of findings that are there; all of them when not given.
    """
    if not intent.findings.files:
        return False
    found = open_table(lake, FINDING_TABLE)
    at = head(found, intent.stream)
    if found is None or (at is not None and at >= intent.batch):
        return False
    added = tuple(Added(**each) for each in (intent.findings.files if files is None else files))
    try:
        apply(lake, FINDING_TABLE, None, Step(intent, added, at, Told("detect", intent.run, intent.config)))
    except CommitConflictError:
        # Another machine that found the intent committed has let its findings follow as well.
        if (head(open_table(lake, FINDING_TABLE), intent.stream) or 0) < intent.batch:
            raise
    return True
