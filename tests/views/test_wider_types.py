"""A column whose type becomes wider: whoever reads the table meets one type, and every value."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from tailpipe_assets.pipeline import collect
from tailpipe_assets.views.opened import open_config
from tailpipe_resources.config import load
from tailpipe_resources.errors import BusyError, LakeError
from tailpipe_resources.lake.history import history
from tailpipe_resources.lake.widths import is_wider
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

NARROW = {"n": "INTEGER", "f": "FLOAT", "d": "DECIMAL(6,2)", "s": "SMALLINT"}
WIDE = {"n": "BIGINT", "f": "DOUBLE", "d": "DECIMAL(12,3)", "s": "DOUBLE"}


def configure(project: Project, types: dict[str, str], *names: str) -> None:
    """A table of these types, and a collection or more."""
    columns = "".join(f'  column "{name}" {{\n    type = "{kind}"\n  }}\n' for name, kind in types.items())
    collections = "".join(f'collection "t" "{each}" {{\n  source = source.file.logs\n}}\n' for each in names or ("c",))
    project.configure(f'table "t" {{\n  format = "jsonl"\n  column "time" {{}}\n{columns}}}\n{collections}')


def write(project: Project, name: str, day: int, **values: Any) -> None:
    """A file of one record."""
    project.write(name, json.dumps({"time": f"2024-02-0{day}T12:00:00Z", **values}))


def struct(**fields: object) -> dict[str, object]:
    """A struct as Delta writes its type."""
    return {"type": "struct", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}


def array(element: object) -> dict[str, object]:
    """A list as Delta writes its type."""
    return {"type": "array", "elementType": element, "containsNull": True}


def mapping(value: object) -> dict[str, object]:
    """A map from texts as Delta writes its type."""
    return {"type": "map", "keyType": "string", "valueType": value, "valueContainsNull": True}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two days of narrow values, the second in two files."""
    project = Project(tmp_path)
    configure(project, NARROW)
    for number, day in enumerate((7, 8, 8)):
        write(project, f"{number}.json", day, n=2_000_000_000 + number, f=1.5, d=1234.25, s=number)
        project.collect_one()
    return project


def test_every_reader_sees_wide_and_narrow_values(project: Project) -> None:
    """Through our views, Polars by the Delta log, and DuckDB by the folders alone, in whatever order files come."""
    configure(project, WIDE)
    write(project, "9.json", 7, n=5_000_000_000, f=0.1, d=123456789.125, s=70000.5)

    result = project.collect_one()

    assert (result.rows, result.rejected) == (1, 0)
    assert [each.partition(",")[0] for each in result.notes] == ["the table t was widened"]
    asked = "SELECT n, f, CAST(d AS VARCHAR), s FROM {} ORDER BY n"
    ours = project.ask(asked.format("t"))
    assert ours == [
        (2_000_000_000, 1.5, "1234.250", 0.0),
        (2_000_000_001, 1.5, "1234.250", 1.0),
        (2_000_000_002, 1.5, "1234.250", 2.0),
        (5_000_000_000, 0.1, "123456789.125", 70000.5),
    ]
    folder = project.stored("t")
    assert duckdb.execute(asked.format(f"read_parquet('{folder}/*/*/*/*/*/*.parquet')")).fetchall() == ours
    polars = pl.scan_delta(str(folder)).select("n", "f", pl.col("d").cast(pl.String), "s").sort("n").collect()
    assert polars.rows() == ours


def test_it_is_one_commit_and_the_past_stays(project: Project) -> None:
    """The version before it is read with the types it had; the ledger goes on."""
    version = history(project.lake, "t")[0].version
    configure(project, WIDE)

    project.collect_one()

    (event,) = [each for each in history(project.lake, "t") if each.version > version]
    assert (event.operation, event.rows_removed, event.rows_added) == ("widen", 3, 3)
    assert event.detail == "n to BIGINT, f to DOUBLE, d to DECIMAL(12,3), s to DOUBLE"
    before = pl.scan_delta(str(project.stored("t")), version=version).collect_schema()
    assert before["n"] == pl.Int32
    assert project.collect_one().skipped == 3
    assert project.one("SELECT count(*) FROM t") == 3


def test_an_empty_table_is_widened(tmp_path: Path) -> None:
    """There is nothing to write anew."""
    project = Project(tmp_path)
    configure(project, NARROW)
    project.collect_one()
    configure(project, WIDE)
    write(project, "x.json", 7, n=5_000_000_000)

    project.collect_one()

    assert project.ask("SELECT n, typeof(n) FROM t") == [(5_000_000_000, "BIGINT")]


