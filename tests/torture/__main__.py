"""Run the torture test: `python -m tests.torture --seconds 600`."""

from __future__ import annotations

import argparse
import sys

from tests.torture.trial import Trial, run


def main() -> int:
    """Run one trial and print its report; 0 only when nothing went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long everybody works; 60 when not given")
    parser.add_argument("--store", choices=["local", "s3"], default="local", help="where the lake is")
    parser.add_argument("--seed", type=int, default=None, help="what is fed, killed and failed; random when not given")
    parser.add_argument("--without-guards", action="store_true", help="rewrite without guards, to see it fail")
    parser.add_argument("--plain-globs", action="store_true", help="read folders, not snapshots, to see it fail")
    parser.add_argument("--keep", action="store_true", help="keep the folder and say where it is")
    given = parser.parse_args()
    trial = Trial(given.store, given.seconds, given.seed, not given.without_guards, given.plain_globs, given.keep)
    report = run(trial, lambda seconds: print(f"  {seconds:.0f} s ...", file=sys.stderr))
    print(report.text())
    if given.without_guards or given.plain_globs:
        print(f"expected to fail: {'it does' if report.wrong else 'IT DOES NOT, the harness finds nothing'}")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
