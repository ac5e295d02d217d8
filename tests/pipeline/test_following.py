"""Following: rounds in one process that find what is new, hold nothing in between, and outlive what goes wrong."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions, Resources
from tailpipe_assets.pipeline.follow import Follower, Manner
from tailpipe_assets.pipeline.stock import stock, take_out
from tailpipe_resources.config import load
from tests.pipeline.test_passes import HeldLogs, line, logs, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_resources.model.results import CollectResult
    from tests.services.project import Project

COLLECTION = """
collection "custom" "NAME" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
ONE, TWO = COLLECTION.replace("NAME", "one"), COLLECTION.replace("NAME", "two")
AT_ONCE = Manner(pause=0.001, compact_after=None)
NOTHING = Resources()


class Followed:
    """A follower, and what it told."""

    def __init__(self, project: Project, manner: Manner = AT_ONCE, resources: Resources = NOTHING) -> None:
        self.told: list[str] = []
        self.follower = Follower(project.plans(), manner, resources=resources, tell=self.told.append)

    def round(self) -> list[tuple[str, int]]:
        """What the next round brings: rows by collection."""
        time.sleep(self.follower.pause)
        return [(each.collection, each.rows) for each in self.follower.round()]

    def until(self, is_reached: Callable[[], bool]) -> list[tuple[str, int]]:
        """What rounds bring until something is so."""
        brought, end = [], time.monotonic() + 30
        while not is_reached() and time.monotonic() < end:
            brought += self.round()
            time.sleep(0.02)
        assert is_reached()
        return brought


def test_rounds_bring_what_is_new_and_nothing_twice(project: Project) -> None:
    """Files that are new, files that grew, and nothing when there is nothing."""
    project.configure(ONE + TWO)
    project.write("a.log", line(0))
    followed = Followed(project)

    assert followed.round() == [("one", 1), ("two", 1)]
    assert followed.round() == []
    project.write("a.log", line(0) + line(1))
    project.write("b.log", line(2))
    assert followed.round() == [("one", 2), ("two", 2)]
    assert followed.round() == []

    assert numbers(project, "one") == numbers(project, "two") == [0, 1, 2]
    assert followed.told == []


def test_nothing_is_locked_between_rounds(project: Project) -> None:
    """Another run collects meanwhile; the next round finds that nothing is left to do."""
    project.configure(ONE)
    project.write("a.log", line(0))
    followed = Followed(project)
    followed.round()

    project.write("b.log", line(1))
    assert project.collect_one().rows == 1

    assert followed.round() == []
    assert numbers(project) == [0, 1]


def test_what_another_run_holds_is_waited_for(project: Project) -> None:
    """Nobody is told of what passes by itself."""
    project.configure(ONE + TWO)
    project.write("a.log", line(0))
    followed = Followed(project)

    with project.lake.lock("t", "one"):
        assert followed.round() == [("two", 1)]
        assert followed.round() == []

    assert followed.until(lambda: numbers(project) == [0]) == [("one", 1)]
    assert followed.told == []


def test_a_source_that_fails_is_told_once_and_taken_up_again(project: Project) -> None:
    """The others go on meanwhile."""
    project.configure(
        ONE + f'source "file" "late" {{\n  path = "{project.folder}/late"\n}}\n' + TWO.replace("file.logs", "file.late")
    )
    project.write("a.log", line(0))
    followed = Followed(project)

    assert followed.round() == [("one", 1)]
    time.sleep(0.6)
    assert followed.round() == []
    assert len(followed.told) == 1
    assert "there is no such file or folder" in followed.told[0]
    assert followed.follower.failing == ("t.two",)

    (project.folder / "late").mkdir()
    (project.folder / "late" / "x.log").write_bytes(line(7))
    followed.until(lambda: numbers(project, "two") == [7])
    assert followed.told[1:] == ["t.two: goes on"]
    assert not followed.follower.failing


def test_artifacts_that_are_not_delivered_are_told_once(project: Project) -> None:
    """They are asked for again, and come as soon as they can."""
    project.configure(ONE)
    source: HeldLogs = logs(3, failing={"log001": OSError("no answer")})
    followed = Followed(project, resources=source.resources)

    assert followed.round() == [("one", 2)]
    time.sleep(1.1)
    followed.round()
    source.failing.clear()
    followed.until(lambda: numbers(project) == [0, 1, 2])

    assert len(followed.told) == 1
    assert "log001: no answer" in followed.told[0]


def test_a_line_that_is_being_written_is_left_alone(project: Project) -> None:
    """However many rounds look at its file, it comes whole, and takes the place of nothing."""
    project.configure(ONE)
    whole = line(1)
    project.write("a.log", line(0) + whole[:12], idle=0)
    followed = Followed(project)

    assert followed.round() == [("one", 1)]
    for _ in range(3):
        assert followed.round() == []
    project.write("a.log", line(0) + whole, idle=0)
    assert followed.round() == [("one", 1)]

    assert numbers(project) == [0, 1]
    assert project.one("select count(*) from tailpipe_rejected") == 0


def test_a_line_without_an_end_comes_once_nobody_writes_any_more(project: Project) -> None:
    """A minute after the last write it is taken as it is."""
    project.configure(ONE)
    project.write("a.log", line(0) + line(1).rstrip(), idle=120)

    assert Followed(project).round() == [("one", 2)]


def test_what_is_deleted_is_collected_again(project: Project) -> None:
    """The collection's history begins anew, and the follower's with it."""
    project.configure(ONE)
    project.write("a.log", line(0))
    followed = Followed(project)
    followed.round()

    (held,) = [each for each in stock(load([project.folder / "tailpipe.hcl"])) if each.key == ("t", "one")]
    take_out(held, None, "delete", "everything")

    assert followed.round() == [("one", 1)]
    assert numbers(project) == [0]


def test_other_plans_take_over_between_rounds(project: Project) -> None:
    """A new collection gets what there is, and one that is gone gets nothing more."""
    project.configure(ONE)
    project.write("a.log", line(0))
    followed = Followed(project)
    followed.round()

    project.configure(TWO)
    project.write("b.log", line(1))
    followed.follower.use(project.plans())

    assert followed.round() == [("two", 2)]
    assert numbers(project, "one") == [0]


def test_many_small_files_become_few(project: Project) -> None:
    """Compaction runs beside the rounds, and no row is lost or doubled by it."""
    project.configure(ONE)
    followed = Followed(project, Manner(pause=0.001, compact_after=5))
    for number in range(12):
        project.write(f"{number:02}.log", line(number))
        assert followed.round() == [("one", 1)]
    followed.follower.end()

    assert len(list(project.stored("t").glob("tp_partition=*/**/*.parquet"))) < 12
    assert numbers(project) == list(range(12))


@pytest.mark.parametrize("patient", [False, True])
def test_a_plain_run_takes_a_line_it_met_before(project: Project, *, patient: bool) -> None:
    """Only who looks every second leaves it to its writer."""
    project.configure(ONE)
    project.write("a.log", line(0) + line(1).rstrip(), idle=0)
    options = CollectOptions(patient=patient)

    results: list[CollectResult] = [*project.collect(options=options), *project.collect(options=options)]

    assert [each.rows for each in results] == ([1, 0] if patient else [1, 1])
