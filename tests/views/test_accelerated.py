"""Accelerated views: their copies are read where they hold, and never show anything else than the views would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.main import main
from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.pipeline.compact import compact_collections
from tailpipe_assets.views.opened import Asked, Engine, OpenViews, open_config
from tailpipe_assets.views.refreshing import Follower, Refreshed, refresh_views
from tailpipe_resources.config import load
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.model.home import home
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.restriction import Restriction
from tests.views.conftest import WEB, configured, reopened

if TYPE_CHECKING:
    from tests.services.project import Project

DATATANK = 'view "datatank" {\n  accelerated = true\n  tables = ["http_log"]\n}\n'
PAGES = (
    'view "pages" {\n  accelerated = true\n  sql = "select request_uri, count(*) as n from http_log group by all"\n}\n'
)
COUNT = "SELECT count(*) FROM datatank.http_log"


def refresh(project: Project, *names: str, follower: Follower | None = None) -> list[Refreshed]:
    """Refresh the views of the project."""
    config = load([project.folder / "tailpipe.hcl"])
    return list(refresh_views(Outline.of(config), lambda: config, names, follower=follower or Follower()))


def one(opened: OpenViews, sql: str = COUNT) -> Any:
    """The single value of a query."""
    ((value,),) = chain.from_iterable(opened.ask(sql).batches)
    return value


def state(opened: OpenViews, sql: str = COUNT) -> str:
    """How the one accelerated view of a query is read."""
    opened.views.prepare(sql)
    (use,) = opened.views.uses(sql)
    return use.state


@pytest.fixture
def tank(asked: Project) -> Project:
    """The lake with a view `datatank` and a view `pages`, both refreshed."""
    configured(asked, DATATANK + PAGES)
    for result in refresh(asked):
        assert result.result == "refreshed", result.failure
    return asked


def more(project: Project, name: str = "shop/10.log", n: int = 9, day: int = 10) -> None:
    """Collect one request more."""
    project.write(name, WEB.format(n=n, day=day))
    for result in project.collect():
        assert result.failure is None, result.failure


def test_a_copy_shows_what_the_view_shows(tank: Project) -> None:
    """Row by row, with the same columns and types."""
    with reopened(tank) as opened:
        for query in ("DESCRIBE {}", "SELECT * FROM {} ORDER BY tp_id"):
            copied = list(chain.from_iterable(opened.ask(query.format("datatank.http_log")).batches))
            assert copied == list(chain.from_iterable(opened.ask(query.format("main.http_log")).batches))
        assert state(opened) == "copy"
        assert (one(opened, "SELECT n FROM pages WHERE request_uri = '/1'"), state(opened, "FROM pages")) == (3, "copy")


def test_a_plain_name_means_the_copy_once_its_schema_is_searched(tank: Project) -> None:
    """`SET search_path = 'datatank,main'`; tables that it does not have are still those of `main`."""
    with reopened(tank) as opened:
        opened.views.change("SET search_path = 'datatank,main'")
        assert one(opened, "SELECT count(*) FROM http_log") == 9
        assert state(opened, "SELECT count(*) FROM http_log") == "copy"
        plan = "\n".join(str(row) for row in chain.from_iterable(opened.ask("EXPLAIN FROM http_log").batches))
        assert "copy of datatank" in plan
        assert one(opened, "SELECT count(*) > 0 FROM aws_cloudtrail_log") is True


def test_rows_that_came_since_are_joined_in(tank: Project) -> None:
    """Where rows are chosen one by one; a query of the user's own is asked anew."""
    more(tank)
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (10, "joined")
        assert one(opened, "SELECT count(*) FROM datatank.http_log WHERE tp_date = '2024-02-10'") == 1
        assert (one(opened, "SELECT sum(n) FROM pages"), state(opened, "FROM pages")) == (10, "live")


def test_conditions_hold_for_rows_that_are_joined_in(asked: Project) -> None:
    """Of rows that came since only those that the view shows."""
    configured(
        asked, 'view "datatank" {\n  accelerated = true\n  where = "status = 200 and request_uri <> \'/9\'"\n}\n'
    )
    refresh(asked)
    more(asked, n=8)
    more(asked, "shop/11.log", n=9)
    with reopened(asked) as opened:
        assert (one(opened), state(opened)) == (7, "joined")


def test_a_condition_may_name_its_table(asked: Project) -> None:
    """Also where rows are joined in."""
    configured(
        asked,
        'view "own" {\n  accelerated = true\n  tables = ["http_log"]\n  where = "http_log.request_uri <> \'/1\'"\n}\n',
    )
    refresh(asked)
    more(asked)
    with reopened(asked) as opened:
        count = "SELECT count(*) FROM own.http_log"
        assert (one(opened, count), state(opened, count)) == (7, "joined")


