"""How long `tailpipe query` takes for a small question and until a console's first prompt, the start included."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tailpipe_assets.samples import access_log
from tests.services.console import Terminal

LINES = 5_000
RUNS = 10


def main(*, rounds: int, scale: float) -> None:
    """Collect a small log, ask for its count and open a console again and again; medians of all runs but the first."""
    del scale
    with tempfile.TemporaryDirectory() as folder:
        environment = _collected(Path(folder))
        for what, run in (("A small question with tailpipe query", _ask), ("Until a console's first prompt", _open)):
            run(environment)
            taken = sorted(run(environment) for _ in range(RUNS * rounds))
            print(f"\n{what}, {len(taken)} runs: median {statistics.median(taken):.2f} s")
            print(f"  fastest {taken[0]:.2f} s, slowest {taken[-1]:.2f} s")


def _collected(folder: Path) -> dict[str, str]:
    access_log.write_day(folder / "access.log", date(2024, 2, 1), lines=LINES)
    (folder / "bench.hcl").write_text(
        f'destination "parquet" "default" {{ path = "{folder}/lake" }}\n'
        f'source "file" "logs" {{ path = "{folder}/access.log" }}\n'
        'collection "http_log" "bench" { source = source.file.logs }\n'
    )
    environment = {**os.environ, "TAILPIPE_HOME": f"{folder}/home", "TAILPIPE_CONFIG_PATH": f"{folder}/bench.hcl"}
    _tailpipe(environment, "collect")
    return environment


def _ask(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    _tailpipe(environment, "query", "select count(*) from http_log")
    return time.perf_counter() - started


def _open(environment: dict[str, str]) -> float:
    started = time.perf_counter()
    home, config = environment["TAILPIPE_HOME"], environment["TAILPIPE_CONFIG_PATH"]
    console = Terminal(Path(home), TAILPIPE_HOME=home, TAILPIPE_CONFIG_PATH=config)
    console.wait_for_prompt()
    taken = time.perf_counter() - started
    console.leave()
    return taken


def _tailpipe(environment: dict[str, str], *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("tailpipe")), *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment)
