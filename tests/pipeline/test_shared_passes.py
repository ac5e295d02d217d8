"""One pass over a source for all of its collections, whatever each of them wants and makes of it."""

from __future__ import annotations

import gzip
import io
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_assets.pipeline import Resources
from tailpipe_assets.pipeline.listing import Listing, merged
from tailpipe_assets.pipeline.read import LARGE_BYTES
from tailpipe_resources.errors import LakeError, SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.window import Window
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.project import Project

HELD = """
source "file" "held" {
  path = "/held"
}
"""
TEXT = """
collection "custom" "NAME" {
  source     = source.file.held
  table_name = "TABLE"
  format     = `FORMAT`
  MORE
}
"""
NUMBERS = r"(?P<time>\S+) (?P<n>\d+)"
WORDS = r"(?P<time>\S+) (?P<word>.*)"


def collection(name: str, table: str = "t", form: str = NUMBERS, more: str = "") -> str:
    """A collection of lines."""
    return TEXT.replace("NAME", name).replace("TABLE", table).replace("FORMAT", form).replace("MORE", more)


def line(number: int) -> bytes:
    """One line of a log."""
    return f"2024-02-07T12:00:00Z {number}\n".encode()


@dataclass
class Bucket:
    """A source that heeds prefix and window, and remembers what was listed and opened."""

    held: dict[str, bytes]
    times: dict[str, datetime] = field(default_factory=dict)
    refused: str = ""
    """A prefix that cannot be listed."""

    down: str = ""
    """What has this in its name is not delivered."""

    met: Callable[[str], None] = lambda _: None
    listed: list[str | None] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    name: ClassVar[str] = "held"
    description: ClassVar[str] = "Logs held in memory."
    options: ClassVar[type[Options]] = Options
    workers: ClassVar[int] = 2

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """Those of the prefix and the window, in order."""
        del layout, exclude
        self.listed.append(prefix)
        for name, data in sorted(self.held.items()):
            if name.startswith(prefix or "") and self.times.get(name) in window:
                yield Artifact(name, str(len(data)), len(data), self.times.get(name))
        if self.refused and prefix == self.refused:
            raise SourceRefusedError("access denied")

    def open(self, artifact: Artifact) -> BinaryIO:
        """Its bytes."""
        self.met(artifact.location)
        self.opened[artifact.location] += 1
        if self.down and self.down in artifact.location:
            raise SourceUnavailableError("no answer")
        return io.BytesIO(self.held[artifact.location])

    @property
    def resources(self) -> Resources:
        """Where collecting gets it from."""
        return Resources(source=lambda _: self)


def bucket(count: int = 4) -> Bucket:
    """Two folders with some logs each."""
    return Bucket({f"/held/{folder}/{n:02}": line(n) for folder in "ab" for n in range(count)})


def test_an_artifact_is_fetched_once_whatever_is_made_of_it(project: Project) -> None:
    """Other tables, formats, prefixes and starts than another's do not make it come a second time."""
    project.configure(
        HELD
        + collection("all")
        + collection("words", "w", WORDS)
        + collection("below_a", more='prefix = "/held/a/"')
        + collection("late", more='start = "2024-02-08"')
    )
    source = bucket()
    source.times["/held/b/03"] = datetime(2024, 2, 1, tzinfo=UTC)

    results = project.collect(resources=source.resources)

    assert set(source.opened.values()) == {1}
    assert len(source.opened) == 8
    assert [(each.collection, each.rows) for each in results] == [("all", 8), ("words", 8), ("below_a", 4), ("late", 7)]
    assert sorted(source.listed, key=str) == ["/held/a/", None, None]
    assert project.ask("select n, count(*) from t where tp_partition = 'below_a' group by n order by n") == [
        (str(n), 1) for n in range(4)
    ]
    assert project.one("select string_agg(word order by word) from w") == "0,0,1,1,2,2,3,3"
    assert [each.artifacts for each in project.collect(resources=source.resources)] == [0, 0, 0, 0]


def test_collections_with_nothing_in_common_cost_no_more(project: Project) -> None:
    """Each artifact is opened once, and each prefix listed once."""
    project.configure(HELD + collection("a", more='prefix = "/held/a/"') + collection("b", more='prefix = "/held/b/"'))
    source = bucket()

    results = project.collect(resources=source.resources)

    assert [each.rows for each in results] == [4, 4]
    assert sorted(source.listed, key=str) == ["/held/a/", "/held/b/"]
    assert set(source.opened.values()) == {1}


