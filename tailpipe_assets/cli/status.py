"""How every collection is doing: what it has, what waits for it, and how far behind it is.

Without a selector all enabled collections are shown. Sources are listed to see what waits there, and nothing is
fetched; --no-sources leaves them alone. Times are UTC. "delivered" is how long after the newest event the newest
artifact came, which is up to whoever writes the logs; "committed" is how long after that it was in the lake, while
nothing waits. Below the table stands about how many notices wait where a source is told what is new, and what is wrong
with Tailpipe itself: alerts that wait, sources that have gone quiet, disks that are nearly full, what failed, and
detections that fail, on rows that came or when their schedule asks them.

The exit code is 0 also when much waits, and 3 when a source or a lake could not be asked.

Examples:
  tailpipe status
  tailpipe status aws_cloudtrail_log.production --output json
  tailpipe status --no-sources

json: {"collections": [{"collection", "newest_event", "newest_artifact", "last_commit", "rows", "rows_today",
"rejected_today", "waiting", "waiting_bytes", "notices", "delivered_seconds", "committed_seconds", "failure"}],
"alerts": {"pending", "oldest_pending_seconds", "dead"}, "conditions": [{"condition", "since", "failures", "text"}],
"failing_detections": [{"detection", "failures", "failed", "error"}]}.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.collect_selection import selected
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows

if TYPE_CHECKING:
    import argparse
    from datetime import timedelta

    from tailpipe_assets.pipeline.standing import Standing

_COLUMNS = (
    "collection",
    "newest event",
    "last commit",
    "rows",
    "today",
    "rejected",
    "waiting",
    "delivered",
    "committed",
)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="a collection, a table or table.collection")
    parser.add_argument("--no-sources", action="store_true", help="look at lakes only")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")
    parser.set_defaults(followed=False)


def run(args: argparse.Namespace) -> int:
    """Show how they are doing."""
    from tailpipe_assets.cli.status_watch import print_watched, watched
    from tailpipe_assets.pipeline.standing import standing

    now = datetime.now(UTC)
    config, plans = selected(args)
    found = standing(plans, now.date(), ask_sources=not args.no_sources)
    ill = watched(config, plans, now)
    if args.output == "json":
        print_json({"collections": [_as_json(each) for each in found], **ill})
    else:
        print_rows([_as_row(each, now) for each in found], _COLUMNS)
        for each in found:
            if each.notices is not None:
                print(f"{_name(each)}: about {each.notices:,} notices wait for its source")
        print_watched(ill)
    for each in found:
        if (failure := _failure(each)) is not None:
            print(f"{_name(each)}: {failure}", file=sys.stderr)
    return Exit.SOURCE if any(_failure(each) for each in found) else Exit.OK


def _as_json(each: Standing) -> dict[str, Any]:
    waiting = each.backlog
    return {
        "collection": _name(each),
        "newest_event": _moment(each.newest_event),
        "newest_artifact": None if waiting is None else _moment(waiting.newest),
        "last_commit": _moment(each.last_commit),
        "rows": each.rows,
        "rows_today": each.rows_today,
        "rejected_today": each.rejected_today,
        "waiting": None if waiting is None else waiting.artifacts,
        "waiting_bytes": None if waiting is None else waiting.bytes,
        "notices": each.notices,
        "delivered_seconds": None if each.delivered_after is None else each.delivered_after.total_seconds(),
        "committed_seconds": None if each.committed_after is None else each.committed_after.total_seconds(),
        "failure": _failure(each),
    }


def _as_row(each: Standing, now: datetime) -> dict[str, str]:
    waiting = each.backlog
    figures = (
        _name(each),
        _ago(each.newest_event, now),
        _ago(each.last_commit, now),
        f"{each.rows:,}",
        f"{each.rows_today:,}",
        f"{each.rejected_today:,}",
        "?" if waiting is None or waiting.failure else f"{waiting.artifacts:,}",
        _span(each.delivered_after),
        _span(each.committed_after),
    )
    return dict(zip(_COLUMNS, figures, strict=True))


def _name(each: Standing) -> str:
    return f"{each.table}.{each.collection}"


def _failure(each: Standing) -> str | None:
    failure = each.failure or (each.backlog.failure if each.backlog is not None else None)
    return None if failure is None else str(failure)


def _moment(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="seconds")


def _ago(time: datetime | None, now: datetime) -> str:
    return "never" if time is None else f"{_span(now - time)} ago" if time <= now else "in the future"


def _span(span: timedelta | None) -> str:
    if span is None:
        return "-"
    seconds = int(span.total_seconds())
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds // size}{unit}"
