"""What Dagster's own tools say of the definitions of the demo, and all of these at a glance."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.pipeline import plan
from tailpipe_resources.config import load

if TYPE_CHECKING:
    from dagster import AssetSpec
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden" / "demo.json"
WARNINGS = ("Deprecat", "PreviewWarning", "BetaWarning", "SupersessionWarning", "will be removed")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo's configuration, which is also the working directory."""
    shutil.copytree(ROOT / "hcl", tmp_path / "hcl")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_definitions_of_the_demo_are_known(demo: Path) -> None:
    """Keys, lineage, groups, kinds, checks, days and pools change on purpose only; mend the file by its diff."""
    definitions = build_definitions(plan(load([demo / "hcl" / "tailpipe.hcl"])))
    graph = definitions.resolve_asset_graph()
    shown = [_shown(each, graph) for each in sorted(definitions.resolve_all_asset_specs(), key=lambda each: each.key)]

    assert json.dumps(shown, indent=2) + "\n" == GOLDEN.read_text()


def _shown(spec: AssetSpec, graph: AssetGraph) -> dict[str, object]:
    node = graph.get(spec.key)
    days = node.partitions_def
    return {
        "key": spec.key.to_user_string(),
        "deps": sorted(each.asset_key.to_user_string() for each in spec.deps),
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "tags": {name: value for name, value in sorted(spec.tags.items()) if not name.startswith("dagster/")},
        "checks": sorted(each.name for each in node.check_keys),
        "partitions": type(days).__name__ if days is not None else None,
        "pools": sorted(node.pools or ()),
        "metadata": sorted(spec.metadata),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")],
        ["dg", "check", "defs", "--target-path", str(ROOT)],
        ["dg", "check", "toml", "--target-path", str(ROOT)],
    ],
    ids=" ".join,
)
def test_dagsters_tools_find_nothing(command: list[str], demo: Path) -> None:
    """Each accepts the project and warns of nothing but of the command itself."""
    tool = Path(sys.executable).with_name(command[0])
    if not tool.exists():
        pytest.skip(f"{command[0]} is not installed: pip install dagster-dg-cli")
    done = subprocess.run(
        [str(tool), *command[1:]],
        env={
            **os.environ,
            "TAILPIPE_CONFIG_PATH": str(demo / "hcl"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    lines = f"{done.stdout}\n{done.stderr}".splitlines()
    warned = [each for each in lines if "tailpipe" in each and any(word in each for word in WARNINGS)]

    assert done.returncode == 0, lines
    assert not warned
    assert not [each for each in lines if "tool.dg" in each and "deprecated" in each]
