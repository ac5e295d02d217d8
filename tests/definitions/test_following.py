"""What following reports to Dagster: days with the figures of a run, and not too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.following import Reporter
from tailpipe_assets.definitions.runs import run_collect
from tailpipe_assets.pipeline import CollectOptions, collect
from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_assets.pipeline import Plan
    from tests.services.project import Project

KEY = dg.AssetKey(["http_log", "web"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that is forgotten."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def web(project: Project) -> Plan:
    """The collection of web logs."""
    return project.plans()[0]


def reported(instance: dg.DagsterInstance, day: str) -> list[dict[str, object]]:
    """What Dagster has of a day, newest first."""
    found = instance.fetch_materializations(dg.AssetRecordsFilter(KEY, asset_partitions=[day]), limit=100)
    told = [each.asset_materialization for each in found.records]
    return [{name: value.value for name, value in each.metadata.items()} for each in told if each is not None]


def test_days_are_reported_as_a_run_reports_them(
    web: Plan, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """Every day that got rows, and with the last of them all that a run tells but a preview."""
    (result,) = collect([web])
    reporter = Reporter(instance, print)
    reporter.note(web, result)
    reporter.report()

    days = sorted(result.days)
    assert instance.get_materialized_partitions(KEY) == {day.isoformat() for day in days}
    (last,) = reported(instance, days[-1].isoformat())
    assert (last["rows"], last["dagster/partition_row_count"], last["dagster/row_count"]) == (3, 3, 6)
    monkeypatch.setenv("DAGSTER_HOME", str(home / "other"))
    run_collect([web], window=Window.of_days(days[0], days[-1]), options=CollectOptions(overwrite=True))
    with dg.DagsterInstance.local_temp(str(home / "other")) as stored:
        (run,) = reported(stored, days[-1].isoformat())
    assert run.keys() - {"preview"} == last.keys()


def test_a_day_is_reported_once_a_minute_at_most_and_at_the_end(
    project: Project, web: Plan, instance: dg.DagsterInstance
) -> None:
    """What came in between is added up."""
    reporter = Reporter(instance, print)
    (first,) = collect([web])
    reporter.note(web, first)
    reporter.report()
    last = max(first.days)
    for number in range(3):
        text = next(project.logs.glob(f"web-{last:%Y%m%d}.log")).read_text()
        project.write(f"web-{last:%Y%m%d}.log", text + text.splitlines()[0].replace("/a", f"/{number}") + "\n")
        (more,) = collect([web])
        reporter.note(web, more)
        reporter.report()

    assert len(reported(instance, last.isoformat())) == 1
    reporter.report(all_of_it=True)
    newest, _ = reported(instance, last.isoformat())
    assert (newest["rows"], newest["dagster/partition_row_count"]) == (3, 6)


def test_what_dagster_cannot_take_is_told_once_and_kept(web: Plan, home: Path) -> None:
    """A home that cannot be written does not end the following; once it can, nothing is missing."""
    told: list[str] = []
    (result,) = collect([web])
    folder = home / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        reporter = Reporter(instance, told.append)
        reporter.note(web, result)
        folder.rename(home / "away")
        folder.write_text("in the way")
        for _ in range(2):
            reporter.report(all_of_it=True)
        folder.unlink()
        (home / "away").rename(folder)
        reporter.report(all_of_it=True)

        assert len(told) == 1
        assert "Dagster was not told of new rows" in told[0]
        assert instance.get_materialized_partitions(KEY) == {day.isoformat() for day in result.days}
