"""Say what some logs are, and write the configuration that collects them.

A few of the artifacts below a path, or in a bucket, are looked at: of large ones no more than the first bytes.
Tailpipe's own tables come first, then JSON, pairs, delimited text and Parquet, and at last lines with a time in them.
What is shown was made as `collect` makes it: rows that would be stored, and what would be rejected. Nothing is stored.

Buckets are reached with the credentials of the environment, as any AWS tool has them.

Examples:
  tailpipe try /var/log/nginx
  tailpipe try s3://my-bucket/AWSLogs/ --write tailpipe.hcl
  tailpipe try app.log > app.hcl
  tailpipe try logs --output json

json: {"listed", "is_whole", "looked_at", "proposals": [{"table", "collection", "what", "remark", "artifacts",
"records", "rejected", "columns": {name: type}, "rows": [...], "rejects": [{"location", "position", "reason",
"record"}]}], "unknown": [{"location", "reason", "line"}], "left_out", "unseen", "hcl", "next": [...]}. The
configuration goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from tailpipe_assets.recognition.recognize import Recognized

_FILE = "tailpipe.hcl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("target", metavar="PATH|s3://BUCKET[/PREFIX]", help="a file, a folder, a pattern or a bucket")
    parser.add_argument("--write", metavar="FILE", help="write the configuration into this file")
    parser.add_argument("--force", action="store_true", help="let --write replace a file that exists")
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write what was found")


def run(args: argparse.Namespace) -> int:
    """Look, show and propose."""
    from tailpipe_assets.cli.try_shown import show
    from tailpipe_assets.recognition.recognize import recognize

    if args.write and Path(args.write).exists() and not args.force:
        raise UsageError(f"--write: {args.write} exists; --force replaces it")
    found = recognize(args.target)
    commands = _next(found, args.write)
    if args.output == "json":
        print_json(_as_json(found, commands))
    else:
        show(found)
    if found.proposals:
        _hand_over(args, found, commands)
    return Exit.OK if found.proposals else Exit.FAILED


def _hand_over(args: argparse.Namespace, found: Recognized, commands: list[str]) -> None:
    if args.write:
        try:
            Path(args.write).write_text(found.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--write: {args.write}: {error.strerror}") from error
    elif args.output == "pretty":
        sys.stderr.flush()
        print(found.text, end="", flush=True)
    if args.output == "pretty":
        where = f"It is written to {args.write}." if args.write else f"Put this into {_FILE}; --write does it for you."
        print(f"\n{where} Then:\n\n" + "\n".join(f"  {each}" for each in commands), file=sys.stderr)


def _next(found: Recognized, written: str | None) -> list[str]:
    """The commands up to the first answer."""
    if not found.proposals:
        return []
    config = f"--config-path {shlex.quote(written or _FILE)} "
    query = f"select * from {found.proposals[0].table} order by tp_timestamp desc limit 10"
    return [f"tailpipe {config}collect", f"tailpipe {config}query {shlex.quote(query)}"]


def _as_json(found: Recognized, commands: list[str]) -> dict[str, Any]:
    return {
        "listed": found.listing.count,
        "is_whole": found.listing.is_whole,
        "looked_at": found.looked_at,
        "proposals": [
            {
                "table": each.table,
                "collection": each.collection,
                "what": each.what,
                "remark": each.remark,
                "artifacts": each.artifacts,
                "records": each.tried.records,
                "rejected": len(each.tried.misfits),
                "columns": each.tried.types,
                "rows": list(each.tried.rows),
                "rejects": [_reject(misfit) for misfit in each.tried.misfits[:5]],
            }
            for each in found.proposals
        ],
        "unknown": [{"location": each.location, "reason": each.reason, "line": each.line} for each in found.unknown],
        "left_out": list(found.left_out),
        "unseen": list(found.unseen),
        "hcl": found.text if found.proposals else "",
        "next": commands,
    }


def _reject(misfit: Any) -> dict[str, Any]:
    return {
        "location": misfit.location,
        "position": misfit.position,
        "reason": misfit.reason,
        "record": misfit.record[:500],
    }
