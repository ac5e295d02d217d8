"""The nine statements that the first sketch of Tailpipe made views and tables with, each adjusted for its path."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.console.allowed import is_change
from tailpipe_assets.console.lake import Configured, LakeTables
from tailpipe_resources.config import load
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import QueryError
from tests.views.conftest import configured

if TYPE_CHECKING:
    from tests.services.project import Project

TYPED = {
    # The first question, by an absolute path and by one below the home. The name is a view already: into a schema.
    "view mine.pipes_audit_log": (("{root}/http_log/*/*/*/*/*/*.parquet",), 9),
    "view mine.pipes_audit_log_2": (("~/lake/http_log/*/*/*/*/*/*.parquet",), 9),
    # Across all log types, under another name than the lake's own view.
    "view every_log": (("{root}/http*/*/*/*/*/*/*.parquet",), 9),
    # Across collections; these two names are views already, so they go into a schema.
    "view mine.http_log": (("{root}/http_log/*/*/*/*/*/*.parquet",), 9),
    "view mine.aws_cloudtrail_log": (("{root}/aws_cloudtrail_log/*/*/*/*/*/*.parquet",), None),
    # Across one collection, and all logs of one account.
    "view my_partition.http_log": (("{root}/*/tp_partition=web/*/*/*/*/*.parquet",), 6),
    "view my_conn.http_log": (("{root}/*/*/tp_index=10.0.0.2/*/*/*/*.parquet",), 3),
    # The accelerated table, which plain names then mean.
    "table datatank.http_log": (("{root}/http_log/*/*/*/*/*/*.parquet",), 9),
    # A period.
    "view period_2024_q1.http_log": (
        (
            "{root}/http_log/*/*/*/tp_month=02/tp_day=07/*.parquet",
            "{root}/http_log/*/*/*/tp_month=02/tp_day=08/*.parquet",
        ),
        6,
    ),
}
"""What is made, over which patterns, and how many rows it has; all of the table's where nothing is said."""

PROVIDED = {
    "http_log": 9,
    "web.http_log": 6,
    '"10.0.0.2".http_log': 3,
    "datatank.http_log": 9,
    "period_2024_q1.http_log": 9,
}


def _console(project: Project) -> LakeTables:
    config = load([project.folder / "tailpipe.hcl"])
    return LakeTables(Configured(Outline.of(config), lambda: config))


def _count(tables: LakeTables, name: str) -> Any:
    ((value,),) = chain.from_iterable(tables.ask(f"SELECT count(*) FROM {name}").batches)
    return value


def test_all_nine_can_be_typed(asked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the console, where they live as long as the session."""
    monkeypatch.setenv("HOME", str(asked.folder))
    assert os.path.expanduser("~/lake") == f"{asked.folder}/lake"  # noqa: PTH111 - as DuckDB does it
    tables = _console(asked)
    for schema in ("mine", "my_partition", "my_conn", "datatank", "period_2024_q1"):
        tables.change(f"create schema {schema}")
    for made, (patterns, _) in TYPED.items():
        paths = ", ".join(f"'{each.format(root=f'{asked.folder}/lake')}'" for each in patterns)
        statement = f"create {made} as select * from read_parquet([{paths}], union_by_name = true)"
        assert is_change(tables.connection, statement, tables.taken())
        tables.change(statement)
    tables.change("set search_path = 'datatank,main'")

    total = _count(tables, "main.aws_cloudtrail_log")
    for made, (_, count) in TYPED.items():
        assert _count(tables, made.split()[1]) == (count or total), made
    assert _count(tables, "http_log") == 9
    with pytest.raises(QueryError, match="is a table of the lake"):
        is_change(tables.connection, "create view main.http_log as select 1", tables.taken())


def test_what_they_are_for_is_there_already(asked: Project) -> None:
    """A view a table, over all logs, a collection, an account, a copy and a period, without typing any of them."""
    configured(
        asked,
        'view "datatank" {\n  accelerated = true\n}\n'
        'view "period_2024_q1" {\n  from = "2024-01-01"\n  to = "2024-03-31"\n}\n',
    )
    tables = _console(asked)

    assert {name: _count(tables, name) for name in PROVIDED} == PROVIDED
    total = _count(tables, "aws_cloudtrail_log")
    assert _count(tables, "all_log") == 9 + total
    tables.change("set search_path = 'datatank,main'")
    assert [_count(tables, name) for name in ("http_log", "aws_cloudtrail_log")] == [9, total]
