"""What Dagster is told: assets, sources, days and everything the web UI shows of them before a run."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from pydantic.warnings import PydanticDeprecatedSince20

from tailpipe_assets.definitions import defs
from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.days import MOST, Days, days_of
from tailpipe_assets.definitions.names import unique_names
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.window import Window, midnight
from tests.definitions.conftest import DAYS, HCL, TODAY

if TYPE_CHECKING:
    from tests.services.project import Project

WEB = dg.AssetKey(["http_log", "web"])


@pytest.fixture
def specs(project: Project) -> dict[dg.AssetKey, dg.AssetSpec]:
    """All assets, by key."""
    return {each.key: each for each in build_definitions(project.plans()).resolve_all_asset_specs()}


def test_keys_are_table_and_collection(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    """Each collection is an asset under its table, and each source in use one beside them."""
    assert sorted(key.to_user_string() for key in specs) == [
        "aws_cloudtrail_log/idle",
        "aws_cloudtrail_log/prod",
        "aws_cloudtrail_log/prod/compacted",
        "http_log/errors-only",
        "http_log/errors-only/compacted",
        "http_log/web",
        "http_log/web/compacted",
        "source/file/dated",
        "source/file/trail",
    ]


def test_a_collection_says_what_it_is(specs: dict[dg.AssetKey, dg.AssetSpec], project: Project) -> None:
    """Group, kinds, owners, source, place in the HCL, folder and columns are all told."""
    spec = specs[WEB]
    columns = {each.name: each.type for each in spec.metadata["dagster/column_schema"].columns}
    (line,) = spec.metadata["dagster/code_references"].code_references

    assert (spec.group_name, set(spec.kinds), list(spec.owners)) == ("http_log", {"parquet", "file"}, ["team:security"])
    assert [each.asset_key.path for each in spec.deps] == [["source", "file", "dated"]]
    assert spec.metadata["dagster/uri"] == f"{project.folder}/lake/http_log/tp_partition=web"
    assert spec.metadata["dagster/table_name"] == "http_log"
    assert (columns["status"], columns["tp_day"]) == ("INTEGER", "INTEGER")
    assert line.file_path == str(project.folder / "tailpipe.hcl")
    assert Path(line.file_path).read_text().splitlines()[line.line_number - 1].startswith('collection "http_log" "web"')
    assert "source.file.dated" in (spec.description or "")


def test_filters_are_shown(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    """Who looks at a collection sees which rows it leaves out."""
    spec = specs[dg.AssetKey(["http_log", "errors-only"])]

    assert "status >= 500" in (spec.description or "")
    assert "status >= 500" in spec.metadata["filters"].value


def test_one_op_feeds_all_collections_of_a_source(project: Project) -> None:
    """Collections of one source can be run alone or together; a disabled one is visible and cannot be run."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    made = {key.to_user_string() for key in graph.materializable_asset_keys}
    node = graph.get(WEB)

    collected = {"aws_cloudtrail_log/prod", "http_log/errors-only", "http_log/web"}
    assert made == collected | {f"{name}/compacted" for name in collected}
    assert {key.to_user_string() for key in node.execution_set_entity_keys} == {"http_log/web"}
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert node.pools == {"source_file_dated"}


def test_code_version_follows_the_block_not_its_line(project: Project) -> None:
    """Moving a block changes nothing; changing what it says does."""

    def version() -> str | None:
        found = build_definitions(project.plans()).resolve_all_asset_specs()
        return next(each.code_version for each in found if each.key.path == ["http_log", "errors-only"])

    first = version()
    project.configure("\n\n# moved\n" + HCL.format(logs=project.logs))
    moved = version()
    project.configure(HCL.format(logs=project.logs).replace(">= 500", ">= 400"))

    assert moved == first
    assert version() != first


