"""Run the benchmarks: `python -m tests.benchmarks [NAME ...]`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import (
    alerting,
    commits,
    detect,
    detections,
    ingest,
    lake,
    orchestration,
    query,
    query_start,
    serving,
    tables,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SUITES = {
    "alerting": alerting.main,
    "commits": commits.main,
    "detect": detect.main,
    "detections": detections.main,
    "ingest": ingest.main,
    "lake": lake.main,
    "orchestration": orchestration.main,
    "query": query.main,
    "query_start": query_start.main,
    "serving": serving.main,
    "tables": tables.main,
}

ONLY_NAMED = {"commits"}
"""What takes an hour."""


def main() -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="*", choices=[[], *SUITES], help="which to run; else all but commits")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender runs; the best counts")
    parser.add_argument("--scale", type=float, default=1.0, help="how much input, against the usual")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where query's rows stay, for the next time")
    arguments = parser.parse_args()
    suites: dict[str, Callable[..., None]] = {**SUITES, "query": partial(query.main, keep=arguments.keep)}
    for name in arguments.suite or [each for each in suites if each not in ONLY_NAMED]:
        suites[name](rounds=arguments.rounds, scale=arguments.scale)


if __name__ == "__main__":
    main()
