"""What it costs to have collecting done by itself: passes, rounds, runs and what Dagster keeps of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks import one_pass


def main(*, rounds: int, scale: float) -> None:
    """Measure each, and print a table of each."""
    del rounds
    with tempfile.TemporaryDirectory() as folder:
        one_pass.show(one_pass.one_pass(Path(folder), scale=scale))