def test_types_within_types_are_widened(tmp_path: Path) -> None:
    """Fields of structs and of those in lists, beside fields that are new."""
    project = Project(tmp_path)
    configure(project, {"s": "STRUCT(n INTEGER, x VARCHAR)", "l": "STRUCT(f FLOAT)[]"})
    write(project, "1.json", 7, s={"n": 1, "x": "a"}, l=[{"f": 1.5}])
    project.collect_one()
    wide = {"s": "STRUCT(n BIGINT, x VARCHAR, y VARCHAR)", "l": "STRUCT(f DOUBLE)[]"}
    configure(project, wide)
    write(project, "2.json", 7, s={"n": 5_000_000_000, "y": "b"}, l=[{"f": 0.1}])

    result = project.collect_one()

    assert (result.failure, result.rows, result.rejected) == (None, 1, 0)
    asked = "SELECT s.n, s.x, s.y, l[1].f FROM {} ORDER BY ALL"
    expected = [(1, "a", None, 1.5), (5_000_000_000, None, "b", 0.1)]
    assert project.ask(asked.format("t")) == expected
    glob = f"read_parquet('{project.stored('t')}/*/*/*/*/*/*.parquet')"
    assert duckdb.execute(asked.format(glob)).fetchall() == expected
    numbers = pl.scan_delta(str(project.stored("t"))).select(pl.col("s").struct.field("n")).collect()
    assert sorted(numbers["n"]) == [1, 5_000_000_000]


def test_a_table_in_two_lakes_has_the_wider_types(tmp_path: Path) -> None:
    """When only what lies in one of them was widened."""
    project = Project(tmp_path)

    def declare(number: str, fields: str) -> None:
        configure(project, {"n": number, "s": f"STRUCT({fields})"}, "a", "b")
        path = project.folder / "tailpipe.hcl"
        two = f'destination "parquet" "two" {{\n  path = "{project.folder}/two"\n}}\n'
        told = path.read_text().replace('"t" "b" {', '"t" "b" {\n  destination = destination.parquet.two')
        path.write_text(two + told)

    declare("INTEGER", "a INTEGER")
    write(project, "1.json", 7, n=1, s={"a": 1})
    assert [each.failure for each in project.collect()] == [None, None]
    declare("BIGINT", "a INTEGER, b VARCHAR")
    write(project, "2.json", 7, n=5_000_000_000, s={"a": 2, "b": "new"})
    (result,) = collect([each for each in project.plans() if each.collection.name == "b"])
    assert result.failure is None

    with open_config(load([project.folder / "tailpipe.hcl"])) as opened:
        rows = chain.from_iterable(opened.ask("SELECT tp_partition, n, s.a, s.b FROM t ORDER BY ALL").batches)
        assert list(rows) == [("a", 1, 1, None), ("b", 1, 1, None), ("b", 5_000_000_000, 2, "new")]


def test_a_narrower_type_is_refused_before_anything_is_read(project: Project) -> None:
    """In words that say what to do; what is stored stays, also of columns that could be widened."""
    configure(project, {**WIDE, "n": "SMALLINT"})
    write(project, "x.json", 7, n=1)

    (result,) = project.collect()

    assert isinstance(result.failure, LakeError)
    assert str(result.failure) == (
        "the column n of t is stored as INTEGER and cannot become SMALLINT; declare it as INTEGER, or give the new "
        "column another name"
    )
    assert project.ask("SELECT count(*), any_value(typeof(f)) FROM t") == [(3, "FLOAT")]


def test_nobody_collects_into_a_table_that_is_widened(project: Project) -> None:
    """A run that began with the narrow type would bring files of it: it is let finish first."""
    configure(project, NARROW, "c", "other")
    project.collect()
    configure(project, WIDE, "c", "other")

    with project.lake.lock("t", "other"):
        results = {each.collection: each.failure for each in project.collect()}

    assert {name: type(failure) for name, failure in results.items()} == {"c": BusyError, "other": BusyError}
    assert [each.failure for each in project.collect()] == [None, None]
    assert project.ask("SELECT DISTINCT typeof(n) FROM t") == [("BIGINT",)]


@pytest.mark.parametrize(
    ("wide", "narrow", "answer"),
    [
        ("long", "integer", True),
        ("integer", "long", False),
        ("double", "integer", True),
        ("double", "long", False),
        ("float", "integer", False),
        ("decimal(10,0)", "integer", True),
        ("decimal(10,1)", "integer", False),
        ("decimal(12,3)", "decimal(10,2)", True),
        ("decimal(12,3)", "decimal(12,2)", False),
        ("string", "integer", False),
        ("long", "boolean", False),
        ("long", "long", False),
        (struct(a="long", b="string", c="string"), struct(a="integer", b="string"), True),
        (struct(a="long"), struct(a="integer", b="string"), False),
        (struct(a="long", b="integer"), struct(a="integer", b="long"), False),
        (struct(a="integer", b="string"), struct(a="integer"), False),
        (struct(a=struct(b="double")), struct(a=struct(b="float")), True),
        (array("long"), array("integer"), True),
        (array("long"), "integer", False),
        (array("long"), mapping("integer"), False),
        (mapping("long"), mapping("integer"), True),
    ],
)
def test_wider_is_what_holds_every_value(wide: object, narrow: object, answer: bool) -> None:
    """To the last digit; what has more fields and is otherwise the same needs nothing written anew."""
    assert is_wider(wide, narrow) is answer
