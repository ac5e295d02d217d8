"""A power cut loses nothing that was said to be there: what a commit rests on is on the disk before it, in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).parents[2]
CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,mkdir,mkdirat"
SYNC = re.compile(r"(?:fsync|fdatasync)\(\d+<(?P<path>[^>]*)>")
MOVE = re.compile(r'(?:rename|link)\w*\((?:[^"]*)"(?P<path>[^"]*)", (?:[^"]*)"(?P<to>[^"]*)"')
MADE = re.compile(r'mkdir\w*\((?:[^"]*)"(?P<path>[^"]*)"')
COLLECT = """
import sys
from pathlib import Path
from tailpipe_assets.pipeline import collect, plan
from tailpipe_resources.config import load
(result,) = collect(plan(load([sys.argv[1]])))
assert result.failure is None, result.failure
Path(sys.argv[2]).rename(sys.argv[2] + ".returned")
"""
TABLE = """
table "t" {
  format = "jsonl"
  column "ts" { type = "timestamp" }
}
collection "t" "c" {
  source = source.file.logs
  timestamp = "ts"
}
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the system that matters: `sync` once it is over, `move` and `make` as soon as they begin."""

    kind: str
    path: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a process asked of the disk, in order."""

    calls: tuple[Call, ...]

    def first(self, kind: str, matches: Callable[[Call], bool], start: int = 0) -> int:
        """Where a call is.

        Raises:
            AssertionError: it is not there.
        """
        for at, call in enumerate(self.calls[start:], start):
            if call.kind == kind and matches(call):
                return at
        raise AssertionError(f"no such {kind} from call {start} on")

    def synced(self, path: str, start: int = 0) -> int:
        """Where a file or folder is on the disk."""
        return self.first("sync", lambda call: call.path == path, start)

    def moves(self, pattern: str) -> list[int]:
        """Where files get names like this."""
        return [at for at, call in enumerate(self.calls) if call.kind == "move" and re.search(pattern, call.to)]


@pytest.fixture
def traced(project: Project) -> Callable[[], Trace]:
    """Collects in a process of its own, with everything it asks of the disk written down."""
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("THE ORDER OF WRITES IS NOT TESTED: install strace, and allow it to trace")
    project.configure(TABLE)

    def run() -> Trace:
        out, marker = project.folder / "trace", project.folder / "marker"
        marker.touch()
        command = [strace, "-f", "-y", "-s", "4096", "-o", str(out), "-e", f"trace={CALLS}", sys.executable, "-c"]
        subprocess.run(
            [*command, COLLECT, str(project.folder / "tailpipe.hcl"), str(marker)],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return Trace(tuple(_calls(out.read_text().splitlines())))

    return run


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder of logs and a lake."""
    return Project(tmp_path)


def _calls(lines: Iterable[str]) -> Iterable[Call]:
    begun: dict[str, str] = {}
    for line in lines:
        process, _, text = line.partition(" ")
        text = text.strip()
        found = SYNC.match(text)
        if found and text.endswith("<unfinished ...>"):
            begun[process] = found["path"]
        elif re.match(r"<\.\.\. f\w*sync resumed>", text) and process in begun:
            yield Call("sync", begun.pop(process))
        elif found:
            yield Call("sync", found["path"])
        elif found := MOVE.match(text):
            yield Call("move", found["path"], found["to"])
        elif (found := MADE.match(text)) and "EEXIST" not in text:
            yield Call("make", found["path"])


def check(trace: Trace, table: Path) -> None:
    """Every commit to a table rests on what is on the disk, and is there itself when collecting returns."""
    log = f"{table}/_delta_log"
    returned = trace.moves(r"\.returned$")[0]
    commits = [at for at in trace.moves(rf"{re.escape(log)}/\d+\.json$") if at < returned]
    last = commits[-1]
    for pattern in (r"/tp_partition=.*\.parquet$", r"/_tailpipe/streams/[^/]+/\d+\.json$"):
        moves = trace.moves(f"^{re.escape(str(table))}{pattern}")
        assert moves
        for at in moves:
            call = trace.calls[at]
            assert trace.synced(call.path) < at
            assert at < trace.synced(os.path.dirname(call.to), at) < last  # noqa: PTH120 - text, as strace wrote it
    assert last < trace.synced(trace.calls[last].to, last) < returned
    assert last < trace.synced(log, last) < returned


@pytest.mark.slow
def test_the_disk_has_data_and_intent_before_the_commit(project: Project, traced: Callable[[], Trace]) -> None:
    """Files are synced before they get their names, folders after it, and the commit before collecting returns."""
    project.write("x.log", '{"ts": "2024-02-07T12:00:00Z"}\n')
    first = traced()
    project.write("x.log", '{"ts": "2024-02-07T13:00:00Z"}\n{"ts": "2024-02-08T13:00:00Z"}\n')
    second = traced()

    check(first, project.stored("t"))
    check(second, project.stored("t"))


@pytest.mark.slow
def test_new_folders_are_on_the_disk_before_the_commit(project: Project, traced: Callable[[], Trace]) -> None:
    """Whatever holds rows or the ledger can be reached again from the folder that was there before."""
    project.write("x.log", '{"ts": "2024-02-07T12:00:00Z"}\n')
    trace = traced()

    table = project.stored("t")
    commit = trace.moves(rf"{re.escape(str(table))}/_delta_log/\d+\.json$")[-1]
    needed = re.compile(rf"{re.escape(str(project.folder))}/lake(/t(/_delta_log|/_tailpipe(/streams.*)?|/tp_.*)?)?$")
    made = [(at, call.path) for at, call in enumerate(trace.calls) if call.kind == "make" and needed.match(call.path)]
    assert len(made) > 8
    for at, path in made:
        assert trace.synced(os.path.dirname(path), at) < commit, path  # noqa: PTH120 - text, as strace wrote it


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99], ids=["empty", "half", "almost whole"])
def test_a_torn_last_commit_loses_and_doubles_nothing(project: Project, kept: float) -> None:
    """What it brought is collected again, once, with the first run after the power is back."""
    project.configure(TABLE)
    project.write("x.log", '{"ts": "2024-02-07T12:00:00Z"}\n')
    project.collect_one()
    project.write("y.log", '{"ts": "2024-02-07T13:00:00Z"}\n')
    project.collect_one()
    last = max((project.stored("t") / "_delta_log").glob("*.json"))
    last.write_bytes(last.read_bytes()[: int(last.stat().st_size * kept)])

    project.collect_one()

    rows = project.ask("select tp_timestamp::varchar from t order by 1")
    assert rows == [("2024-02-07 12:00:00+00",), ("2024-02-07 13:00:00+00",)]
    assert project.one("select count(distinct tp_id) from t") == 2
    assert project.collect_one().artifacts == 0
