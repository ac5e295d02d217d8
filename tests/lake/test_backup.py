"""Backups made and restored as docs/lake.md says, while the lake goes on being written."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.lake import local_lake, tables
from tailpipe_resources.lake.check import check
from tailpipe_resources.query.engine import connect
from tests.services.project import Project

if TYPE_CHECKING:
    from tailpipe_resources.lake import Lake

PAGE = Path(__file__).parents[2] / "docs" / "lake.md"
HCL = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
LINE = '10.0.0.1 - - [07/Feb/2024:13:00:00 +0000] "GET /{}/{} HTTP/1.1" 200 5 "-" "x"\n'
BAD = "what is this {}\n"
PER_FILE = 3


def commands(containing: str) -> str:
    """The commands of the page's section on backups that hold some words."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text().partition("## Backup and restore")[2], re.DOTALL)
    (found,) = [block for block in blocks if containing in block]
    return str(found)


def run(script: str, project: Project) -> subprocess.CompletedProcess[str]:
    """Run commands of the page, with `tailpipe` being this one."""
    tailpipe = f'tailpipe() {{ "{sys.executable}" -c "from tailpipe_assets.cli.main import main; main()" "$@"; }}\n'
    return subprocess.run(
        ["sh", "-c", tailpipe + script],
        cwd=project.folder,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(sys.path),
            "LAKE": project.lake.root,
            "BACKUP": f"{project.folder}/backup",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def write(project: Project, name: str) -> None:
    """A log of some lines, and one that fits no format."""
    project.write(f"{name}.log", "".join(LINE.format(name, n) for n in range(PER_FILE)) + BAD.format(name))


def sound(lake: Lake) -> bool:
    """Whether nothing at all is found in a lake."""
    with connect(threads=1) as connection:
        return not [each for name in tables(lake) for each in check(lake, name, connection)]


def artifacts(project: Project) -> dict[str, int]:
    """Rows by log file."""
    query = "select parse_filename(tp_source_location), count(distinct tp_id) from http_log group by all"
    assert project.one("select count(*) = count(distinct tp_id) from http_log")
    assert project.one("select count(*) = count(distinct artifact) from tailpipe_rejected")
    return dict(project.ask(query))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Ten logs, collected in two runs, with some of them replaced."""
    made = Project(tmp_path)
    made.configure(HCL)
    for number in range(5):
        write(made, f"old{number}")
    made.collect_one()
    for number in range(5, 10):
        write(made, f"old{number}")
    made.collect_one(options=CollectOptions(overwrite=True))
    return made


@pytest.mark.slow
def test_a_backup_of_a_lake_that_is_written_is_whole(project: Project) -> None:
    """It holds all that was there when it began; after a restore the rest is collected again, and nothing twice."""
    before = artifacts(project)
    done = threading.Event()

    def keep_collecting() -> None:
        for number in range(30):
            write(project, f"new{number}")
            project.collect_one(options=CollectOptions(overwrite=number % 3 == 0))
            if done.is_set() and number > 2:
                break

    with ThreadPoolExecutor(max_workers=1) as pool:
        writing = pool.submit(keep_collecting)
        for _ in range(3):
            run(commands("cp -a -u"), project)
        done.set()
        writing.result()
    after = artifacts(project)

    restored = run(commands("repair --yes"), project)

    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert sound(project.lake)
    kept = artifacts(project)
    assert before.items() <= kept.items() <= after.items()
    result = project.collect_one()
    assert result.skipped == len(kept)
    assert artifacts(project) == after
    assert project.one("select count(*) from tailpipe_rejected") == len(after)
    assert sound(project.lake)


def test_rejects_that_come_while_a_backup_is_made_are_in_it(project: Project) -> None:
    """Those of a run that commits between the log of the rejects and that of the rows follow the rows in the copy."""
    write(project, "late")
    beside = (
        'cp() { if [ "$3" = http_log/_delta_log ]; '
        f'then (cd "{project.folder}" && tailpipe collect >&2); fi; command cp "$@"; }}\n'
    )

    made = run(beside + commands("cp -a -u"), project)
    restored = run(commands("repair --yes"), project)

    assert (made.returncode, restored.returncode) == (0, 0), made.stderr + restored.stdout + restored.stderr
    assert "late.log" in artifacts(project)
    assert project.one("select count(*) from tailpipe_rejected where artifact like '%late.log'") == 1
    assert sound(project.lake)


def test_a_backup_at_rest_is_the_lake(project: Project) -> None:
    """Byte for byte what counts, and sound as it is."""
    before = artifacts(project)

    assert run(commands("cp -a -u"), project).returncode == 0

    assert sound(local_lake(project.folder / "backup"))
    restored = run(commands("repair --yes"), project)
    assert (restored.returncode, restored.stdout) == (0, ""), restored.stderr
    assert artifacts(project) == before
    result = project.collect_one()
    assert (result.rows, result.skipped) == (0, len(before))
