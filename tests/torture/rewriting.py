"""What rewrites files: compaction and deletion as the product does them, and both without the guards of its commit."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING

from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from tailpipe_assets.pipeline import collect
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delete import Deletion, delete
from tailpipe_resources.lake.delta import Added, Removed, Told, active_files, open_table
from tailpipe_resources.lake.inventory import snapshot
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import PATH_COLUMNS
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tests.torture.feed import OLD_DAY
from tests.torture.scene import CHANGING, COLLECTIONS, OLD, TABLE, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake import Lake

LET_OTHERS_IN = (0.0, 0.05, 0.2)
"""Seconds between planning an unguarded commit and making it; what goes wrong goes wrong then."""


def compact_as_told(scene: Scene, random: Random) -> int:
    """Compact all collections as the command does. Returns how many slots were."""
    del random
    done = 0
    for result in compact_collections(scene.lake, [(TABLE, name) for name in COLLECTIONS]):
        if result.failure is not None:
            raise result.failure
        done += result.slots
    return done


def compact_without_locks(scene: Scene, random: Random) -> int:
    """Compact the table as a machine does that sees no lock of this one. Returns how many slots were."""
    del random
    with _at_work(scene) as (connection, lake, _):
        return compact(connection, lake, TABLE, small_slots(lake, TABLE), told=Told("compact")).slots


def delete_old_day(scene: Scene, random: Random) -> int:
    """Take all rows of the old day out, as the command does. Returns how many files went."""
    del random
    with _at_work(scene) as (connection, lake, _):
        days = frozenset({date.fromisoformat(OLD_DAY)})
        return delete(connection, lake, Deletion(TABLE, OLD, Told("delete"), days)).files


def compact_unguarded(scene: Scene, random: Random) -> int:
    """Make one file of the small ones of each slot, committed without any of the guards."""
    with _at_work(scene) as (connection, lake, until):
        plan = _planned(connection, lake, until, stream=f"{TABLE}/compaction{random.getrandbits(32)}")
        if plan is None:
            return 0
        time.sleep(random.choice(LET_OTHERS_IN))
        _commit_unguarded(*plan, data_change=False)
        return 1


def replace_unguarded(scene: Scene, random: Random) -> int:
    """Bring one changing file's rows to the next generation, committed without any of the guards."""
    with _at_work(scene) as (connection, lake, until):
        seen = snapshot(lake, TABLE, until)
        table = open_table(lake, TABLE, seen.version) if seen is not None else None
        active = active_files(table) if table is not None else {}
        ours = [each for each in active.values() if each.values["tp_partition"] == CHANGING]
        if table is None or not ours:
            return sum(each.artifacts for each in collect(scene.plans(CHANGING)))
        added = [
            _rewritten(connection, lake, group, "* REPLACE (generation + 1 AS generation)", f"{TABLE}/{CHANGING}")
            for group in _by_slot(ours).values()
        ]
        time.sleep(random.choice(LET_OTHERS_IN))
        _commit_unguarded(table, tuple(added), tuple(ours), data_change=True)
        return 1


@contextmanager
def _at_work(scene: Scene) -> Iterator[tuple[duckdb.DuckDBPyConnection, Lake, ExitStack]]:
    with ExitStack() as until:
        connection = until.enter_context(connect(threads=1))
        lake = scene.lake
        lake.store.attach(connection)
        yield connection, lake, until


def _planned(
    connection: duckdb.DuckDBPyConnection, lake: Lake, until: ExitStack, *, stream: str
) -> tuple[DeltaTable, tuple[Added, ...], tuple[Removed, ...]] | None:
    seen = snapshot(lake, TABLE, until)
    table = open_table(lake, TABLE, seen.version) if seen is not None else None
    if table is None:
        return None
    groups = [group for group in _by_slot(active_files(table).values()).values() if len(group) > 1]
    added = tuple(_rewritten(connection, lake, group, "*", stream) for group in groups)
    return (table, added, tuple(each for group in groups for each in group)) if groups else None


def _by_slot(files: Iterable[Removed]) -> dict[Slot, list[Removed]]:
    groups: dict[Slot, list[Removed]] = {}
    for each in files:
        groups.setdefault(Slot.from_path(f"{TABLE}/{each.path}"), []).append(each)
    return groups


def _rewritten(
    connection: duckdb.DuckDBPyConnection, lake: Lake, group: list[Removed], what: str, stream: str
) -> Added:
    slot = Slot.from_path(f"{TABLE}/{group[0].path}")
    source = f"read_parquet({_list(lake, group)}, union_by_name = true, hive_partitioning = false)"
    made = stage(connection, lake, slot, f"SELECT {what} FROM {source} ORDER BY tp_timestamp", stream=stream)
    assert made is not None
    return made.publish(lake)


def _list(lake: Lake, files: Iterable[Removed]) -> str:
    return f"[{', '.join(literal(lake.store.address(f'{TABLE}/{each.path}')) for each in files)}]"


def _commit_unguarded(
    table: DeltaTable, added: tuple[Added, ...], removed: tuple[Removed, ...], *, data_change: bool
) -> None:
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [
        *(AddAction(each.path, each.size, dict(each.values), now, data_change, "{}") for each in added),
        *(RemoveAction(each.path, data_change, now, each.size, dict(each.values)) for each in removed),
    ]
    columns = [column.name for column in PATH_COLUMNS]
    try:
        table.create_write_transaction(actions, mode="append", schema=table.schema(), partition_by=columns)
    except CommitFailedError as error:
        raise CommitConflictError(str(error).splitlines()[0]) from error