@pytest.mark.parametrize("came", [0, 2])
def test_a_compaction_doubles_and_loses_nothing(tank: Project, came: int) -> None:
    """Whether or not rows came before it: its files hold rows that the copy has, and others."""
    count = 9 + came
    if came:
        more(tank)
        more(tank, "shop/7b.log", n=4, day=7)
    compact_collections(tank.lake, [("http_log", "web"), ("http_log", "shop")])
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (count, "live")
        assert (one(opened, "SELECT sum(n) FROM pages"), state(opened, "FROM pages")) == (count, "live")
    refresh(tank)
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (count, "copy")


def test_a_replacement_shows_its_rows_alone(tank: Project) -> None:
    """An artifact that is read again in place of the one the copy has."""
    tank.write("shop/9.log", WEB.format(n=3, day=9) + WEB.format(n=4, day=9))
    tank.collect(options=CollectOptions(overwrite=True))
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (10, "live")
        assert one(opened, "SELECT count(*) FROM datatank.http_log WHERE request_uri = '/9'") == 2
        assert one(opened, "SELECT n FROM pages WHERE request_uri = '/9'") == 2


def test_deleted_rows_are_gone(tank: Project) -> None:
    """From every answer, although a copy may still have them; and from the disk, as their copies are removed."""
    kept = {path: path.read_bytes() for path in home().glob("views/*/*.duckdb")}
    with pytest.raises(SystemExit, match="0"):
        main(["collection", "delete", "http_log.web", "--yes"])
    assert not list(home().glob("views/*/*.duckdb"))
    for path, content in kept.items():
        path.write_bytes(content)
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (3, "live")
        assert one(opened, "SELECT sum(n) FROM pages") == 3


def test_rows_deleted_while_a_copy_is_made_are_in_none(asked: Project) -> None:
    """Whoever deletes them cannot see the copy yet: it goes by itself."""
    slow = "select remote_addr, count(*) as n from http_log, range(30000000) group by all"
    configured(asked, f'view "slow" {{\n  accelerated = true\n  sql = "{slow}"\n}}\n')
    deleted: list[object] = []

    def delete(*_: object) -> None:
        if not deleted:
            command = [sys.executable, "-m", "tailpipe_assets.cli", "collection", "delete", "http_log.web", "--yes"]
            deleted.append(subprocess.run(command, check=True, capture_output=True))

    (result,) = refresh(asked, follower=Follower(on_progress=delete))

    assert deleted
    assert isinstance(result.failure, CommitConflictError)
    assert not list(home().glob("views/*/*.duckdb"))
    assert [each.result for each in refresh(asked)] == ["refreshed"]
    with reopened(asked) as opened:
        assert (one(opened, "SELECT count(*) FROM slow"), state(opened, "FROM slow")) == (1, "copy")


def test_files_outside_of_a_view_do_not_outdate_its_copy(asked: Project) -> None:
    """A copy of a month that is over stays current while others are collected and compacted."""
    configured(asked, 'view "datatank" {\n  accelerated = true\n  to = "2024-02-08"\n  collections = ["web"]\n}\n')
    compact_collections(asked.lake, [("http_log", "web")])
    refresh(asked)
    more(asked)
    more(asked, "web/10.log")
    more(asked, "shop/7b.log", n=4, day=7)
    compact_collections(asked.lake, [("http_log", "web"), ("http_log", "shop")])
    with reopened(asked) as opened:
        assert (one(opened), state(opened)) == (4, "copy")
    assert [each.result for each in refresh(asked)] == ["current"]


def test_a_copy_is_passed_over_where_another_question_is_asked(tank: Project) -> None:
    """A part of the lake, an earlier moment, another time zone, another definition: the view itself is asked."""
    config = load([tank.folder / "tailpipe.hcl"])
    day = Window(datetime(2024, 2, 7, 13, tzinfo=UTC))
    for asked, engine, count in (
        (Asked(Restriction(day)), Engine(), 9),
        (Asked(Restriction(collections=("web",))), Engine(), 6),
        (Asked(), Engine(time_zone="Asia/Tokyo"), 9),
        (Asked(), Engine(uses_copies=False), 9),
    ):
        with open_config(config, asked, engine) as opened:
            assert one(opened) == count
            assert [use.state for use in opened.views.uses(COUNT)] in ([], ["live"])
    configured(tank, DATATANK.replace("}", '  where = "body_bytes_sent > 1"\n}') + PAGES)
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (6, "live")


