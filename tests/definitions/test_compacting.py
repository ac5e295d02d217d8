"""What Dagster shows of compaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions import build_definitions
from tailpipe_resources.lake.compact import small_slots
from tests.definitions.conftest import DAYS

if TYPE_CHECKING:
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


def test_compaction_follows_its_collection(project: Project) -> None:
    """It is downstream of it in the lineage, in the same group and with the same days."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    node = graph.get(COMPACTED)

    assert node.parent_keys == {WEB}
    assert node.group_name == graph.get(WEB).group_name
    assert node.partitions_def == graph.get(WEB).partitions_def
    assert node.pools == {"tailpipe_compact"}
