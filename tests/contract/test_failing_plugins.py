"""Plugins of strangers that are not what they should be: said in words, and nobody else's trouble."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = """\
[tailpipe.format]
cutting = strange:Cutting
apart = strange:Apart
shorter = strange:Shorter
unmade = strange:Unmade
half = strange:Half
[tailpipe.table]
no_log = strange:NO_LOG
other_log = strange:OTHER_LOG
numbered_log = strange:NUMBERED_LOG
"""
MODULE = """\
import dataclasses

import pyarrow as pa

from tailpipe_assets.formats.lines import split_lines
from tailpipe_assets.tables.http_log import HTTP_LOG
from tailpipe_resources.options import Options


class Format:
    description, options, by_lines, groups = "Strange.", Options, True, ("time", "n")

    def __init__(self, options):
        pass

    def split(self, stream, *, piece_bytes):
        yield from split_lines(stream, piece_bytes=piece_bytes)

    def fields(self, raw):
        return pa.StructArray.from_arrays([raw[1:], raw[1:]], ["time", "n"])


class Shorter(Format):
    name = "shorter"


class Cutting(Format):
    name = "cutting"

    def split(self, stream, *, piece_bytes):
        raise KeyError("seven")


class Apart(Format):
    name = "apart"

    def fields(self, raw):
        return [][0]


class Unmade(Format):
    name = "unmade"

    def __init__(self):
        pass


class Half:
    name, description, options = "half", "Strange.", Options


NO_LOG = {"name": "no_log"}
OTHER_LOG = HTTP_LOG
NUMBERED_LOG = dataclasses.replace(HTTP_LOG, name="numbered_log", event_id="body_bytes_sent")
"""
CONFIGURATION = """\
source "file" "logs" {
  path = "a.log"
}
collection "custom" "good" {
  source     = source.file.logs
  table_name = "good_log"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
BAD = """\
collection "custom" "bad" {
  source     = source.file.logs
  table_name = "bad_log"
  format     = "%s"
}
"""
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a log, and one with the package."""
    metadata = tmp_path / "site" / "strange-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "site" / "strange.py").write_text(MODULE)
    (tmp_path / "a.log").write_text("2024-02-07T12:00:00Z 1\n2024-02-07T12:00:00Z 2\n")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command that finds the package."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)])}
    whole = [sys.executable, "-m", "tailpipe_assets.cli", *command]
    return subprocess.run(whole, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cutting", "the format cutting failed: KeyError: 'seven'"),
        ("apart", "the format apart failed: IndexError: list index out of range"),
        ("shorter", "the format shorter failed: ValueError: 2 records became 1"),
    ],
)
def test_a_format_that_fails_stops_no_other_collection(folder: Path, name: str, said: str) -> None:
    """Of the same source, which is read once for both."""
    (folder / "tailpipe.hcl").write_text(CONFIGURATION + BAD % name)

    collected = run(folder, "collect", "--no-record")
    asked = run(folder, "query", "select count(*) from good_log", "--output", "csv", "--no-header")

    assert collected.returncode != 0
    assert said in collected.stdout + collected.stderr
    assert asked.stdout.strip() == "2"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "unmade",
            "the format unmade failed: TypeError: Unmade.__init__() takes 1 positional argument but 2 were given",
        ),
        ("half", "the format half (strange:Half) is no format: it has no by_lines, groups, split"),
    ],
)
def test_a_format_that_is_none_is_a_problem_with_its_line(folder: Path, name: str, said: str) -> None:
    """Before anything is collected."""
    (folder / "tailpipe.hcl").write_text(CONFIGURATION + BAD % name)

    checked = run(folder, "config", "check")

    assert checked.returncode == 2
    assert f"tailpipe.hcl:12: {said}" in checked.stdout + checked.stderr


def test_a_list_of_plugins_shows_those_that_are_none(folder: Path) -> None:
    """With what is wrong, as a warning."""
    listed = run(folder, "plugin", "list")

    assert listed.returncode == 0
    assert "the table no_log (strange:NO_LOG) is no table: it has no name, description, formats" in listed.stderr
    assert 'the table other_log (strange:OTHER_LOG) calls itself "http_log"; both must be the same' in listed.stderr


def test_a_name_that_two_packages_have_is_nobodys(folder: Path) -> None:
    """Neither stands in for the other unseen, whichever is found first."""
    metadata = folder / "site" / "usurper-2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: usurper\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text("[tailpipe.table]\nnumbered_log = strange:OTHER_LOG\n")
    said = "the table numbered_log is in strange 1.0 and usurper 2.0: uninstall all but one of them"

    listed, shown = run(folder, "plugin", "list"), run(folder, "plugin", "show", "numbered_log")
    used = run(folder, "table", "show", "numbered_log")

    assert (listed.returncode, shown.returncode, used.returncode) == (0, 2, 2)
    assert listed.stderr.count(said) == 1
    assert [row.split()[:2] for row in listed.stdout.splitlines()].count(["table", "numbered_log"]) == 2
    assert said in shown.stdout
    assert said in used.stderr


def test_a_package_that_is_found_twice_is_one(folder: Path) -> None:
    """As where a copy lies further down the path: the first counts, as in an import."""
    twin = folder / "twin" / "Strange-0.9.dist-info"
    twin.mkdir(parents=True)
    (twin / "METADATA").write_text("Metadata-Version: 2.1\nName: Strange\nVersion: 0.9\n")
    (twin / "entry_points.txt").write_text("[tailpipe.table]\nnumbered_log = gone:TABLE\n")
    path = os.pathsep.join([str(folder / "site"), str(folder / "twin"), str(ROOT)])
    command = [sys.executable, "-m", "tailpipe_assets.cli", "plugin", "show", "table.numbered_log"]

    shown = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300)

    assert shown.returncode == 0
    assert "strange 1.0" in shown.stdout


def test_ids_of_events_may_be_numbers(folder: Path) -> None:
    """Events of one number are one event, and those without stay apart."""
    line = '192.0.2.1 - - [07/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 {}\n'
    (folder / "a.log").write_text("".join(line.format(number) for number in (7, 7, 8, "-", "-")))
    (folder / "tailpipe.hcl").write_text(
        'source "file" "logs" {\n  path = "a.log"\n}\n'
        'collection "numbered_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
    )

    collected = run(folder, "collect", "--no-record")
    query = ("query", "select body_bytes_sent from numbered_log order by all", "--output", "csv", "--no-header")

    assert collected.returncode == 0, collected.stderr
    assert run(folder, *query).stdout.split("\n") == ["7", "8", "", "", ""]