def test_a_reader_keeps_the_copy_it_has(tank: Project) -> None:
    """While a newer one takes its place; the next look sees that."""
    with reopened(tank) as opened:
        rows = opened.ask("SELECT request_uri FROM datatank.http_log, range(3000)").batches
        seen = len(next(rows))
        more(tank)
        assert [each.result for each in refresh(tank)] == ["refreshed", "refreshed"]
        assert seen + sum(map(len, rows)) == 27000
        assert (one(opened), state(opened)) == (9, "copy")
        assert opened.refresh()
        assert (one(opened), state(opened)) == (10, "copy")
        assert not opened.refresh()


def test_a_copy_that_was_made_is_seen_though_the_lake_is_as_before(asked: Project) -> None:
    """By whoever looks again."""
    configured(asked, DATATANK)
    with reopened(asked) as opened:
        assert (one(opened), state(opened)) == (9, "live")
        refresh(asked)
        assert opened.refresh()
        assert (one(opened), state(opened)) == (9, "copy")


def test_nothing_is_done_for_a_copy_that_is_current(tank: Project) -> None:
    """It stays the same file."""
    (path,) = home().glob("views/*/datatank.duckdb")
    before = path.stat()
    assert [each.result for each in refresh(tank)] == ["current", "current"]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_copy_that_is_broken_is_passed_over_and_made_anew(tank: Project) -> None:
    """Whatever is in the file."""
    (path,) = home().glob("views/*/datatank.duckdb")
    path.write_bytes(b"nothing" * 1000)
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (9, "live")
    assert [each.result for each in refresh(tank, "datatank")] == ["refreshed"]
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (9, "copy")


def test_a_refresh_that_is_killed_leaves_the_old_copy(tank: Project) -> None:
    """And nothing that the next one does not clear away."""
    more(tank)
    slow = "select count(*) as n from http_log, range(100000000000)"
    text = (tank.folder / "tailpipe.hcl").read_text()
    (tank.folder / "tailpipe.hcl").write_text(
        text.replace(DATATANK, DATATANK + f'view "slow" {{\n  accelerated = true\n  sql = "{slow}"\n}}\n')
    )
    (folder,) = home().glob("views/*")
    before = {path.name: path.stat().st_ino for path in folder.glob("*.duckdb")}
    child = subprocess.Popen(
        [sys.executable, "-m", "tailpipe_assets.cli", "view", "refresh", "slow"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not list(folder.glob("slow.writing/*")) and time.monotonic() < until:
            time.sleep(0.05)
        assert list(folder.glob("slow.writing/*"))
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    assert {path.name: path.stat().st_ino for path in folder.glob("*.duckdb")} == before
    with reopened(tank) as opened:
        assert (one(opened), state(opened)) == (10, "joined")
    configured(tank, DATATANK + PAGES + 'view "slow" {\n  accelerated = true\n  sql = "select 1 as n"\n}\n')
    assert [each.result for each in refresh(tank, "slow")] == ["refreshed"]
    assert not list(folder.glob("*.writing"))


def test_a_refresh_that_is_stopped_leaves_the_old_copy(tank: Project) -> None:
    """It ends soon, and tells that it was stopped."""
    text = PAGES.replace("group by all", "cross join range(100000000000) group by all")
    configured(tank, text + DATATANK)
    begun = time.monotonic()
    results = refresh(tank, follower=Follower(stopped=lambda: time.monotonic() > begun + 1))

    assert [each.result for each in results] == ["cancelled", "cancelled"]
    assert not list(home().glob("views/*/*.writing"))
    configured(tank, DATATANK + PAGES)
    with reopened(tank) as opened:
        assert [state(opened), state(opened, "FROM pages")] == ["copy", "copy"]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ('where = "tp_timestamp > now() - interval 7 days"', "now gives something else each time"),
        ('where = "tp_timestamp::date = current_date"', "current_date gives something else each time"),
        ("where = \"tp_source_ip in (select '10.0.0.1')\"", "asks a query of its own"),
        ('sql = "select random() as x from http_log"', "random gives something else each time"),
        ('sql = "select * from http_log using sample 2 rows"', "a sample is another one each time"),
        ('sql = "select * from duckdb_views()"', "reads duckdb_views()"),
        ("sql = \"select * from 'x.parquet'\"", "x.parquet"),
        ('sql = "select nothing from http_log"', "nothing"),
    ],
)
def test_what_a_copy_could_not_be_trusted_for_is_not_copied(asked: Project, block: str, reason: str) -> None:
    """The reason is said, with the place; others are refreshed all the same."""
    configured(
        asked,
        f'view "odd" {{\n  accelerated = true\n  tables = ["http_log"]\n  {block}\n}}\n'.replace(
            '  tables = ["http_log"]\n', "" if "sql" in block else '  tables = ["http_log"]\n'
        )
        + PAGES,
    )
    odd, pages = refresh(asked)

    assert (odd.result, pages.result) == ("failed", "refreshed")
    assert reason in str(odd.failure)
    assert "tailpipe.hcl:" in str(odd.failure)
