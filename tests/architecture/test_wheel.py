"""The wheel, installed alone, works: what a stranger gets from `pip install tailpipe`."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tailpipe_resources import model

ROOT = Path(__file__).parents[2]
CONFIGURATION = """\
destination "parquet" "default" {
  path = "lake"
}

source "file" "nginx" {
  path = "logs/nginx"
}

collection "http_log" "web" {
  source = source.file.nginx
  format = "combined"
}
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", str(wheel), cwd=folder)
    return python.parent


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    """Code, type markers and the licence are in it; tests, docs and demo files are not."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}

    assert {name for name in tops if not name.endswith(".dist-info")} == {"tailpipe_assets", "tailpipe_resources"}
    assert {"tailpipe_assets/py.typed", "tailpipe_resources/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.parametrize("command", [["--version"], ["--help"], ["table", "list"], ["source", "list"]])
def test_commands_need_no_configuration(command: list[str], installed: Path, tmp_path: Path) -> None:
    """Asking what there is works in an empty folder."""
    assert _tailpipe(installed, tmp_path, *command).strip()


def test_logs_become_rows_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """A dozen lines of HCL and two commands lead from a web server's log to an answer in SQL."""
    (tmp_path / "tailpipe.hcl").write_text(CONFIGURATION)
    _run(
        str(installed / "python"), "-m", "tailpipe_assets.samples", "logs", "--days=1", "--end=2026-11-19", cwd=tmp_path
    )

    _tailpipe(installed, tmp_path, "collect")
    answer = _tailpipe(installed, tmp_path, "query", "--output", "csv", "select count(*) as requests from http_log")

    assert answer.split() == ["requests", "2860"]


def test_it_is_the_wheel_that_is_tested(installed: Path, tmp_path: Path) -> None:
    """The environment imports its own copy of the packages, not the working tree's."""
    code = "from tailpipe_resources import model; print(model.__file__)"

    assert _run(str(installed / "python"), "-c", code, cwd=tmp_path).strip() != model.__file__


def _tailpipe(programs: Path, folder: Path, *arguments: str) -> str:
    return _run(str(programs / "tailpipe"), *arguments, cwd=folder)


def _run(*command: str, cwd: Path) -> str:
    """What the command writes to stdout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DAGSTER"))}
    environment = {**inherited, "TAILPIPE_HOME": str(cwd / "home")} if cwd != ROOT else inherited
    finished = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, f"{' '.join(command)}\n{finished.stdout}{finished.stderr}"
    return finished.stdout
