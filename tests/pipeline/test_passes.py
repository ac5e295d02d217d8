"""Passes over a source: shared, stopped, failing, and over artifacts too large to hold."""

from __future__ import annotations

import gzip
import io
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import pytest

from tailpipe_assets.pipeline import Resources, collect
from tailpipe_assets.pipeline.read import LARGE_BYTES
from tailpipe_resources.errors import ArtifactGoneError, BusyError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.model.results import Progress
    from tailpipe_resources.model.window import Window
    from tests.services.project import Project

LINES = """
collection "custom" "NAME" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
ONE, TWO = LINES.replace("NAME", "one"), LINES.replace("NAME", "two")


@dataclass
class HeldLogs:
    """A source that holds its artifacts, counts how often each is opened, and fails as it is told to."""

    held: dict[str, bytes]
    failing: dict[str, Exception] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    listing: Exception | None = None
    name: ClassVar[str] = "held"
    description: ClassVar[str] = "Logs held in memory."
    options: ClassVar[type[Options]] = Options
    workers: ClassVar[int] = 2

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """All of them."""
        del window, prefix, layout, exclude
        for name, data in self.held.items():
            yield Artifact(name, str(len(data)), len(data))
        if self.listing is not None:
            raise self.listing

    def open(self, artifact: Artifact) -> BinaryIO:
        """Its bytes, or its failure."""
        self.opened.append(artifact.location)
        if artifact.location in self.failing:
            raise self.failing[artifact.location]
        return io.BytesIO(self.held[artifact.location])

    @property
    def resources(self) -> Resources:
        """Where collecting gets it from."""
        return Resources(source=lambda _: self)


def line(number: int) -> bytes:
    """One line of a log."""
    return f"2024-02-07T12:00:00Z {number}\n".encode()


def logs(count: int, **more: Any) -> HeldLogs:
    """A source of many logs with a line each."""
    return HeldLogs({f"log{n:03}": line(n) for n in range(count)}, **more)


def numbers(project: Project, collection: str = "one") -> list[int]:
    """The lines that are in, sorted."""
    return [row[0] for row in project.ask(f"select n::bigint from t where tp_partition = '{collection}' order by 1")]


def test_collections_of_one_source_share_a_pass(project: Project) -> None:
    """Each artifact is opened once for both; a newcomer reads only what it lacks."""
    project.configure(ONE)
    source = logs(3)
    project.collect(resources=source.resources)
    project.configure(ONE + TWO)
    source.held["log003"] = line(3)
    source.opened.clear()

    results = project.collect(resources=source.resources)

    assert sorted(source.opened) == ["log000", "log001", "log002", "log003"]
    assert [(each.collection, each.rows, each.skipped) for each in results] == [("one", 1, 3), ("two", 4, 0)]
    assert numbers(project, "one") == numbers(project, "two") == [0, 1, 2, 3]


def test_one_of_them_being_busy_does_not_stop_the_other(project: Project) -> None:
    """Its result says that another run holds it."""
    project.configure(ONE + TWO)

    with project.lake.lock("t", "one"):
        busy, done = project.collect(resources=logs(2).resources)

    assert isinstance(busy.failure, BusyError)
    assert (done.rows, done.failure) == (2, None)


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_stop_keeps_what_was_read_and_leaves_the_rest(project: Project, after: int) -> None:
    """The next run brings exactly what is missing."""
    project.configure(ONE)
    asked = iter(range(1000))

    (first,) = project.collect(resources=logs(8).resources, stopped=lambda: next(asked) >= after)
    held = numbers(project)
    (second,) = project.collect(resources=logs(8).resources)

    assert (first.cancelled, first.rows) == (True, len(held))
    assert len(held) < 8
    assert (second.cancelled, second.rows, second.skipped) == (False, 8 - len(held), len(held))
    assert numbers(project) == list(range(8))


def test_some_failures_are_named_and_tried_again(project: Project) -> None:
    """What the source did not deliver is no quarantine; what is gone is remembered as gone."""
    project.configure(ONE)
    source = logs(
        5,
        failing={
            "log001": SourceUnavailableError("no answer"),
            "log002": SourceRefusedError("forbidden"),
            "log003": ArtifactGoneError("deleted"),
        },
    )

    (first,) = project.collect(resources=source.resources)

    assert first.failure is None
    assert {(each.location, each.status, each.reason) for each in first.faults} == {
        ("log001", "failed", "no answer"),
        ("log002", "failed", "forbidden"),
        ("log003", "gone", "deleted"),
    }
    assert numbers(project) == [0, 4]
    assert project.one("select count(*) from tailpipe_rejected") == 0

    (second,) = project.collect(resources=logs(5).resources)

    assert (second.rows, second.skipped, second.faults) == (3, 2, ())
    assert numbers(project) == [0, 1, 2, 3, 4]


def test_ten_failures_in_a_row_stop_the_scan(project: Project) -> None:
    """What was read before is committed; the source is not asked for the rest."""
    project.configure(ONE)
    down: dict[str, Exception] = {f"log{n:03}": SourceUnavailableError("no answer") for n in range(3, 700)}
    source = logs(700, failing=down)

    (result,) = project.collect(resources=source.resources)

    assert isinstance(result.failure, SourceUnavailableError)
    assert "10 artifacts in a row" in str(result.failure)
    assert numbers(project) == [0, 1, 2]
    assert result.rows == 3
    assert len(source.opened) < 600
    assert project.collect(resources=logs(700).resources)[0].rows == 697


def test_a_listing_that_breaks_off_keeps_what_was_read(project: Project) -> None:
    """And says why it stopped."""
    project.configure(ONE)

    (result,) = project.collect(resources=logs(3, listing=SourceRefusedError("no such bucket")).resources)

    assert str(result.failure) == "no such bucket"
    assert result.rows == len(numbers(project))
    assert project.collect(resources=logs(3).resources)[0].failure is None
    assert numbers(project) == [0, 1, 2]


def test_a_failing_source_does_not_stop_another(project: Project) -> None:
    """Each source has its own pass."""
    project.configure(
        ONE
        + f'source "file" "gone" {{\n  path = "{project.folder}/nowhere"\n}}\n'
        + TWO.replace("file.logs", "file.gone")
    )
    project.write("x.log", line(1))

    one, two = project.collect()

    assert (one.rows, one.failure) == (1, None)
    assert isinstance(two.failure, SourceRefusedError)
    assert "nowhere" in str(two.failure)


@pytest.fixture(scope="module")
def large() -> bytes:
    """Lines of two days, more than is held at once, gzipped; not so regular that they look like a bomb."""
    rng = random.Random(1)
    noise = [f"{rng.getrandbits(320):080x}" for _ in range(500)]
    days = [f"2024-02-{7 + half:02}T12:00:00Z {n} {noise[n % 500]}\n" for half in (0, 1) for n in range(320_000)]
    return gzip.compress("".join(days).encode(), 1)


def test_a_large_artifact_is_streamed_and_committed_whole(project: Project, large: bytes) -> None:
    """It takes several pieces and becomes all of its rows; cut at its end, none of them."""
    project.configure(ONE.replace("\\d+)", "\\d+) \\S+"))
    packed = large
    assert len(gzip.decompress(packed)) > LARGE_BYTES
    project.write("a.log", line(1).replace(b"\n", b" x\n"))
    path = project.write("large.log.gz", packed[:-20])

    (cut,) = project.collect()

    assert [(each.location, each.status) for each in cut.faults] == [(str(path), "quarantined")]
    assert (cut.rows, numbers(project)) == (1, [1])
    assert len(list(project.stored("t").glob("tp_partition=*/**/*.parquet"))) == 1
    assert not list(project.stored("t").rglob("*.tmp"))

    project.write("large.log.gz", packed)
    (whole,) = project.collect()

    assert (whole.rows, whole.artifacts, whole.faults) == (640_000, 1, ())
    assert {day.day: rows for day, rows in whole.days.items()} == {7: 320_000, 8: 320_000}
    assert project.ask("select count(*), count(distinct tp_id), count(distinct tp_source_offset) from t") == [
        (640_001, 640_001, 640_000)
    ]
    assert project.one("select count(*) from tailpipe_rejected") == 0
    assert project.collect()[0].rows == 0


def test_a_large_artifact_left_in_the_middle_comes_whole_next_time(project: Project, large: bytes) -> None:
    """Stopped between two pieces, nothing of it stays, staged files neither; it counts as never read."""
    project.configure(ONE.replace("\\d+)", "\\d+) \\S+"))
    project.write("large.log.gz", large)
    asked = iter(range(1000))

    (first,) = project.collect(stopped=lambda: next(asked) >= 2)

    assert (first.rows, first.cancelled, first.faults) == (0, True, ())
    assert numbers(project) == []
    assert not list(project.stored("t").rglob("*.parquet*"))
    (second,) = project.collect(stopped=lambda: True)
    assert (second.skipped, second.artifacts) == (0, 0)


def test_progress_is_told_and_ends_with_the_truth(project: Project) -> None:
    """The last word on a collection counts what its result counts."""
    project.configure(ONE)
    told: list[Progress] = []

    (result,) = collect(project.plans(), resources=logs(4).resources, on_event=told.append)

    assert told[-1].stage == "done"
    assert (told[-1].rows, told[-1].artifacts_done, told[-1].artifacts_listed) == (result.rows, 4, 4)
