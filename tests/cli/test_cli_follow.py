"""`tailpipe collect --follow`: what a process that keeps collecting brings in, tells, survives and leaves with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
HCL = """
collection "custom" "one" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
WRITER = """
import sys, time
path, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
with open(path, "ab", buffering=0) as log:
    for number in range(count):
        whole = b"2024-02-07T12:00:00Z %d\\n" % number
        log.write(whole[:11])
        if not number % 50:
            time.sleep(seconds / count * 10)
        log.write(whole[11:])
        time.sleep(seconds / count)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A configured project of its own, and a home for it."""
    made = Project(tmp_path)
    made.configure(HCL)
    monkeypatch.setenv("TAILPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(tmp_path / "tailpipe.hcl"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    return made


class Following:
    """A follower's process, with what it writes in files."""

    def __init__(self, project: Project, *flags: str) -> None:
        self._out, self._told = project.folder / "out", project.folder / "told"
        with self._out.open("wb") as out, self._told.open("wb") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, "collect", "--follow", "--output", "json", *flags],
                stdout=out,
                stderr=told,
                env=dict(os.environ),
            )

    @property
    def told(self) -> str:
        """What stands on its stderr."""
        return self._told.read_text()

    @property
    def brought(self) -> list[dict[str, Any]]:
        """What it wrote of collections, round after round."""
        lines = self._out.read_text().splitlines(keepends=True)
        whole = [json.loads(each) for each in lines if each.endswith("\n")]
        return [collection for each in whole for collection in each["collections"]]

    @property
    def rows(self) -> int:
        """All rows it brought in."""
        return sum(each["rows"] for each in self.brought)

    def until(self, is_reached: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + 60
        while not is_reached() and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.05)
        assert is_reached(), self.told

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, and get the code it leaves with."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def following(project: Project, *flags: str) -> Iterator[Following]:
    """A follower that is at it, and gone at the end."""
    made = Following(project, *flags)
    try:
        made.until(lambda: "following t.one" in made.told)
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def numbers(project: Project) -> list[int]:
    """The lines that are in, sorted."""
    return [row[0] for row in project.ask("select n::bigint from t order by 1")]


@pytest.mark.slow
def test_a_log_that_grows_is_followed_exactly_while_others_work_on_the_lake(project: Project) -> None:
    """A writer writes in halves of lines, a plain run collects and compactions run: each line comes once."""
    count = 900
    with following(project, "--every", "100ms") as follower:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(project.logs / "a.log"), str(count), "4"])
        codes = set()
        while writer.poll() is None:
            for command in (["collect", "--no-record"], ["compact"]):
                done = subprocess.run([sys.executable, "-c", RUN, *command], check=False, capture_output=True)
                codes.add(done.returncode)
        follower.until(lambda: len(numbers(project)) >= count)
        code = follower.stop()

    assert writer.returncode == 0
    assert code == Exit.OK
    assert codes <= {Exit.OK, Exit.BUSY}
    assert numbers(project) == list(range(count))
    assert project.one("select count(distinct tp_id) from t") == count
    assert project.collect_one().rows == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_and_the_next_goes_on(project: Project, number: signal.Signals) -> None:
    """Both signals end it with code 0; Dagster knows the day; what came in between comes with the next."""
    project.write("a.log", "2024-02-07T12:00:00Z 1\n")
    with following(project) as follower:
        follower.until(lambda: follower.rows == 1)
        assert follower.stop(number) == Exit.OK
        assert "stopping" in follower.told

    with dg.DagsterInstance.local_temp(str(project.folder / "home" / "dagster")) as instance:
        key = dg.AssetKey(["t", "one"])
        assert instance.get_materialized_partitions(key) == {"2024-02-07"}
        assert not instance.get_runs()
    project.write("b.log", "2024-02-08T12:00:00Z 2\n")
    with following(project, "--no-record") as follower:
        follower.until(lambda: follower.rows == 1)
        assert [each["days"] for each in follower.brought] == [{"2024-02-08": 1}]
        follower.stop(number)


@pytest.mark.slow
def test_a_configuration_that_changes_is_taken_when_it_is_right(project: Project) -> None:
    """One that is wrong is told once, and what was before goes on."""
    project.write("a.log", "2024-02-07T12:00:00Z 1\n")
    with following(project, "--no-record") as follower:
        follower.until(lambda: follower.rows == 1)
        project.configure(HCL.replace("source.file.logs", "source.file.none"))
        follower.until(lambda: "The configuration is wrong now" in follower.told)
        project.write("b.log", "2024-02-07T12:00:00Z 2\n")
        follower.until(lambda: follower.rows == 2)
        project.configure(HCL + HCL.replace('"one"', '"two"'))
        follower.until(lambda: follower.rows == 4)
        assert follower.stop() == Exit.OK

        assert follower.told.count("The configuration is wrong now") == 1
        assert {each["collection"] for each in follower.brought} == {"t.one", "t.two"}


def test_a_lookup_that_changes_is_read_again(project: Project) -> None:
    """Rows that come after it have what the file says now."""
    names = project.folder / "names.csv"
    names.write_text("n,name\n1,one\n")
    enrich = '  enrich {\n    lookup = lookup.names\n    on = "n"\n    columns = { name = "name" }\n  }\n}\n'
    lookup = f'lookup "names" {{\n  path = "{names}"\n  key = "n"\n}}\n'
    project.configure(lookup + HCL.rstrip().removesuffix("}") + enrich)
    project.write("a.log", "2024-02-07T12:00:00Z 1\n")
    with following(project, "--no-record") as follower:
        follower.until(lambda: follower.rows == 1)
        names.write_text("n,name\n1,another\n")
        follower.until(lambda: "is followed as it is now" in follower.told)
        project.write("b.log", "2024-02-07T12:00:00Z 1\n")
        follower.until(lambda: follower.rows == 2)
        assert follower.stop() == Exit.OK

    assert project.ask("SELECT name FROM t ORDER BY 1") == [("another",), ("one",)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--follow", "--overwrite"], "--overwrite and --follow do not go together"),
        (["--follow", "--to", "2024-02-07"], "--to and --follow do not go together"),
        (["--follow", "--every", "soon"], "--every soon: write 1s, 500ms or 5m"),
        (["--every", "1s"], "--every, --followed and --no-compact belong to --follow"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    project: Project, flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With code 2, before anything is done."""
    assert project.folder.is_dir()
    with pytest.raises(SystemExit) as left:
        main(["collect", *flags])

    assert left.value.code == Exit.USAGE
    assert said in capsys.readouterr().err
