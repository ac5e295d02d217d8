"""`python -m tailpipe_assets.samples FOLDER` writes a week of sample logs."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tailpipe_assets.samples import cast
from tailpipe_assets.samples.week import WeekSummary, write_week


def main(arguments: list[str] | None = None) -> None:
    """Write the logs and say what is in them."""
    given = _parser().parse_args(arguments)
    summary = write_week(given.folder, end=given.end, days=given.days, seed=given.seed)
    sys.stdout.write(_report(given.folder, summary))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tailpipe_assets.samples",
        description="Write some days of sample logs: CloudTrail, nginx and an application. "
        "The same arguments write the same files.",
    )
    parser.add_argument("folder", type=Path, help="where to write; made when it does not exist")
    parser.add_argument("--days", type=_positive, default=7, help="how many days (default: 7)")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other logs (default: 1)")
    # Not today: nothing may be dated later than now.
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    parser.add_argument(
        "--end", type=date.fromisoformat, default=yesterday, help="the last day (default: yesterday, UTC)"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _report(folder: Path, summary: WeekSummary) -> str:
    rows = (
        ("cloudtrail", summary.cloudtrail, "events"),
        ("nginx", summary.nginx, "requests"),
        ("app", summary.app, f"entries, and {summary.app_misfits} lines of stack traces that fit no format"),
    )
    lines = [
        f"  {folder / name}: {written.records:,} {what} in {written.files} files ({written.bytes / 1e6:.1f} MB)"
        for name, written, what in rows
    ]
    title = f"Sample logs of {summary.first} to {summary.last}, with {cast.INTRUDER} up to no good:"
    return "\n".join([title, *lines, ""])


if __name__ == "__main__":
    main()
