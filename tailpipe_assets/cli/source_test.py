"""`source test`: as whom a source reads, and whether it can."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config
from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from tailpipe_assets.pipeline.probing import Step
    from tailpipe_resources.model.config import Source


def run(args: argparse.Namespace) -> int:
    """Try a source that is configured, step by step."""
    from tailpipe_assets.pipeline.probing import probe

    source = _source(args)
    if args.output == "json":
        steps = list(probe(source))
        print_json([_as_json(each) for each in steps])
        return _exit(steps)
    return _exit(map(_show, probe(source)))


def _source(args: argparse.Namespace) -> Source:
    if args.name is None:
        raise UsageError("test needs the name of a source of the configuration; list shows which there are")
    sources = read_config(args).sources
    found = [each for each in sources if args.name in (each.name, each.address, each.address.removeprefix("source."))]
    if not found:
        names = [each.name for each in sources]
        raise UsageError(f'no source of the configuration is called "{args.name}"{hint(args.name, names)}')
    if len(found) > 1:
        raise UsageError(f"{' and '.join(each.address for each in found)}: say which of them")
    return found[0]


def _show(step: Step) -> Step:
    print(f"{'failed' if step.failure else 'ok':<8}{step.name:<10}{step.said}", flush=True)
    if step.permission:
        print(f"\nThis would grant it, and nothing else:\n\n{step.permission}", file=sys.stderr)
    return step


def _as_json(step: Step) -> dict[str, object]:
    return {"step": step.name, "ok": step.failure is None, "said": step.said, "permission": step.permission}


def _exit(steps: Iterable[Step]) -> int:
    failures = [each.failure for each in steps if each.failure is not None]
    return exit_of(failures[0]) if failures else Exit.OK
