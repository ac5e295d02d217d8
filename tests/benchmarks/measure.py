"""Measuring a contender in a process of its own: wall time, CPU time and peak memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one contender."""

    name: str
    rows: int
    wall: float
    """Seconds, without the start of Python and imports."""

    cpu: float
    """Seconds of user and system time of the same span, all threads."""

    peak: int
    """Bytes: the most memory the process held."""

    @property
    def per_cpu_second(self) -> float:
        """Rows for each second of CPU time."""
        return self.rows / self.cpu

    @property
    def per_second(self) -> float:
        """Rows for each second on the clock."""
        return self.rows / self.wall


def run(contender: str, source: Path, *options: str) -> Measured:
    """Run a contender of `tests.benchmarks.contenders` on a source, writing into a new folder beside it."""
    with tempfile.TemporaryDirectory(dir=source.parent) as out:
        command = [sys.executable, "-m", "tests.benchmarks.contenders", contender, str(source), f"{out}/out", *options]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{contender} failed:\n{done.stderr}")
    return Measured(contender, **json.loads(done.stdout.splitlines()[-1]))


def interleaved(source: Path, contenders: Mapping[str, tuple[str, ...]], rounds: int) -> list[Measured]:
    """The best of several runs of each, in turns, so that a busy moment hits them alike.

    Args:
        source: the logs.
        contenders: their options by name.
        rounds: how often each runs.
    """
    best: dict[str, Measured] = {}
    for _ in range(rounds):
        for name, options in contenders.items():
            measured = run(name, source, *options)
            if name not in best or measured.cpu < best[name].cpu:
                best[name] = measured
    return list(best.values())


def show(title: str, unit: str, results: Sequence[Measured], *, against: str) -> None:
    """Print a table of results and their ratio to one of them."""
    base = next(each for each in results if each.name == against)
    print(f"\n{title}")
    print(f"  {'':<16}{unit + '/s':>12}{unit + '/CPU s':>14}{'CPU s':>9}{'peak MiB':>10}{'ratio':>8}")
    for each in results:
        ratio = each.per_cpu_second / base.per_cpu_second
        print(
            f"  {each.name:<16}{each.per_second:>12,.0f}{each.per_cpu_second:>14,.0f}{each.cpu:>9.2f}"
            f"{each.peak / 2**20:>10,.0f}{ratio:>8.2f}"
        )


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so great a share of some values stays below."""
    return statistics.quantiles(values, n=100)[int(share * 100) - 1] if len(values) > 1 else values[0]