def test_a_listing_that_is_refused_stops_only_those_who_want_it(project: Project) -> None:
    """The other collection of the source comes to its end."""
    project.configure(HELD + collection("a", more='prefix = "/held/a/"') + collection("b", more='prefix = "/held/b/"'))
    source = bucket()
    source.refused = "/held/a/"

    refused, done = project.collect(resources=source.resources)

    assert str(refused.failure) == "access denied"
    assert (refused.rows, done.rows, done.failure) == (4, 4, None)


def test_artifacts_that_are_not_delivered_stop_only_those_who_want_them(project: Project) -> None:
    """Ten in a row under one prefix say nothing of the other."""
    project.configure(HELD + collection("a", more='prefix = "/held/a/"') + collection("b", more='prefix = "/held/b/"'))
    source = bucket(30)
    source.down = "a/"

    down, done = project.collect(resources=source.resources)

    assert isinstance(down.failure, SourceUnavailableError)
    assert (down.rows, done.rows, done.failure) == (0, 30, None)


def test_a_lake_that_breaks_on_the_way_stops_only_its_own_collections(project: Project, tmp_path: Path) -> None:
    """The others are committed whole, and a mended lake gets all of its rows with the next run."""
    other = tmp_path / "other"
    project.configure(
        HELD
        + f'destination "parquet" "other" {{\n  path = "{other}"\n}}\n'
        + collection("one")
        + collection("two", "u", more="destination = destination.parquet.other")
    )
    source = bucket()

    def breaks(_: str) -> None:
        if (other / "u").is_dir():
            (other / "u").rename(other / "away")
            (other / "u").write_text("in the way")

    source.met = breaks

    one, two = project.collect(resources=source.resources)

    assert (one.rows, one.failure) == (8, None)
    assert isinstance(two.failure, LakeError)
    (other / "u").unlink()
    (other / "away").rename(other / "u")
    assert [(each.rows, each.skipped) for each in project.collect(resources=bucket().resources)] == [(0, 8), (8, 0)]


@pytest.mark.slow
def test_a_large_artifact_is_fetched_once_for_all_formats(project: Project) -> None:
    """It is begun again for the second format, not got again."""
    rng = random.Random(1)
    noise = [f"{rng.getrandbits(320):080x}" for _ in range(500)]
    text = "".join(f"2024-02-07T12:00:00Z {n} {noise[n % 500]}\n" for n in range(620_000))
    assert len(text) > LARGE_BYTES
    project.configure(HELD + collection("one", form=rf"{NUMBERS} \S+") + collection("two", "w", WORDS))
    # So large that it is not tried whole first.
    source = Bucket({"a": gzip.compress(text.encode(), 1)})

    one, two = project.collect(resources=source.resources)

    assert (one.rows, two.rows) == (620_000, 620_000)
    assert source.opened["a"] == 1


@given(lists=st.lists(st.sets(st.sampled_from("abcdefgh")), min_size=1, max_size=4), broken=st.integers(0, 4))
def test_listings_side_by_side_give_each_artifact_once(lists: list[set[str]], broken: int) -> None:
    """With all the listings that have it, also where one of them breaks off at its end."""
    answers = {Listing(Window(), str(number), None, None): sorted(names) for number, names in enumerate(lists)}
    told: list[Listing] = []

    class Source(Bucket):
        def artifacts(
            self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
        ) -> Iterator[Artifact]:
            for name in answers[Listing(window, prefix, layout, exclude)]:
                yield Artifact(name, "1", 1)
            if prefix == str(broken):
                raise SourceError("broken off")

    found = list(merged(Source({}), answers, lambda listing, _: told.append(listing)))

    assert [artifact.location for artifact, _ in found] == sorted(set().union(*lists))
    for artifact, listings in found:
        assert set(listings) == {each for each, names in answers.items() if artifact.location in names}
    assert [each.prefix for each in told] == ([str(broken)] if broken < len(lists) else [])


@pytest.mark.parametrize("order", [["b", "a"], ["a", "b"]])
def test_a_source_that_lists_in_another_order_loses_nothing(order: list[str]) -> None:
    """What stands elsewhere in another listing may come by twice, each time for those who have it."""
    answers = {"1": order, "2": ["a", "b"]}

    class Source(Bucket):
        def artifacts(
            self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
        ) -> Iterator[Artifact]:
            del window, layout, exclude
            return (Artifact(name, "1", 1) for name in answers[prefix or ""])

    listings = [Listing(Window(), prefix, None, None) for prefix in answers]

    found = list(merged(Source({}), listings, lambda *_: None))

    assert sorted((artifact.location, each.prefix) for artifact, those in found for each in those) == [
        ("a", "1"),
        ("a", "2"),
        ("b", "1"),
        ("b", "2"),
    ]
