"""Reindexing: rows lie where a fresh collection would put them, and are the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline.reindex import IndexColumn, index_column, reindex
from tailpipe_resources.errors import BusyError, UsageError
from tailpipe_resources.lake import snapshot
from tailpipe_resources.lake.delta import Added, Change, active_files, commit_change, open_table
from tailpipe_resources.lake.ledger import new_batch
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from deltalake import DeltaTable

    from tailpipe_resources.lake.reindex import Reindexed

HCL = """
collection "http_log" "web" {{
  source   = source.file.logs
  format   = "combined"
  {more}
}}
collection "http_log" "other" {{
  source = source.file.logs
  format = "combined"
}}
"""
LONG = "x" * 300


@pytest.fixture
def logs(project: Project) -> Project:
    """Three days of lines with three addresses and users; collected twice, so that days have several files."""
    project.configure(HCL.format(more=""))
    for number in (1, 2):
        lines = [
            f'10.0.0.{host} - {user} [{day:02}/Feb/2024:12:00:0{number} +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
            for day in (7, 8, 9)
            for host, user in ((1, "ada"), (2, "-"), (3, "../b=c"), (3, LONG))
        ]
        project.write(f"{number}.log", "".join(lines))
        project.collect()
    return project


def again(project: Project, more: str) -> Reindexed:
    """Change the collection, and reindex it."""
    project.configure(HCL.format(more=more))
    return reindex(project.plans()[0])


def where(project: Project, collection: str = "web") -> dict[str, int]:
    """Rows by index value."""
    query = f"SELECT tp_index, count(*) FROM http_log WHERE tp_partition = '{collection}' GROUP BY ALL"
    return dict(project.ask(query))


def content(project: Project) -> list[tuple[Any, ...]]:
    """All rows without their index."""
    return project.ask("SELECT * EXCLUDE (tp_index) FROM http_log ORDER BY ALL")


def test_rows_move_to_where_a_new_collection_would_put_them(logs: Project, tmp_path: Path) -> None:
    """In one commit a day, and back again; no row changes, and the other collection stays."""
    before, version = content(logs), opened(logs).version()

    done = again(logs, 'tp_index = "remote_addr"')

    assert (done.days, done.moved, done.stuck) == (3, 24, {})
    assert where(logs) == {"10.0.0.1": 6, "10.0.0.2": 6, "10.0.0.3": 12}
    assert where(logs, "other") == {"default": 24}
    assert content(logs) == before
    assert opened(logs).version() == version + 3
    held = snapshot(logs.lake, "http_log")
    assert held is not None
    assert all(Path(each.lookup).is_file() for each in held.stored if each.collection == "web")
    assert again(logs, 'tp_index = "remote_addr"').days == 0

    fresh = Project(tmp_path / "fresh")
    for log in logs.logs.iterdir():
        fresh.write(log.name, log.read_bytes())
    fresh.configure(HCL.format(more='tp_index = "remote_addr"'))
    fresh.collect()
    assert where(fresh) == where(logs)

    assert again(logs, "").moved == 24
    assert where(logs) == {"default": 24}
    assert content(logs) == before


def test_a_value_that_cannot_be_a_folder_stays(logs: Project) -> None:
    """It is counted; the others of its file move, NULL is `default`, and odd characters are no harm."""
    before = content(logs)

    done = again(logs, 'tp_index = "remote_user"')

    assert (done.moved, done.stuck) == (12, {LONG: 6})
    assert where(logs) == {"ada": 6, "default": 12, "../b=c": 6}
    assert content(logs) == before
    assert again(logs, 'tp_index = "remote_user"').days == 0


def test_collecting_goes_on_as_before(logs: Project) -> None:
    """Nothing is read again; a changed file's rows are replaced wherever they lie."""
    again(logs, 'tp_index = "remote_addr"')
    assert [each.rows for each in logs.collect()] == [0, 0]

    added = '10.0.0.9 - - [07/Feb/2024:12:00:01 +0000] "GET / HTTP/1.1" 200 12 "-" "curl"\n'
    kept = (logs.logs / "1.log").read_text().splitlines(keepends=True)[:4]
    logs.write("1.log", added + "".join(kept))
    web, _ = logs.collect()

    assert (web.rows, web.replaced) == (5, 12)
    assert where(logs) == {"10.0.0.1": 4, "10.0.0.2": 4, "10.0.0.3": 8, "10.0.0.9": 1}


def test_a_rewrite_between_two_days_is_no_harm(logs: Project) -> None:
    """Each day is planned on the files it has then: nothing is lost and nothing doubled."""
    before = content(logs)
    logs.configure(HCL.format(more='tp_index = "remote_addr"'))

    done = reindex(logs.plans()[0], on_day=rewriting(logs))

    assert done.moved == 24
    assert where(logs) == {"10.0.0.1": 6, "10.0.0.2": 6, "10.0.0.3": 12}
    assert content(logs) == before


def rewriting(project: Project) -> Callable[[date, Reindexed], None]:
    """Gives all files of the last day other names, as a compaction would."""

    def rewrite(day: date, _: Reindexed) -> None:
        if day.day != 8:
            return
        table = opened(project)
        removed = tuple(each for each in active_files(table).values() if each.values["tp_day"] == "9")
        added = []
        for each in removed:
            path = each.path.replace(".parquet", "-again.parquet")
            (project.stored("http_log") / path).write_bytes((project.stored("http_log") / each.path).read_bytes())
            added.append(Added(path, each.size, each.rows, each.values, {}, {}))
        commit_change(project.lake, "http_log", Change(tuple(added), removed, new_batch(None), data_change=False))

    return rewrite


def opened(project: Project) -> DeltaTable:
    """The table now."""
    table = open_table(project.lake, "http_log")
    assert table is not None
    return table


def test_the_index_of_a_table_is_found_among_its_columns(project: Project) -> None:
    """A built-in one, one of the user's, none at all, and one that is kept nowhere."""
    project.configure(
        """
collection "aws_cloudtrail_log" "trail" {
  source = source.file.logs
}
collection "http_log" "web" {
  source = source.file.logs
}
table "door" {
  format = format.regex.door
  column "tp_timestamp" {
    source = "at"
  }
  column "tp_index" {
    source = "house"
  }
}
format "regex" "door" {
  layout = `(?P<at>\\\\S+) (?P<house>\\\\S+) (?P<who>\\\\S+)`
}
collection "door" "front" {
  source = source.file.logs
}
collection "door" "back" {
  source   = source.file.logs
  tp_index = "who"
}
"""
    )

    found = {each.collection.name: index_column(each) for each in project.plans()}

    assert found["trail"] == IndexColumn("recipient_account_id")
    assert found["web"] == IndexColumn(None)
    assert found["front"] is None
    assert found["back"] == IndexColumn("who")
    with pytest.raises(UsageError, match=r"door\.front \(.*\): its index value is in no stored column"):
        reindex(next(each for each in project.plans() if each.collection.name == "front"))


def test_two_do_not_work_on_one_collection(logs: Project) -> None:
    """A compaction is waited for, in words."""
    lock = "http_log/_tailpipe/compact/web.lock"

    with logs.lake.store.lock(lock, "the compaction of http_log.web"), pytest.raises(BusyError, match="compaction"):
        again(logs, 'tp_index = "remote_addr"')
