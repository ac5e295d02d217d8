"""Recovery: what an earlier run left is finished or discarded."""

from __future__ import annotations

import posixpath
import time
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake.attempts import UNCOMMITTED, drop, sweep_attempts
from tailpipe_resources.lake.cleanup import ABANDONED_SECONDS, put_away
from tailpipe_resources.lake.copies import sweep_copies
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.history import tidy
from tailpipe_resources.lake.intent import files_in
from tailpipe_resources.lake.ledger import (
    State,
    batches,
    intent_key,
    made_at,
    newest_ledger,
    prune,
    read_intent,
    uncommitted,
)
from tailpipe_resources.lake.steps import follow, follow_findings
from tailpipe_resources.lake.storage import Lake, discard
from tailpipe_resources.model.finding import DERIVED_TABLES, FINDING_TABLE
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import duckdb

    from tailpipe_resources.lake.intent import Intent


def recover(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    tell: Callable[[str], None] = lambda _: None,
) -> State:
    """Finish or discard what an earlier run left, and say what has been collected.

    To be called with the collection's lock held.

    Args:
        connection: what writes files anew where that is needed.
        lake: where the collection lies.
        table: its table.
        collection: its name.
        tell: told, a sentence each, what was finished or discarded.
    """
    folder, stream = lake.stream(table, collection), f"{table}/{collection}"
    for name in (table, *DERIVED_TABLES):
        if sweep_attempts(lake, name):
            tell(f"{name}: {UNCOMMITTED}")
    ledger = newest_ledger(lake, table, collection)
    _bring_in(connection, lake, table, collection, ledger.chain, tell)
    _bring_in_findings(lake, f"{table}.{collection}", ledger.chain, tell)
    prune(lake, folder, ledger.floor)
    sweep_copies(lake, table, collection, ledger.state)
    for batch in uncommitted(lake, folder, ledger):
        if is_dead(lake, batch):
            forget(lake, table, collection, batch)
            tell(f"{table}.{collection}: what an earlier run had not committed was discarded, to be collected again")
    for name in (table, *DERIVED_TABLES):
        discard(lake.staging(name, stream))
        put_away(lake, name)
        tidy(lake, name)
    return ledger.state


def _bring_in(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: str,
    collection: str,
    chain: Iterable[Intent],
    tell: Callable[[str], None],
) -> None:
    """Let the rejects of these intents follow, where they have not yet."""
    reached = head(open_table(lake, REJECTED_TABLE), f"{table}/{collection}") or 0
    for intent in chain:
        if intent.batch <= reached:
            continue
        files = _there(lake, REJECTED_TABLE, intent.rejects.files)
        if follow(connection, lake, table, collection, intent, files=files):
            what = "a deletion that was cut off was finished"
            rejects = "rejects of an earlier run that was cut off were brought in"
            tell(f"{table}.{collection}: {what if intent.takes_out else rejects}")
            lost = sum(each["rows"] for each in intent.rejects.files) - sum(each["rows"] for each in files)
            if lost:
                tell(f"{table}.{collection}: {lost} of these rejects are lost, because their files are missing")


def _bring_in_findings(lake: Lake, name: str, chain: Iterable[Intent], tell: Callable[[str], None]) -> None:
    """Let what detections found in these intents follow, where it has not yet."""
    reached = None
    for intent in chain:
        if not intent.findings.files:
            continue
        if reached is None:
            reached = head(open_table(lake, FINDING_TABLE), intent.stream) or 0
        if intent.batch <= reached:
            continue
        files = _there(lake, FINDING_TABLE, intent.findings.files)
        if follow_findings(lake, intent, files=files):
            tell(f"{name}: findings of an earlier run that was cut off were brought in")
            lost = sum(each["rows"] for each in intent.findings.files) - sum(each["rows"] for each in files)
            if lost:
                tell(f"{name}: {lost} of these findings are lost, because their files are missing")


def _there(lake: Lake, table: str, files: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of some files of a table that are in the store. In a restored backup not all may be."""
    folders = {posixpath.dirname(f"{table}/{each['path']}") for each in files}
    keys = {key for folder in folders for key in lake.store.keys(folder)}
    return [each for each in files if f"{table}/{each['path']}" in keys]


def is_dead(lake: Lake, batch: int) -> bool:
    """Whether nobody can still be about to commit it; who holds the lock knows, except across machines."""
    return not lake.store.is_remote or time.time() - made_at(batch) > ABANDONED_SECONDS


def forget(lake: Lake, table: str, collection: str, batch: int, intent: Intent | None = None) -> None:
    """Remove an intent and its files, unless it was committed: a store may lose its answer to that.

    Args:
        lake: where the collection lies.
        table: its table.
        collection: its name.
        batch: the attempt.
        intent: as whoever made the attempt has it; read when not given, and nothing is done where it is gone.
    """
    folder, ledger = lake.stream(table, collection), newest_ledger(lake, table, collection)
    if batch in batches(lake, folder).keys() - uncommitted(lake, folder, ledger):
        return
    try:
        intent = intent or read_intent(lake, folder, batch)
    except LakeDamagedError:
        if batch in batches(lake, folder):
            raise
        return
    for name in (table, *DERIVED_TABLES):
        drop(lake, name, files_in(intent, name))
    named = {each.key for each in ledger.state.copies}
    lake.store.remove(each.key for each in intent.copies if each.key not in named)
    lake.store.remove([intent_key(folder, batch)])
