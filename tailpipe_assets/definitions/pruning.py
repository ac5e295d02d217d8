"""Forgets old runs, so that Dagster's record does not grow for ever, and keeps what the UI shows of each day.

Deleting a run deletes what it materialized. So a run stays, however old, while it is the last to have materialized or
observed a day of an asset: what is known of every day, and when it was learned, is the same before and after. (To
report those events again without a run would date them today, and a source gone quiet would look fresh.)
Of the results of checks, which Dagster keeps for ever, the last one of each check stays.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from dagster import DagsterInstance

MOST = 2000
"""Runs one pass deletes at most; the next one goes on."""

KEPT = 10_000
"""So many runs are remembered at most, however young: a run every minute makes as many in a week."""

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_PAGE = 200
_WORTH_IT = 0.25
"""The share of a database that must be empty for it to be written anew."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one pass did."""

    deleted: int
    needed: int
    """Old runs that stay, because the UI shows what they did."""

    is_done: bool = True
    """Whether nothing is left that may go."""


def prune_runs(instance: DagsterInstance, before: datetime, *, most: int = MOST, keep: int = KEPT) -> Pruned:
    """Delete runs that have ended, oldest first, with their logs: those that are too old, and those that are too many.

    It can be stopped and repeated at any moment. Runs that end meanwhile only make more of the old ones superfluous.

    Args:
        instance: whose.
        before: what was created before this is too old.
        most: delete no more than this.
        keep: what is not among the youngest so many is too much.
    """
    old = _old(instance, before, keep)
    needed = _needed(instance) if old else set()
    wanting = [each for each in old if each not in needed]
    last = _last_of_checks(instance) if wanting else []
    for start in range(0, min(most, len(wanting)), _PAGE):
        some = wanting[start : min(start + _PAGE, most)]
        _delete_checks(instance, some, last)
        for each in some:
            _delete(instance, each)
    if wanting:
        _give_space_back(instance)
    return Pruned(min(most, len(wanting)), len(old) - len(wanting), is_done=len(wanting) <= most)


def _old(instance: DagsterInstance, before: datetime, keep: int) -> list[str]:
    """Runs that have ended and are too old or too many, oldest first."""
    ended = instance.get_run_ids(dg.RunsFilter(statuses=_ENDED))
    too_old = instance.get_run_ids(dg.RunsFilter(statuses=_ENDED, created_before=before))
    # Both are the end of the same list, youngest first.
    return list(ended)[::-1][: max(len(too_old), len(ended) - keep)]


def _needed(instance: DagsterInstance) -> set[str]:
    """Runs that were the last to materialize or observe a day of an asset, or the asset."""
    return {run_id for key in instance.all_asset_keys() for run_id in _last_of(instance, key)}


def _last_of(instance: DagsterInstance, key: dg.AssetKey) -> Iterator[str]:
    for kind, fetch in (
        (dg.DagsterEventType.ASSET_MATERIALIZATION, instance.fetch_materializations),
        (dg.DagsterEventType.ASSET_OBSERVATION, instance.fetch_observations),
    ):
        yield from (record.run_id for record in fetch(key, limit=1).records)
        ids = list(instance.get_latest_storage_id_by_partition(key, kind).values())
        for start in range(0, len(ids), _PAGE):
            wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + _PAGE])
            yield from (record.run_id for record in fetch(wanted, limit=_PAGE).records)


def _delete(instance: DagsterInstance, run_id: str) -> None:
    """The run last: where this is broken off, it is still there to be found again."""
    instance.event_log_storage.delete_events(run_id)
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.delete_run(run_id)
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        # Each run has a file of its own, which stays when it is empty.
        shard = Path(storage.path_for_shard(run_id))
        for suffix in ("", "-wal", "-shm"):
            shard.with_name(shard.name + suffix).unlink(missing_ok=True)


def _last_of_checks(instance: DagsterInstance) -> Sequence[int]:
    """The last result of each check."""
    storage, table = instance.event_log_storage, AssetCheckExecutionsTable
    if not isinstance(storage, SqlEventLogStorage):
        return ()
    with storage.index_connection() as connection:
        found = connection.execute(select(func.max(table.c.id)).group_by(table.c.asset_key, table.c.check_name))
        return [id_ for (id_,) in found]


def _delete_checks(instance: DagsterInstance, runs: Sequence[str], last: Sequence[int]) -> None:
    """Delete what checks found in some runs. They have no index by run: one search finds those of all."""
    storage, table = instance.event_log_storage, AssetCheckExecutionsTable
    if isinstance(storage, SqlEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(table.delete().where(table.c.run_id.in_(runs), table.c.id.not_in(last)))


def _give_space_back(instance: DagsterInstance) -> None:
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        return
    index = Path(storage.path_for_shard("index"))
    for file in (index, index.parent.parent / "runs.db"):
        # Whoever is busy with it has precedence: the next pass is soon enough.
        with suppress(sqlite3.OperationalError):
            _shrink(file)


def _shrink(file: Path) -> None:
    if not file.is_file():
        return
    with closing(sqlite3.connect(file, timeout=2)) as connection:
        ((empty,),) = connection.execute("PRAGMA freelist_count")
        ((pages,),) = connection.execute("PRAGMA page_count")
        if pages and empty / pages > _WORTH_IT:
            connection.execute("VACUUM")
