"""The package of `docs/examples/plugin`, installed as a stranger's would be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "plugin"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with that one in it."""
    folder = tmp_path_factory.mktemp("site")
    copy = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("plugin") / "plugin")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(copy)]
    subprocess.run(command, check=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that does not import."""
    folder = tmp_path_factory.mktemp("broken")
    metadata = folder / "broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tailpipe.table]\nbroken_log = broken:TABLE\n")
    (folder / "broken.py").write_text("raise RuntimeError('no licence')\n")
    return folder


def run(sites: tuple[Path, ...], *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A Python program that finds those packages."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (*sites, ROOT)))}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=300)


def test_it_is_listed(site: Path, broken: Path, tmp_path: Path) -> None:
    """With the package it came in; one that does not import is a warning."""
    listed = run((site, broken), "-m", "tailpipe_assets.cli", "plugin", "list", "--output", "json", cwd=tmp_path)
    shown = run((site, broken), "-m", "tailpipe_assets.cli", "plugin", "list", cwd=tmp_path)
    found = {(each["kind"], each["name"]): each for each in json.loads(listed.stdout)}

    assert listed.returncode == shown.returncode == 0
    assert found["table", "door_log"]["package"] == "tailpipe-doors 1.0"
    assert found["source", "door_controller"]["works"]
    assert not found["table", "broken_log"]["works"]
    assert "RuntimeError: no licence" in shown.stderr


def test_one_that_is_broken_is_an_error_when_it_is_used(broken: Path, tmp_path: Path) -> None:
    """It stops only what uses it."""
    shown = run((broken,), "-m", "tailpipe_assets.cli", "plugin", "show", "broken_log", cwd=tmp_path)
    used = run((broken,), "-m", "tailpipe_assets.cli", "table", "show", "broken_log", cwd=tmp_path)

    assert (shown.returncode, used.returncode) == (2, 2)
    assert "RuntimeError: no licence" in used.stderr


def test_its_logs_become_rows(site: Path, broken: Path, tmp_path: Path) -> None:
    """Collected and asked like any other."""
    (tmp_path / "doors.txt").write_text('{\n "at": "2024-02-07T12:00:00Z",\n "door": "east"\n}\n\n')
    (tmp_path / "tailpipe.hcl").write_text(
        'source "file" "doors" {\n  path = "doors.txt"\n}\n'
        'collection "door_log" "office" {\n  source = source.file.doors\n  format = "blank_lines"\n}\n'
    )
    collected = run((site, broken), "-m", "tailpipe_assets.cli", "collect", "--no-record", cwd=tmp_path)
    query = ("query", "select door, tp_index from door_log", "--output", "csv")
    asked = run((site, broken), "-m", "tailpipe_assets.cli", *query, cwd=tmp_path)

    assert collected.returncode == 0, collected.stderr
    assert asked.stdout == "door,tp_index\neast,east\n"


def test_it_keeps_the_contracts(site: Path, tmp_path: Path) -> None:
    """Its own tests say so."""
    shutil.copy(EXAMPLE / "test_doors.py", tmp_path)
    tested = run((site,), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_doors.py", cwd=tmp_path)

    assert tested.returncode == 0, tested.stdout
