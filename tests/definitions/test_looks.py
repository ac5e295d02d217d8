"""What the web UI has to show: lineage down to columns, links, figures a day, and never a secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tests.definitions.conftest import DAYS, ERRORS, HCL, WEB, Run

if TYPE_CHECKING:
    from tests.services.project import Project

COMPACTED = dg.AssetKey([*WEB.path, "compacted"])
DATED = dg.AssetKey(["source", "file", "dated"])


@pytest.fixture
def specs(project: Project) -> dict[dg.AssetKey, dg.AssetSpec]:
    """All assets, by key."""
    return {each.key: each for each in build_definitions(project.plans()).resolve_all_asset_specs()}


def test_columns_of_a_compaction_come_from_its_collection(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    """It has the same columns, and each comes from the one of that name."""
    schema = specs[COMPACTED].metadata["dagster/column_schema"]
    lineage = specs[COMPACTED].metadata["dagster/column_lineage"].deps_by_column

    assert schema == specs[WEB].metadata["dagster/column_schema"]
    assert list(lineage) == [each.name for each in schema.columns]
    assert all(list(deps) == [dg.TableColumnDep(WEB, name)] for name, deps in lineage.items())


def test_columns_say_what_is_certain_of_them(project: Project, specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    """No row lacks what is called non-nullable, and what lies in folder names is told."""
    columns = {each.name: each for each in specs[WEB].metadata["dagster/column_schema"].columns}
    project.collect()
    never = [name for name, each in columns.items() if not each.constraints.nullable]

    assert set(never) > {"tp_id", "tp_timestamp", "tp_partition"}
    for table in ("http_log", "aws_cloudtrail_log"):
        missing = " + ".join(f"count(*) filter ({name} is null)" for name in never)
        assert project.one(f"select {missing} from {table}") == 0
    assert list(columns["tp_day"].constraints.other) == ["kept in the folder name"]


def test_everything_has_a_sentence_and_a_place(specs: dict[dg.AssetKey, dg.AssetSpec], project: Project) -> None:
    """Who has never seen Dagster reads what an asset is, how to run it again, and where it was written down."""
    assert "stores nothing twice" in (specs[WEB].description or "")
    assert "select * from http_log where tp_partition = 'web'" in (specs[WEB].description or "")
    assert "The rows stay what they are" in (specs[COMPACTED].description or "")
    assert "`http_log.web`, `http_log.errors-only`" in (specs[DATED].description or "")
    for each in specs.values():
        assert each.metadata["written at"].startswith(f"{project.folder}/tailpipe.hcl:")
        assert list(each.owners) == ["team:security"]
        assert each.tags["tailpipe/role"] in {"collection", "compaction", "source"}


def test_a_collection_links_to_what_it_is_about(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    """The vendor's documentation, the table's name and the folder in the lake are a click away."""
    told = specs[WEB].metadata

    assert told["reference 1"].value.startswith("https://")
    assert told["dagster/table_name"] == specs[COMPACTED].metadata["dagster/table_name"] == "http_log"
    assert told["dagster/uri"] == specs[COMPACTED].metadata["dagster/uri"]
    assert told["source"] == "source.file.dated"


def test_each_day_of_a_range_has_figures_to_plot(run: Run) -> None:
    """Rows, files and bytes are told a day; what only the run knows stands at its last day."""
    run(DAYS[0], DAYS[2], keys=(WEB,))
    first, last = run.figures(WEB, DAYS[0]), run.figures(WEB, DAYS[2])

    assert first.keys() == {"rows", "dagster/partition_row_count", "files_on_disk", "bytes_on_disk"}
    assert first["bytes_on_disk"] > 0
    assert last.keys() >= {*first, "filtered", "rejected", "bytes_in", "artifacts", "seconds", "events_per_second"}


def test_no_secret_reaches_dagster(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing made from a secret stands in definitions, events, tags or run configuration."""
    monkeypatch.setenv("HUSH", "s3cret-of-the-filter")
    text = HCL.format(logs=project.logs).replace(
        '"status >= 500"', '"status >= 500 or remote_user = \'${env("HUSH")}\'"'
    )
    project.configure(
        f'credential "aws" "it" {{\n  access_key = "AKIAS3CRET"\n  secret_key = "s3cret-of-the-key"\n}}\n{text}\n'
        'source "slack" "chat" {\n  credential = credential.slack.it\n}\n'
        'credential "slack" "it" {\n  token = "xoxb-s3cret"\n}\n'
        'destination "parquet" "bucket" {\n  path = "s3://logs/lake"\n  credential = credential.aws.it\n}\n'
        'collection "http_log" "far" {\n  source = source.file.dated\n  format = "combined"\n'
        "  destination = destination.parquet.bucket\n}\n"
    )
    definitions = build_definitions(project.plans())
    repository = definitions.get_repository_def()
    told = [str(each) for each in definitions.resolve_all_asset_specs()]
    told += [str(repository.asset_graph.get_check_spec(key)) for key in repository.asset_graph.asset_check_keys]
    with dg.DagsterInstance.ephemeral() as instance:
        run = Run(project, instance)
        run(DAYS[0], DAYS[2], keys=(WEB, ERRORS))
        (stored,) = instance.get_runs()
        told += [str(each) for each in instance.all_logs(stored.run_id)]
        told += [json.dumps(stored.tags), json.dumps(stored.run_config)]

    assert any("made from a secret" in each for each in told)
    assert not [each for each in told if "s3cret" in each.lower()]
