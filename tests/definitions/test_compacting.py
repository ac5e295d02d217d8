"""What Dagster shows of compaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_resources.lake.compact import small_slots
from tailpipe_resources.lake.history import history
from tests.definitions.conftest import DAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.services.project import Project

WEB = dg.AssetKey(["http_log", "web"])
COMPACTED = dg.AssetKey(["http_log", "web", "compacted"])


def test_a_run_compacts_the_days_it_names(project: Project) -> None:
    """Other days are left alone, the rows stay, and the figures are on the asset's page."""
    project.collect()
    definitions = build_definitions(project.plans())

    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[COMPACTED],
            tags={
                "dagster/asset_partition_range_start": DAYS[1].isoformat(),
                "dagster/asset_partition_range_end": DAYS[2].isoformat(),
            },
        )
        days = instance.get_materialized_partitions(COMPACTED)

    assert result.success
    assert days == {day.isoformat() for day in DAYS[1:]}
    first, last = (event.metadata for event in result.asset_materializations_for_node("compact__http_log__web"))
    assert {name: last[name].value for name in ("slots", "rows_rewritten", "files_after", "dagster/row_count")} == {
        "slots": 2,
        "rows_rewritten": 5,
        "files_after": 2,
        "dagster/row_count": 6,
    }
    assert [each["dagster/partition_row_count"].value for each in (first, last)] == [2, 3]
    assert [each["files_on_disk"].value for each in (first, last)] == [1, 1]
    assert "slots" not in first
    lineage = last["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    assert "status" in lineage.deps_by_column
    assert [each.slot.day for each in small_slots(project.lake, "http_log", collection="web")] == [DAYS[0]]
    assert project.ask("select count(*) from http_log where tp_partition = 'web'") == [(6,)]


def compacted(project: Project, instance: dg.DagsterInstance) -> Mapping[str, dg.MetadataValue]:
    """The figures of a run that compacts the last day."""
    definitions = build_definitions(project.plans())
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, asset_selection=[COMPACTED], partition_key=DAYS[-1].isoformat()
    )
    (event, *_) = result.asset_materializations_for_node("compact__http_log__web")
    return event.metadata


def kept_for_four_days(project: Project, more: str = "") -> None:
    """The collections, with a retention past which the first day is."""
    text = (project.folder / "tailpipe.hcl").read_text()
    made = text.replace('collection "http_log" "web" {', 'collection "http_log" "web" {\n  retention = "4d"')
    (project.folder / "tailpipe.hcl").write_text(made + more)


def test_a_run_lets_days_go_that_are_past_their_retention(project: Project) -> None:
    """Of its collection alone, whichever days it compacts, under the run's own name; the next one has nothing to do."""
    project.collect()
    kept_for_four_days(project)

    with dg.DagsterInstance.ephemeral() as instance:
        first, second = compacted(project, instance), compacted(project, instance)
        (run, *_) = instance.get_run_records(ascending=True)

    figures = {name: value.value for name, value in first.items() if name.startswith(("expired", "held"))}
    assert figures == {"expired_days": 1, "expired_rows": 1, "expired_files": 1, "expired_rejects": 0, "held_days": 0}
    assert {name: value.value for name, value in second.items() if name.startswith("expired")} == {"expired_days": 0}
    counts = project.ask("select tp_partition, count(*) from http_log group by all order by all")
    assert counts == [("errors-only", 3), ("web", 5)]
    (event,) = [each for each in history(project.lake, "http_log") if each.operation == "retention"]
    assert (event.run, event.detail) == (run.dagster_run.run_id, "older than 4d")


HOLD = """
hold "case" {
  collection = "http_log.*"
  reason     = "case 17"
}
"""


def test_held_days_stay(project: Project) -> None:
    """And are counted."""
    project.collect()
    kept_for_four_days(project, HOLD)

    with dg.DagsterInstance.ephemeral() as instance:
        figures = compacted(project, instance)

    assert (figures["expired_days"].value, figures["held_days"].value) == (0, 1)
    assert project.ask("select count(*) from http_log where tp_partition = 'web'") == [(6,)]


def test_retention_of_a_collection_that_is_being_collected_waits(project: Project) -> None:
    """The compaction is done all the same."""
    project.collect()
    kept_for_four_days(project)

    with dg.DagsterInstance.ephemeral() as instance, project.lake.lock("http_log", "web"):
        figures = compacted(project, instance)

    assert (figures["slots"].value, figures["expired_days"].value) == (1, 0)
    assert project.ask("select count(*) from http_log where tp_partition = 'web'") == [(6,)]


def test_compaction_follows_its_collection(project: Project) -> None:
    """It is downstream of it in the lineage, in the same group and with the same days."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    node = graph.get(COMPACTED)

    assert node.parent_keys == {WEB}
    assert node.group_name == graph.get(WEB).group_name
    assert node.partitions_def == graph.get(WEB).partitions_def
    assert node.pools == {"tailpipe_compact"}