def test_days_begin_with_what_is_known(project: Project) -> None:
    """The first day is 30 days ago, or that of the oldest row in a local lake; the last one is today."""

    def first_and_last() -> tuple[str | None, str | None]:
        days = build_definitions(project.plans()).resolve_asset_graph().get(WEB).partitions_def
        assert days is not None
        return days.get_first_partition_key(), days.get_last_partition_key()

    before = first_and_last()
    project.collect()

    assert before == ((TODAY - timedelta(days=30)).isoformat(), TODAY.isoformat())
    assert first_and_last() == ("2023-07-10", TODAY.isoformat())


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(), Days(TODAY, TODAY)),
        (Window.of_days(DAYS[0], DAYS[2]), Days(DAYS[0], DAYS[2])),
        (Window(midnight(DAYS[0])), Days(DAYS[0], TODAY)),
        (Window(midnight(DAYS[0]) + timedelta(hours=1)), Days(DAYS[1], TODAY)),
        (Window(None, midnight(DAYS[1])), Days(DAYS[0], DAYS[0])),
        (Window(midnight(DAYS[0]), midnight(DAYS[0]) + timedelta(hours=1)), Days(DAYS[0], DAYS[0])),
        (Window(midnight(TODAY - timedelta(days=MOST))), Days(TODAY, TODAY)),
        (Window(midnight(TODAY), midnight(TODAY + timedelta(days=9))), Days(TODAY, TODAY)),
    ],
)
def test_a_window_names_its_whole_days(window: Window, expected: Days) -> None:
    """A run names the days that are wholly inside its window, and never none, future ones or too many."""
    assert days_of(window) == expected


def test_names_that_would_collide_are_told_apart() -> None:
    """Labels that differ by a dash only give two ops, and the same ones every time."""
    names = unique_names(["source.file.a-b", "source.file.a_b", "source.file.c"])

    assert names["source.file.c"] == "source_file_c"
    assert len(set(names.values())) == 3
    assert all(name.isidentifier() for name in names.values())
    assert names == unique_names(["source.file.a-b", "source.file.a_b", "source.file.c"])


def test_collections_that_differ_by_a_dash_load(project: Project) -> None:
    """Two collections, two sources, told apart by a dash each, are four assets."""
    both = "".join(
        f'source "file" "s{dash}s" {{\n  path = "{project.logs}"\n}}\n'
        f'collection "http_log" "a{dash}b" {{\n  source = source.file.{name}\n  format = "combined"\n}}\n'
        for dash, name in (("-", "s-s"), ("_", "s-s"))
    )
    project.configure(both)

    dg.Definitions.validate_loadable(build_definitions(project.plans()))


def test_loading_warns_of_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that Dagster calls deprecated, beta or preview is used, and the whole loads."""
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder))
    with warnings.catch_warnings():
        for category in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning, DeprecationWarning):
            warnings.simplefilter("error", category)
        warnings.simplefilter("ignore", PydanticDeprecatedSince20)
        loaded = defs()

    dg.Definitions.validate_loadable(loaded)
    assert not (project.folder / "lake").exists()


def test_everything_wrong_is_one_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes of the language and of SQL are told together, each with its line."""
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(project.folder))
    project.configure(HCL.format(logs=project.logs).replace("status >=", "statsu >=").replace("idle", 'id" "le'))

    with pytest.raises(ConfigError) as caught:
        defs()

    assert {each.line for each in caught.value.problems} >= {25, 31}
    assert "statsu" in str(caught.value)


@pytest.mark.slow
def test_validate_passes_and_names_the_line(project: Project) -> None:
    """`dagster definitions validate` accepts a good configuration, and shows file and line of a bad one."""
    good = _validate(project.folder)
    project.configure(HCL.format(logs=project.logs).replace("source.file.trail", "source.file.trial"))
    bad = _validate(project.folder)

    assert good.returncode == 0, good.stderr
    assert bad.returncode != 0
    assert f"{project.folder}/tailpipe.hcl:" in bad.stderr + bad.stdout
    assert 'did you mean "source.file.trail"' in bad.stderr + bad.stdout


def _validate(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate"]
    return subprocess.run(
        [*command, "-w", str(Path(__file__).parents[2] / "workspace.yaml")],
        cwd=folder,
        env={**os.environ, "TAILPIPE_CONFIG_PATH": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_reads_no_configuration(tmp_path: Path) -> None:
    """The package can be imported where nothing is configured."""
    program = "import tailpipe_assets.definitions, tailpipe_assets.definitions.runs"

    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False).returncode == 0
