"""Assets of people's own: they ask the lake by SQL, keep what they made in DuckDB, and stand in the same graph."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import duckdb

from tests.definitions.conftest import DAYS, WEB

if TYPE_CHECKING:
    import pytest

    from tests.services.project import Project

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "daily_summary.py"
SUMMARY = dg.AssetKey(["summary", "requests_per_day"])
BUSIEST = dg.AssetKey(["summary", "busiest_day"])


def example() -> dg.Definitions:
    """What the example of the documentation defines."""
    spec = importlib.util.spec_from_file_location("daily_summary", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.defs()
    assert isinstance(made, dg.Definitions)
    return made


def test_the_example_sums_up_a_collection_a_day(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a DuckDB file; a day that is materialized again has its rows once, and the next asset reads them."""
    kept = project.folder / "summaries.duckdb"
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder / "tailpipe.hcl"))
    monkeypatch.setenv("SUMMARIES", str(kept))
    project.collect()
    definitions = example()
    job = definitions.resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.ephemeral() as instance:
        for day in (*DAYS, DAYS[-1]):
            key = day.isoformat()
            assert job.execute_in_process(instance=instance, asset_selection=[SUMMARY], partition_key=key).success
        assert job.execute_in_process(instance=instance, asset_selection=[BUSIEST]).success

    with duckdb.connect(str(kept), read_only=True) as connection:
        rows = connection.execute("SELECT day, requests, failed FROM summary.requests_per_day ORDER BY 1").fetchall()
        busiest = connection.execute("FROM summary.busiest_day").fetchall()
    assert rows == [(day, number, 1) for number, day in enumerate(DAYS, 1)]
    assert busiest == [(DAYS[-1], 3)]


def test_the_example_stands_in_the_lineage(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind its collection, with the same days."""
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder / "tailpipe.hcl"))
    graph = example().resolve_asset_graph()

    assert graph.get(SUMMARY).parent_keys == {WEB}
    assert graph.get(SUMMARY).partitions_def == graph.get(WEB).partitions_def
    assert graph.get(BUSIEST).parent_keys == {SUMMARY}
