"""What Dagster shows of accelerated views, and when it has their copies made anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.pipeline import plan
from tailpipe_resources.config import load
from tailpipe_resources.model.home import home
from tests.definitions.conftest import DAYS, ERRORS, TRAIL, WEB, access_line

if TYPE_CHECKING:
    from dagster._core.definitions.sensor_definition import SensorExecutionData

    from tests.services.project import Project

TANK = dg.AssetKey(["view", "datatank"])
PAGES = dg.AssetKey(["view", "pages"])
VIEWS = """
view "datatank" {
  accelerated = true
  tables      = ["http_log"]
  collections = ["web"]
  description = "Requests, ready to be asked."
}
view "pages" {
  accelerated = true
  sql         = "select request_uri, count(*) as n from errors.http_log group by all"
}
view "errors" {
  where = "status >= 500"
}
"""


@pytest.fixture
def definitions(project: Project) -> dg.Definitions:
    """Of the project with three views, collected."""
    text = (project.folder / "tailpipe.hcl").read_text()
    (project.folder / "tailpipe.hcl").write_text(text + VIEWS)
    project.collect()
    config = load([project.folder / "tailpipe.hcl"])
    return build_definitions(plan(config), config=config)


def refreshed(definitions: dg.Definitions, instance: dg.DagsterInstance, key: dg.AssetKey = TANK) -> dict[str, Any]:
    """The figures of a run that materializes a view."""
    job = definitions.get_repository_def().get_job("refresh_views")
    result = job.execute_in_process(instance=instance, asset_selection=[key], raise_on_error=True)
    (event,) = result.asset_materializations_for_node(f"refresh__{key.path[-1]}")
    return {name: value.value for name, value in event.metadata.items()}


def looked(definitions: dg.Definitions, instance: dg.DagsterInstance) -> SensorExecutionData:
    """What the sensor asks for."""
    repository = definitions.get_repository_def()
    with dg.build_sensor_context(instance=instance, repository_def=repository) as context:
        return repository.get_sensor_def("refresh_views_when_due").evaluate_tick(context)


def long_ago() -> None:
    """Let all copies have been made an hour ago, and quickly."""
    for path in home().glob("views/*/*.duckdb"):
        made = path.stat().st_mtime
        os.utime(path, (made, made - 3600))


def test_a_view_follows_the_collections_it_shows(definitions: dg.Definitions) -> None:
    """In the lineage, also through another view; one that is not accelerated has no asset."""
    graph = definitions.resolve_asset_graph()

    assert graph.get(TANK).parent_keys == {WEB}
    assert {WEB, ERRORS} <= graph.get(PAGES).parent_keys
    assert TRAIL not in graph.get(PAGES).parent_keys
    assert graph.get(TANK).kinds == {"duckdb"}
    assert graph.get(TANK).partitions_def is None
    assert not graph.has(dg.AssetKey(["view", "errors"]))


def test_materializing_a_view_makes_its_copy(definitions: dg.Definitions) -> None:
    """With the figures of the copy, and the versions it stands for; again it has nothing to do."""
    with dg.DagsterInstance.ephemeral() as instance:
        first, second = refreshed(definitions, instance), refreshed(definitions, instance)

    assert (first["rows"], first["dagster/row_count"], first["was current"]) == (6, 6, False)
    assert first["bytes"] > 0
    assert "http_log" in first["versions"]
    assert second["was current"] is True


def test_the_sensor_refreshes_what_the_lake_has_outdated(project: Project, definitions: dg.Definitions) -> None:
    """At once where there is no copy; later when something came, and the last one was made long enough ago."""
    with dg.DagsterInstance.ephemeral() as instance:
        (request,) = looked(definitions, instance).run_requests or ()
        assert set(request.asset_selection or ()) == {TANK, PAGES}
    with dg.DagsterInstance.ephemeral() as instance:
        refreshed(definitions, instance)
        refreshed(definitions, instance, PAGES)
    with dg.DagsterInstance.ephemeral() as instance:
        assert "current" in str(looked(definitions, instance).skip_message)
        noon = DAYS[-1].strftime("%Y%m%d")
        project.write(f"web-{noon}.log.2", "")
        project.write(f"web-{noon}.log", access_line(_noon()) * 4)
        project.collect()
        assert "a short while ago" in str(looked(definitions, instance).skip_message)
        long_ago()
        (request,) = looked(definitions, instance).run_requests or ()
        assert TANK in set(request.asset_selection or ())


def test_the_sensor_does_not_repeat_what_just_failed(definitions: dg.Definitions) -> None:
    """Nor what is under way."""
    for status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED):
        with dg.DagsterInstance.ephemeral() as instance:
            job = definitions.get_repository_def().get_job("refresh_views")
            chosen = frozenset({TANK, PAGES})
            instance.create_run_for_job(job.get_subset(asset_selection=chosen), status=status, asset_selection=chosen)
            assert looked(definitions, instance).skip_message


def _noon() -> Any:
    from datetime import UTC, datetime

    day = DAYS[-1]
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
