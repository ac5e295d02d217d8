"""The verdict: what the lake holds in the end, against what was fed, by every reader there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl

from tailpipe_assets.pipeline import collect
from tailpipe_assets.views import views_of
from tailpipe_resources.lake.attempts import attempted
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.cleanup import superseded
from tailpipe_resources.lake.delta import active_files, head, open_table
from tailpipe_resources.lake.ledger import read_ledger
from tailpipe_resources.lake.leftovers import intended
from tailpipe_resources.lake.repair import repair
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import create_views
from tests.torture import rewriting
from tests.torture.reading import QUERY, Expected, plain, problems
from tests.torture.scene import COLLECTIONS, TABLE, Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from tailpipe_resources.lake import Lake

TABLES = (TABLE, REJECTED_TABLE)
TRIES = 3


@dataclass
class Verdict:
    """What is wrong at the end; nothing, if all went well."""

    wrong: list[str] = field(default_factory=list)
    rows: int = 0
    files: int = 0
    unnamed: int = 0
    """Parquet files in an object store that no snapshot names and that killed writers had named before they put them in
    place: runs remove them when they are a day old."""

    repairs: list[str] = field(default_factory=list)
    """What `tailpipe lake repair` did."""

    glob: str = "not asked"

    def expect(self, what: str, found: object, expected: object) -> None:
        """Two values must be the same."""
        if found != expected:
            self.wrong.append(f"{what}: {str(found)[:300]} in place of {str(expected)[:300]}")


def judge(scene: Scene) -> Verdict:
    """Let everything come to rest, then look at the lake from all sides."""
    verdict = Verdict()
    _rest(scene, verdict)
    model = _model(scene)
    found = _rows(scene, verdict)
    expected = Expected(scene)
    expected.learn()
    expected.learn_deletions()
    verdict.wrong += problems(found, expected)
    if scene.guarded:
        verdict.wrong += _against(model, found, expected)
    _rejects(scene, verdict, model)
    _ledgers(scene, verdict, model, expected)
    verdict.rows = sum(rows for _, _, _, rows, _, _ in found)
    _others(scene, verdict)
    _globs(scene, verdict)
    return verdict


def _rest(scene: Scene, verdict: Verdict) -> None:
    """Collect what is left; then there is nothing left; then compact, with nobody reading."""
    plans = scene.plans()
    for _ in range(TRIES):
        failures = [each.failure for each in collect(plans) if each.failure is not None]
        if not failures:
            break
    verdict.wrong += [f"the last collect failed: {each}" for each in failures]
    verdict.expect("artifacts read by one more collect", sum(each.artifacts for each in collect(plans)), 0)
    rewriting.compact_as_told(scene, Random(0))
    lake, connection = scene.lake, _connected(scene)
    for table in TABLES:
        _places(verdict, lake, table)
    verdict.repairs = list(repair(connection, lake, TABLES))
    for table in TABLES:
        verdict.wrong += [f"tailpipe lake check: {each.what}: {each.where}" for each in check(lake, table, connection)]


def _connected(scene: Scene) -> duckdb.DuckDBPyConnection:
    connection = connect(threads=1)
    scene.lake.store.attach(connection)
    return connection


def _model(scene: Scene) -> dict[str, dict[str, Any]]:
    """The files as they were fed last, by location."""
    return {each["location"]: each for each in scene.fed.new()}


def _rows(scene: Scene, verdict: Verdict) -> list[Any]:
    with _views(scene) as connection:
        found: list[Any] = connection.execute(QUERY).fetchall()
        ((rows, ids),) = connection.execute(f"SELECT count(*), count(DISTINCT tp_id) FROM {TABLE}").fetchall()
    verdict.expect("ids", ids, rows)
    return found


def _views(scene: Scene) -> duckdb.DuckDBPyConnection:
    connection = _connected(scene)
    create_views(connection, views_of(scene.config).views)
    return connection


def _against(model: Mapping[str, Mapping[str, Any]], found: list[Any], expected: Expected) -> list[str]:
    seen = {location: (generation, rows) for location, generation, _, rows, _, _ in found}
    last = {location: (each["generation"], each["size"]) for location, each in model.items()}
    missing = last.keys() - seen.keys() - expected.deleted
    other = [f"{name}: {seen[name]} in place of {last.get(name)}" for name in seen if seen[name] != last.get(name)]
    return [*(f"{name} is missing at the end" for name in sorted(missing)), *other]


def _rejects(scene: Scene, verdict: Verdict, model: Mapping[str, Mapping[str, Any]]) -> None:
    with _views(scene) as connection:
        found = connection.execute(
            f"SELECT tp_source_location, count(*), count(DISTINCT tp_id) FROM {REJECTED_TABLE} GROUP BY 1"
        ).fetchall()
    expected = {location: (each["bad"], each["bad"]) for location, each in model.items() if each["bad"]}
    verdict.expect("rejected records", dict(sorted((a, (b, c)) for a, b, c in found)), dict(sorted(expected.items())))


def _ledgers(scene: Scene, verdict: Verdict, model: Mapping[str, Mapping[str, Any]], expected: Expected) -> None:
    lake = scene.lake
    for name in COLLECTIONS:
        at = head(open_table(lake, TABLE), f"{TABLE}/{name}")
        state = read_ledger(lake, lake.stream(TABLE, name), at).state
        rows = {location: each["size"] for location, each in model.items() if each["collection"] == name}
        rows.update(dict.fromkeys(expected.deleted & rows.keys(), 0))
        verdict.expect(f"the ledger of {name}", {each: known.rows for each, known in state.known.items()}, rows)


def _others(scene: Scene, verdict: Verdict) -> None:
    """Readers that know nothing of Tailpipe."""
    lake = scene.lake
    table = open_table(lake, TABLE)
    assert table is not None
    told = sum(filter(None, table.get_add_actions(flatten=True)["num_records"].to_pylist()))
    access = {name: value for name, value in lake.store.delta_options().items() if name.startswith("aws_")}
    frame = pl.scan_delta(f"{lake.root}/{TABLE}", storage_options=access or None)
    if scene.guarded:
        verdict.expect("rows that the Delta log tells", told, verdict.rows)
    verdict.expect("rows that Polars reads", frame.select(pl.len()).collect().item(), verdict.rows)


def _places(verdict: Verdict, lake: Lake, table: str) -> None:
    """After the next run, without any repair, nothing lies about that nobody answers for."""
    opened = open_table(lake, table)
    active = set(active_files(opened)) if opened is not None else set()
    there = {key.removeprefix(f"{table}/") for key in lake.store.keys(table) if _is_in_place(key, table)}
    verdict.files += len(active)
    verdict.expect(f"active files of {table} that are not there", active - there, set())
    beside = there - active
    if lake.store.is_remote:
        beside -= superseded(lake, table)
        verdict.unnamed += len(beside)
        beside -= attempted(lake, table, over=False) | set(intended(lake, table))
    verdict.expect(f"files of {table} in place that nobody answers for", beside, set())


def _globs(scene: Scene, verdict: Verdict) -> None:
    if scene.lake.store.is_remote:
        verdict.glob = "not asked: an object store keeps superseded files in place for a day"
        return
    with connect(threads=1) as connection:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM ({plain(scene)})").fetchall()
    verdict.glob = f"{rows:,} rows"
    verdict.expect("rows of a plain glob", rows, verdict.rows)


def _is_in_place(key: str, table: str) -> bool:
    return key.startswith(f"{table}/tp_partition=") and key.endswith(".parquet")
