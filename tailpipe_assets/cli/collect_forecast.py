"""`collect --dry-run`: what a run would take in, about how long it would take, and whether there is room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json, print_rows
from tailpipe_resources.query.cells import harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_assets.pipeline import CollectOptions, Plan
    from tailpipe_assets.pipeline.backlog import Backlog
    from tailpipe_resources.model.window import Window

_BYTES_A_SECOND = 12_000_000
_STORED = 0.75
"""Seconds and bytes that logs take, for each byte as it lies in the source: measured with gzipped CloudTrail, which is
slower and stays larger than text that was not packed."""

_LISTED_A_REQUEST = 1000
_BY_NOTICES = "a run goes by about {:,} notices; what they do not name waits for the listing that is made once a day"
_COLUMNS = ("collection", "listed", "to collect", "bytes", "days", "requests", "about", "in the lake", "free")


def forecast(plans: Sequence[Plan], window: Window, options: CollectOptions, output: str) -> int:
    """Say what a run would do. Sources are listed; nothing is fetched, and nothing is written."""
    from tailpipe_assets.pipeline.backlog import backlog
    from tailpipe_assets.pipeline.listing import by_source

    facts = []
    for group in by_source(plans).values():
        notices = _notices(group, window, options)
        facts += [
            _facts(ready, waiting) | {"notices": notices, "note": _note(ready, window, waiting)}
            for ready, waiting in zip(group, backlog(group, window, options=options), strict=True)
        ]
    if output == "json":
        print_json({"collections": facts})
    else:
        print_rows([_row(each) for each in facts], _COLUMNS)
        _print_end(facts)
    return Exit.SOURCE if any(each["failure"] for each in facts) else Exit.OK


def _notices(plans: Sequence[Plan], window: Window, options: CollectOptions) -> int | None:
    """About how many notices a run goes by; None where it lists, or would find out in vain."""
    from tailpipe_assets.pipeline.collect import DEFAULT
    from tailpipe_assets.pipeline.draining import is_for_notices
    from tailpipe_assets.pipeline.notices import are_all, waiting
    from tailpipe_assets.pipeline.reconcile import due
    from tailpipe_resources.errors import SourceError

    if not is_for_notices(window, options) or not are_all(plans):
        return None
    try:
        count = waiting(plans, DEFAULT)
    except SourceError:
        return None
    return None if count is None or due(plans, DEFAULT) else count


def _note(ready: Plan, window: Window, waiting: Backlog) -> str:
    from tailpipe_assets.pipeline.backlog import why_none

    return why_none(ready, window) if waiting.listed == 0 and waiting.failure is None else ""


def _facts(ready: Plan, waiting: Backlog) -> dict[str, Any]:
    from tailpipe_resources.lake.space import free_bytes
    from tailpipe_resources.lake.storage import open_lake

    lake = open_lake(ready.collection.destination)
    remote = ready.collection.source.type != "file"
    return {
        "collection": ".".join(ready.collection.key),
        "listed": waiting.listed,
        "artifacts": waiting.artifacts,
        "bytes": waiting.bytes,
        "days": waiting.days,
        "requests": waiting.artifacts + -(-waiting.listed // _LISTED_A_REQUEST) if remote else 0,
        "seconds": round(waiting.bytes / _BYTES_A_SECOND, 1),
        "stored_bytes": int(waiting.bytes * _STORED),
        "free_bytes": None if lake.store.is_remote else free_bytes(lake),
        "failure": None if waiting.failure is None else str(waiting.failure),
    }


def _row(facts: dict[str, Any]) -> dict[str, str]:
    from tailpipe_resources.lake.space import in_units

    free = facts["free_bytes"]
    figures = (
        facts["collection"],
        f"{facts['listed']:,}",
        f"{facts['artifacts']:,}",
        in_units(facts["bytes"]),
        f"{facts['days']:,}" if facts["days"] else "-",
        f"{facts['requests']:,}" if facts["requests"] else "-",
        f"{facts['seconds']:,.0f} s",
        in_units(facts["stored_bytes"]),
        "-" if free is None else in_units(free),
    )
    return dict(zip(_COLUMNS, figures, strict=True))


def _print_end(facts: Sequence[dict[str, Any]]) -> None:
    for each in facts:
        if each["failure"]:
            print(f"{each['collection']}: {each['failure']}")
        elif each["free_bytes"] is not None and each["stored_bytes"] > each["free_bytes"]:
            print(f"{each['collection']}: there may not be room for it")
        if each["note"]:
            print(f"{each['collection']}: {harmless(each['note'])}")
        if each["notices"] is not None:
            print(f"{each['collection']}: {_BY_NOTICES.format(each['notices'])}")
    print("\nNothing was collected. Time and space are rough: they go by the size of what waits.")
