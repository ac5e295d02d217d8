"""What it costs to find out that nothing is new: a command from start to end, a round, and what Dagster keeps of it."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus

from tailpipe_assets.definitions.runs import open_instance
from tailpipe_assets.pipeline import plan
from tailpipe_assets.pipeline.follow import Follower, Manner
from tailpipe_assets.samples import access_log
from tailpipe_resources.config import load
from tests.benchmarks import access_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import dagster as dg

DAY = date(2024, 2, 1)
FILES = (10, 1_000, 10_000)
LOOKS = 15
TICKS = 200
IMPORTS = "import os, tailpipe_assets.cli.main, tailpipe_assets.definitions.runs, tailpipe_assets.pipeline; os._exit(0)"


@dataclass(frozen=True, slots=True)
class Taken:
    """Something done several times."""

    name: str
    wall: tuple[float, ...]
    cpu: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """What Dagster keeps more of each time."""

    name: str
    each: float
    """Bytes."""


def commands(folder: Path, *, rounds: int) -> list[Taken]:
    """`tailpipe collect` of an unchanged source, recorded and not, and the imports of it alone, in turns."""
    environment = _project(folder, files=1)
    tailpipe = str(Path(sys.executable).with_name("tailpipe"))
    asked = {
        "collect": [tailpipe, "collect"],
        "collect --no-record": [tailpipe, "collect", "--no-record"],
        "imports alone": [sys.executable, "-c", IMPORTS],
    }
    _done(asked["collect"], environment)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    for _ in range(2 * rounds + 1):
        for name, command in asked.items():
            taken[name].append(_done(command, environment))
    return [Taken(name, *map(tuple, zip(*each, strict=True))) for name, each in taken.items()]


def looks(folder: Path, *, scale: float) -> list[Taken]:
    """A round of following that finds nothing, by the number of files; and one that finds a new line."""
    made = []
    for count in dict.fromkeys(max(1, int(each * scale)) for each in FILES):
        place = folder / f"files-{count}"
        place.mkdir()
        _project(place, files=count)
        follower = Follower(plan(load([place / "bench.hcl"])), Manner(pause=0.001, compact_after=None))
        follower.round()
        made.append(_timed(f"{count:,} files, nothing", follower, lambda: None))
        log = place / "logs" / "000000.log"
        made.append(_timed(f"{count:,} files, a line", follower, lambda log=log: _append(log)))  # type: ignore[misc]
    return made


def growth(folder: Path, *, rounds: int) -> list[Growth]:
    """What a recorded run of an unchanged source adds to Dagster's home, and a tick that launches none."""
    environment = _project(folder, files=1)
    tailpipe = str(Path(sys.executable).with_name("tailpipe"))
    home = folder / "home" / "dagster"
    _done([tailpipe, "collect"], environment)
    before, count = _size(home), 2 * rounds
    for _ in range(count):
        _done([tailpipe, "collect"], environment)
    run = (_size(home) - before) / count
    return [Growth("a run with nothing new", run), Growth("a skipped tick", _tick(folder))]


def show_commands(taken: Sequence[Taken]) -> None:
    """Print them."""
    print("\ntailpipe collect of an unchanged source, from start to end (target: under 3.5 s)")
    print(f"  {'':<24}{'median s':>10}{'fastest s':>11}{'CPU s':>8}")
    for each in taken:
        print(
            f"  {each.name:<24}{statistics.median(each.wall):>10.2f}{min(each.wall):>11.2f}"
            f"{statistics.median(each.cpu):>8.2f}"
        )


def show_looks(taken: Sequence[Taken]) -> None:
    """Print them."""
    print("\nA round of collect --follow, two collections of one source (target where nothing is new: under 0.3 s)")
    print(f"  {'':<24}{'median ms':>10}{'slowest ms':>12}{'CPU ms':>9}")
    for each in taken:
        print(
            f"  {each.name:<24}{statistics.median(each.wall) * 1000:>10.0f}{max(each.wall) * 1000:>12.0f}"
            f"{statistics.median(each.cpu) * 1000:>9.0f}"
        )


def show_growth(found: Sequence[Growth]) -> None:
    """Print them, and what a day of a schedule comes to."""
    print("\nWhat Dagster's home grows by, for one source")
    print(f"  {'':<24}{'KiB each':>10}{'MiB a day, 5 minutes':>22}{'MiB a day, 1 minute':>21}")
    for each in found:
        a_day = (f"{each.each * count / 2**20:.1f}" for count in (288, 1440))
        print(f"  {each.name:<24}{each.each / 1024:>10.1f}{next(a_day):>22}{next(a_day):>21}")


def _project(folder: Path, *, files: int) -> Mapping[str, str]:
    (folder / "logs").mkdir(exist_ok=True)
    first = folder / "logs" / "000000.log"
    access_log.write_day(first, DAY, lines=2)
    for number in range(1, files):
        (folder / "logs" / f"{number:06}.log").write_bytes(first.read_bytes())
    (folder / "bench.hcl").write_text(access_logs.hcl(folder / "lake", folder / "logs"))
    return {
        **os.environ,
        "TAILPIPE_HOME": f"{folder}/home",
        "DAGSTER_HOME": "",
        "TAILPIPE_CONFIG_PATH": f"{folder}/bench.hcl",
    }


def _done(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds on the clock, and of CPU."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=dict(environment))
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _timed(name: str, follower: Follower, first: Callable[[], None]) -> Taken:
    wall, cpu = [], []
    for _ in range(LOOKS):
        first()
        time.sleep(follower.pause)
        started, used = time.perf_counter(), time.process_time()
        follower.round()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    return Taken(name, tuple(wall[1:]), tuple(cpu[1:]))


def _append(log: Path) -> None:
    with log.open("ab") as file:
        file.write(log.read_bytes().splitlines(keepends=True)[0])


def _tick(folder: Path) -> float:
    """What a tick of a schedule adds that launches no run."""
    os.environ["DAGSTER_HOME"] = str(folder / "ticks")
    with open_instance(record=True) as instance:
        for _ in range(TICKS):
            _skip(instance)
        before = _size(folder / "ticks")
        for _ in range(TICKS):
            _skip(instance)
        instance.dispose()
    del os.environ["DAGSTER_HOME"]
    return (_size(folder / "ticks") - before) / TICKS


def _skip(instance: dg.DagsterInstance) -> None:
    """As the daemon does it: a tick begins, and ends with the reason why nothing was run."""
    data = TickData(
        instigator_origin_id="a" * 40,
        instigator_name="source_file_logs",
        instigator_type=InstigatorType.SCHEDULE,
        status=TickStatus.STARTED,
        timestamp=time.time(),
        selector_id="b" * 40,
    )
    tick = instance.create_tick(data)
    instance.update_tick(tick.with_status(TickStatus.SKIPPED, skip_reason="nothing new"))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
