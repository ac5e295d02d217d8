"""What it costs to have collecting done by itself: passes, rounds, runs and what Dagster keeps of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks import backfill, idle, one_pass


def main(*, rounds: int, scale: float) -> None:
    """Measure each, and print a table of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one_pass.show(one_pass.one_pass(_new(folder, "pass"), scale=scale))
        idle.show_commands(idle.commands(_new(folder, "commands"), rounds=rounds))
        idle.show_looks(idle.looks(_new(folder, "looks"), scale=scale))
        backfill.show(backfill.backfill(_new(folder, "backfill"), scale=scale, rounds=rounds))
        idle.show_growth(idle.growth(_new(folder, "growth"), rounds=rounds))


def _new(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made
