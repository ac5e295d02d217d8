"""What every source keeps: a steady listing, the same bytes each time, and errors that say what to do."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

import pytest

from tailpipe_assets.pipeline import Resources, collect
from tailpipe_assets.testing.project import Project
from tailpipe_resources import plugins
from tailpipe_resources.errors import SourceError
from tailpipe_resources.model.window import Window
from tailpipe_resources.options import documentation

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.model.results import CollectResult
    from tailpipe_resources.sources.base import Source

EVERYTHING = Window()
_LINES = """
collection "custom" "c" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""


class SourceContract:
    """A suite for one source. Inherit it, and give a source of at least three artifacts."""

    name: ClassVar[str]
    """The plugin's name."""

    lines: ClassVar[int]
    """How many lines `TIME NUMBER` all artifacts of `source` hold together; each its own number, from 0 on."""

    def source(self, folder: Path) -> Source:
        """The source, with something in it.

        Args:
            folder: an empty folder to be used as it likes.
        """
        raise NotImplementedError

    def test_it_describes_itself(self) -> None:
        """So that `tailpipe source show` has something to show."""
        kind = plugins.load("source", self.name)

        assert kind.name == self.name
        assert kind.description.endswith(".")
        assert set(kind.options.model_fields) <= set(documentation(kind.options))

    def test_its_listing_is_steady(self, tmp_path: Path) -> None:
        """Nothing comes twice, and it is the same each time."""
        source = self.source(tmp_path)
        first, second = (list(source.artifacts(EVERYTHING)) for _ in range(2))

        assert len(first) >= 3
        assert [_identity(each) for each in first] == [_identity(each) for each in second]
        assert len({each.location for each in first}) == len(first)

    def test_it_heeds_the_window(self, tmp_path: Path) -> None:
        """What is dated before it or after it is left out, and nothing within it is."""
        source = self.source(tmp_path)
        found = list(source.artifacts(EVERYTHING))
        dated = sorted(each.time for each in found if each.time is not None)
        if not dated:
            return
        first, last = (each.replace(hour=0, minute=0, second=0, microsecond=0) for each in (dated[0], dated[-1]))
        window = Window(start=first + timedelta(days=1), end=last)
        expected = [each.location for each in found if each.time is None or each.time in window]

        assert [each.location for each in source.artifacts(window)] == expected

    def test_it_gives_the_same_bytes_to_every_thread(self, tmp_path: Path) -> None:
        """As many as it said there are."""
        source = self.source(tmp_path)
        found = list(source.artifacts(EVERYTHING)) * 3
        with ThreadPoolExecutor(8) as pool:
            read = list(pool.map(lambda each: _read(source, each), found))
        once = read[: len(found) // 3]

        assert read == once * 3
        assert [len(each) for each in once] == [each.size for each in found[: len(once)]]

    def test_what_is_gone_is_told_in_words(self, tmp_path: Path) -> None:
        """As an error of a source, with the artifact's name in it."""
        source = self.source(tmp_path)
        there = next(iter(source.artifacts(EVERYTHING)))
        gone = replace(there, location=f"{there.location}-gone")
        with pytest.raises(SourceError, match=re.escape(gone.location)):
            _read(source, gone)

    def test_collecting_twice_adds_nothing(self, tmp_path: Path) -> None:
        """Every line is there, once."""
        source, project = self.source(tmp_path / "source"), _project(tmp_path)
        first, second = _collect(project, source), _collect(project, source)

        assert (first.rows, second.rows) == (self.lines, 0)
        assert _numbers(project) == list(range(self.lines))

    def test_a_run_that_was_stopped_goes_on(self, tmp_path: Path) -> None:
        """Wherever it was stopped, the next one brings in the rest and nothing twice."""
        source, project = self.source(tmp_path / "source"), _project(tmp_path)
        for after in range(1, 4):
            _collect(project, source, stop_after=after)
        _collect(project, source)

        assert _numbers(project) == list(range(self.lines))


class _Counting:
    """The same source, counting what is opened of it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.workers = source.workers
        self.artifacts = source.artifacts
        self.opened = 0

    def open(self, artifact: Artifact) -> BinaryIO:
        """One artifact more."""
        self.opened += 1
        return self._source.open(artifact)


def _project(folder: Path) -> Project:
    project = Project(folder / "project")
    project.folder.mkdir(parents=True, exist_ok=True)
    project.configure(_LINES)
    return project


def _collect(project: Project, source: Source, *, stop_after: int | None = None) -> CollectResult:
    """A run over a source, which may be stopped once so many artifacts were opened."""
    counting: Any = _Counting(source)
    (result,) = collect(
        project.plans(),
        resources=Resources(source=lambda _: counting),
        stopped=lambda: stop_after is not None and counting.opened >= stop_after,
    )
    return result


def _numbers(project: Project) -> list[int]:
    return [row[0] for row in project.ask("select n::bigint from t order by 1")]


def _identity(artifact: Artifact) -> tuple[str, str, int]:
    return artifact.location, artifact.version, artifact.size


def _read(source: Source, artifact: Artifact) -> bytes:
    with source.open(artifact) as stream:
        return stream.read()
