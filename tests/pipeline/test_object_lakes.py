"""Collecting into buckets: as into folders, also where another machine collects the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import Resources
from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake import open_lake
from tailpipe_resources.model.results import ArtifactFault, CollectResult
from tailpipe_resources.sources import open_source
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tailpipe_resources.model import config
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source
    from tests.services.project import Project
    from tests.services.s3 import S3Endpoint

pytestmark = pytest.mark.service
DAY = "2024-02-07"


def in_bucket(project: Project, endpoint: S3Endpoint) -> Project:
    """A collection of lines whose rows go to a bucket."""
    project.configure(
        f"""
credential "aws" "lake" {{
  access_key = "{ACCESS_KEY}"
  secret_key = "{SECRET_KEY}"
  region = "{REGION}"
  endpoint_url = "{endpoint.url}"
  force_path_style = true
}}
destination "parquet" "bucket" {{
  path = "s3://{endpoint.bucket()}/lake"
  credential = credential.aws.lake
}}
collection "custom" "words" {{
  table_name = "words"
  source = source.file.logs
  destination = destination.parquet.bucket
  format = "^(?P<time>\\\\S+) (?P<word>.*)$"
  timestamp = "time"
}}
"""
    )
    return project


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A source during whose listing something else happens."""

    source: Source
    happens: Callable[[], None]

    def artifacts(self, *arguments: object, **options: object) -> Iterator[Artifact]:
        """What happens, and then what the source lists."""
        self.happens()
        yield from self.source.artifacts(*arguments, **options)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self.source, name)


def beside(happens: Callable[[], None]) -> Resources:
    """Resources with which something happens between a collection's plan and its commit."""

    def interrupted(said: config.Source) -> Source:
        return Interrupted(open_source(said), happens)  # type: ignore[return-value]

    return Resources(source=interrupted)


def elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> Resources:
    """Resources of another machine, which does not see our locks."""

    def lake(destination: config.Destination) -> object:
        with monkeypatch.context() as patch:
            patch.setenv("TAILPIPE_HOME", str(home))
            return open_lake(destination)

    return Resources(lake=lake)  # type: ignore[arg-type]


def test_a_bucket_is_collected_into_and_asked(project: Project, s3_endpoint: S3Endpoint) -> None:
    """Once, rejects included; a file that changes replaces its rows."""
    in_bucket(project, s3_endpoint)
    log = project.write("a.log", f"{DAY}T10:00:00Z one\n{DAY}T11:00:00Z two\nnothing\n")

    first, second = project.collect_one(), project.collect_one()
    log.write_text(f"{DAY}T10:00:00Z three\n")
    third = project.collect_one()

    assert (first.rows, first.rejected, second.rows, second.skipped) == (2, 1, 0, 1)
    assert (third.rows, third.replaced) == (1, 2)
    assert project.ask("select word from words") == [("three",)]
    assert project.one("select count(*) from tailpipe_rejected") == 0


def test_who_loses_the_race_plans_again(
    project: Project, s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine commits in between: the rest is collected without a word of it, nothing twice."""
    in_bucket(project, s3_endpoint)
    project.write("a.log", f"{DAY}T10:00:00Z one\n")
    other = elsewhere(tmp_path / "elsewhere", monkeypatch)
    came: list[str] = []

    def collected_elsewhere() -> None:
        if not came:
            came.append("once")
            project.collect_one(resources=other)
            project.write("b.log", f"{DAY}T11:00:00Z two\n")

    result = project.collect_one(resources=beside(collected_elsewhere))

    assert (result.rows, result.artifacts, result.skipped) == (1, 1, 1)
    assert sorted(project.ask("select word from words")) == [("one",), ("two",)]
    assert project.collect_one().skipped == 2


def test_who_loses_every_race_says_so(
    project: Project, s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three; what the others committed is there, once."""
    in_bucket(project, s3_endpoint)
    other = elsewhere(tmp_path / "elsewhere", monkeypatch)
    came: list[int] = []
    project.write("ours.log", f"{DAY}T09:00:00Z ours\n")

    def collected_elsewhere() -> None:
        came.append(len(came))
        project.write("ours.log", f"{DAY}T09:00:00Z ours{'!' * len(came)}\n")
        project.collect_one(resources=other)

    (result,) = project.collect(resources=beside(collected_elsewhere))

    assert isinstance(result.failure, CommitConflictError)
    assert (len(came), result.rows) == (3, 0)
    assert project.ask("select word from words") == [("ours!!!",)]


def test_results_of_two_attempts_are_one() -> None:
    """Committed figures add up; what the second found done by the first is not called skipped."""
    day = date(2024, 2, 7)
    broken = ArtifactFault("x", "quarantined", "cut")
    first = CollectResult("t", "c", artifacts=2, skipped=1, rows=5, days={day: 5}, faults=(broken,))
    second = CollectResult("t", "c", artifacts=1, skipped=4, rows=1, days={day: 1}, faults=(broken,))

    both = first.then(second)

    assert (both.artifacts, both.skipped, both.rows, both.days) == (3, 2, 6, {day: 6})
    assert both.faults == (broken,)
    assert both.failure is None
