"""The rows the query benchmark asks for: a compacted lake of ours, and the same rows as DuckDB writes them by itself.

A day of made-up events is collected once. The lake's own staging then writes it again for each day and account, with
other ids, times, addresses and session keys, as compaction writes files.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import collect, plan
from tailpipe_assets.samples import cloudtrail
from tailpipe_assets.tables.aws_cloudtrail_log import AWS_CLOUDTRAIL_LOG
from tailpipe_assets.views import views_of
from tailpipe_resources.config import load
from tailpipe_resources.lake import local_lake
from tailpipe_resources.lake.delta import Change, Told, commit_change
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.lookups import stage_looked_up
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import TIGHT_OPTIONS
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from tailpipe_resources.model.config import Config

EVENTS = 20_000_000
DAYS = 30
FIRST_DAY = date(2024, 2, 1)
ACCOUNTS = ("111122223333", "444455556666", "777788889999")
TABLE, COLLECTION = AWS_CLOUDTRAIL_LOG.name, "bench"
PLAIN_OPTIONS = "FORMAT parquet, PARTITION_BY (tp_partition, tp_index, tp_year, tp_month, tp_day)"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What there is to ask."""

    folder: str
    events: int

    @property
    def config(self) -> Config:
        """Of the lake."""
        return load([Path(self.folder) / "bench.hcl"])

    @property
    def table(self) -> Path:
        """The lake's folder of the table."""
        return Path(self.folder) / "lake" / TABLE

    @property
    def plain(self) -> Path:
        """The folder that DuckDB wrote."""
        return Path(self.folder) / "plain"

    @property
    def glob(self) -> str:
        """All that DuckDB wrote."""
        return f"{self.plain}/**/*.parquet"


def prepared(folder: Path, events: int) -> Prepared:
    """The two, made now where the folder does not have them from an earlier time."""
    made = Prepared(str(folder), events)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.hcl").write_text(_hcl(folder / "lake", folder / "base" / "logs"))
    with connect() as connection:
        size = str(events)
        _once(folder / "base", size, lambda: _base(connection, folder / "base", events // DAYS))
        _once(folder / "lake", f"{size} {TIGHT_OPTIONS}", lambda: _write_lake(connection, made))
        _once(folder / "plain", size, lambda: _write_plain(connection, made))
    return made


def _once(folder: Path, kind: str, make: Callable[[], None]) -> None:
    """Make a folder, unless one of the same kind was made whole before."""
    done = folder.with_suffix(".done")
    if not done.exists() or done.read_text() != kind:
        done.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        make()
        done.write_text(kind)


def _hcl(lake: Path, logs: Path) -> str:
    return (
        f'destination "parquet" "default" {{ path = "{lake}" }}\n'
        f'source "file" "logs" {{ path = "{logs}" }}\n'
        f'collection "{TABLE}" "{COLLECTION}" {{ source = source.file.logs }}\n'
    )


def _base(connection: duckdb.DuckDBPyConnection, folder: Path, events: int) -> None:
    """A day's rows as they are collected, a file an account; a third of those of one account go to another one."""
    cloudtrail.write_day(folder / "logs", FIRST_DAY, events=events)
    path = folder / "base.hcl"
    path.write_text(_hcl(folder / "lake", folder / "logs"))
    config = load([path])
    collect(plan(config))
    view = next(view for view in views_of(config).views if view.name == TABLE)
    account = (
        f"CASE WHEN tp_index = '{ACCOUNTS[0]}' AND hash(tp_source_location) % 3 = 0 THEN '{ACCOUNTS[2]}' "
        "ELSE tp_index END"
    )
    for each in ACCOUNTS:
        connection.execute(
            f"COPY (SELECT *, {account} AS account FROM ({select_of(view)}) WHERE account = '{each}') "
            f"TO '{folder / each}.parquet'"
        )
    shutil.rmtree(folder / "logs")
    shutil.rmtree(folder / "lake")


def _write_lake(connection: duckdb.DuckDBPyConnection, made: Prepared) -> None:
    """Every day of every account, as compaction writes it."""
    lake, base = local_lake(made.table.parent), Path(made.folder) / "base"
    columns = AWS_CLOUDTRAIL_LOG.stored_columns
    ensure_table(lake, TABLE, columns, delta_schema(connection, columns))
    waiting = lake.staging(TABLE, "bench")
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        staged = [
            stage_looked_up(
                connection,
                lake,
                Slot(TABLE, COLLECTION, account, day),
                _on_another_day(base / f"{account}.parquet", account, number),
                waiting,
                columns,
                piece_bytes=None,
            )
            for account in ACCOUNTS
        ]
        added = tuple(file.publish(lake) for files in staged for file in files)
        commit_change(lake, TABLE, Change(added, (), new_batch(None), told=Told("collect", "bench")))
    shutil.rmtree(lake.store.scratch / TABLE / OWN / "staging")


def _on_another_day(base: Path, account: str, number: int) -> str:
    """SQL for the rows of another day: ids and session keys are new, and of the addresses every second one."""

    def other(column: str) -> str:
        return f"md5({column} || '{account}/{number}')"

    day = FIRST_DAY + timedelta(days=number)
    address = (
        "CASE WHEN source_ip_address ^@ '10.' AND hash(source_ip_address) % 2 = 0 "
        f"THEN '10.' || hash(source_ip_address || '{number}') % 256 || '.' || "
        f"hash(source_ip_address || '{account}') % 256 || '.' || {number} ELSE source_ip_address END"
    )
    key = (
        "CASE WHEN user_identity.access_key_id ^@ 'ASIA' "
        f"THEN 'ASIA' || upper({other('user_identity.access_key_id')}[:16]) ELSE user_identity.access_key_id END"
    )
    moved = {
        "tp_id": other("tp_id"),
        "event_id": f"{other('event_id')}::UUID::VARCHAR",
        "request_id": f"{other('request_id')}::UUID::VARCHAR",
        "tp_timestamp": f"tp_timestamp + INTERVAL {number} DAY",
        "event_time": f"event_time + INTERVAL {number} DAY",
        "recipient_account_id": f"'{account}'",
        "source_ip_address": "address",
        "tp_source_ip": "address",
        "tp_ips": "[address]",
        "user_identity": (
            f"CASE WHEN user_identity IS NOT NULL THEN struct_update(user_identity, access_key_id := {key}) END"
        ),
        "tp_source_location": f"replace(tp_source_location, '{FIRST_DAY:%Y/%m/%d}', '{day:%Y/%m/%d}')",
    }
    names = ", ".join(
        f"{moved.get(column.name, column.name)} AS {column.name}" for column in AWS_CLOUDTRAIL_LOG.stored_columns
    )
    return f"SELECT * FROM (SELECT {names} FROM (SELECT *, {address} AS address FROM read_parquet('{base}')))"


def _write_plain(connection: duckdb.DuckDBPyConnection, made: Prepared) -> None:
    """The same rows as everyone would write them, each day when it is over. All days at once would fill the memory."""
    view = next(view for view in views_of(made.config).views if view.name == TABLE)
    for number in range(DAYS):
        day = view.over(file for file in view.stored if file.day == FIRST_DAY + timedelta(days=number))
        rows = f"SELECT * EXCLUDE (tp_date) FROM ({select_of(day)})"
        connection.execute(f"COPY ({rows}) TO '{made.plain}' ({PLAIN_OPTIONS}, APPEND)")
