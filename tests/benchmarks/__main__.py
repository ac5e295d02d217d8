"""Run the benchmarks: `python -m tests.benchmarks [NAME ...]`."""

from __future__ import annotations

import argparse

from tests.benchmarks import detect, ingest, lake, orchestration, query_start, serving

SUITES = {
    "detect": detect.main,
    "ingest": ingest.main,
    "lake": lake.main,
    "orchestration": orchestration.main,
    "query_start": query_start.main,
    "serving": serving.main,
}


def main() -> None:
    """Run the suites that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="*", choices=[[], *SUITES], help="which to run; all when none is named")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender runs; the best counts")
    parser.add_argument("--scale", type=float, default=1.0, help="how much input, against the usual")
    arguments = parser.parse_args()
    for name in arguments.suite or SUITES:
        SUITES[name](rounds=arguments.rounds, scale=arguments.scale)


if __name__ == "__main__":
    main()
