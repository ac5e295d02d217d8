"""Looking after what nobody reports: disks that fill up, sources that have gone quiet, what is configured no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.health import Condition, note, silence
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.ledger import made_at
from tailpipe_resources.lake.space import LEAST_BYTES, free_bytes, in_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Collection, Config, Destination
    from tailpipe_resources.model.detection import Detections

LOW_BYTES = 5 * LEAST_BYTES
"""With less room on a disk it is time to say so: work stops at a fifth of it."""

EVERY_SECONDS = 60.0


def look_after(
    outbox: Outbox, config: Config, lake: Callable[[Destination], Lake], now: datetime, *, low: int = LOW_BYTES
) -> None:
    """Note how disks and sources are, once a minute.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    last = float(outbox.setting("looked") or 0)
    if now.timestamp() - last < EVERY_SECONDS:
        return
    found = [*_disks(config, lake, low), *_quiet(outbox, config, lake, now), *left_over(outbox, config, lake)]
    note(outbox, found, now)
    with outbox.transaction():
        outbox.set("looked", str(now.timestamp()))


def left_over(outbox: Outbox, config: Config, lake: Callable[[Destination], Lake]) -> list[Condition]:
    """That it is over, of whatever was wrong with what is not configured any more: nobody else will say so.

    What an earlier look did not find in these folders is another configuration's, which may share the outbox.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    wrong = [str(row["name"]) for row in outbox.wrong()]
    if not wrong:
        return []
    there = _configured(config, lake)
    place = f"wrong by {' '.join(sorted({str(Path(each).absolute().parent) for each in config.files}))}"
    before = json.loads(outbox.setting(place) or "[]")
    parts = {name: name.partition(" ") for name in wrong}
    ours = {name for name, (kind, _, about) in parts.items() if kind in there and there[kind](about)}
    gone = [name for name in wrong if name in before and name not in ours]
    with outbox.transaction():
        outbox.set(place, json.dumps(sorted([*ours, *gone])))
    return [Condition(parts[name][0], parts[name][2]) for name in gone]


def _configured(config: Config, lake: Callable[[Destination], Lake]) -> Mapping[str, Callable[[str], bool]]:
    """By the kind of a condition, whether what it is about is configured."""
    collections = {".".join(each.key): each for each in config.collections if each.enabled}
    lakes = [lake(each) for each in Outline.of(config).lakes]
    heartbeat = config.alerting.heartbeat

    def has_detection(about: str) -> bool:
        # `rule on table.collection`, or of one that a schedule asks `rule of table.collection`.
        rule, _, place = (about if " on " in about else about.replace(" of ", " on ", 1)).partition(" on ")
        return not place or (place in collections and _has_rule(config.detections, rule))

    return {
        "collect": collections.__contains__,
        "quiet": lambda about: about in collections and collections[about].pace.expect_every is not None,
        "detection": has_detection,
        "disk": {str(each.store.scratch) for each in lakes}.__contains__,
        "lake": {each.root for each in lakes}.__contains__,
        "heartbeat": lambda about: heartbeat is not None and about == f"at {heartbeat.place}",
    }


def _has_rule(said: Detections, rule: str) -> bool:
    switched = {each.address: each.enabled for each in said.overrides if each.enabled is not None}
    own = {each.address: each.enabled for each in said.detections}
    packs = (f"{each.type}.{each.name}." for each in said.packs if each.options.get("enabled", True))
    # What has no table in its name stands for all rules of a collection.
    return "." not in rule or switched.get(rule, own.get(rule, rule.startswith(tuple(packs))))


def wrong_now(config: Config, lake: Callable[[Destination], Lake], now: datetime) -> list[Condition]:
    """Disks that are nearly full, and collections that have gone quiet, without noting anything."""
    found = list(_disks(config, lake, LOW_BYTES))
    for each in config.collections:
        last = _last_commit(each, lake) if each.enabled and each.pace.expect_every is not None else None
        if last is not None and each.pace.expect_every is not None:
            found.append(_silent(each, silence(last, each.pace.expect_every, now)))
    return [each for each in found if each.trouble is not None]


def _disks(config: Config, lake: Callable[[Destination], Lake], low: int) -> Iterator[Condition]:
    for each in map(lake, Outline.of(config).lakes):
        free = free_bytes(each)
        trouble = (
            f"Only {in_units(free)} are free. Collecting stops at {in_units(LEAST_BYTES)}." if free < low else None
        )
        yield Condition("disk", str(each.store.scratch), trouble, is_certain=True)


def _quiet(outbox: Outbox, config: Config, lake: Callable[[Destination], Lake], now: datetime) -> Iterator[Condition]:
    for each in config.collections:
        if each.enabled and each.pace.expect_every is not None:
            last = _last_commit(each, lake) or _first_look(outbox, each, now)
            yield _silent(each, silence(last, each.pace.expect_every, now))


def _silent(collection: Collection, trouble: str | None) -> Condition:
    return Condition("quiet", ".".join(collection.key), trouble, is_certain=True)


def _last_commit(collection: Collection, lake: Callable[[Destination], Lake]) -> datetime | None:
    try:
        batch = head(open_table(lake(collection.destination), collection.table_stored), collection.stream)
    except LakeError:
        return None
    return None if batch is None else datetime.fromtimestamp(made_at(batch), UTC)


def _first_look(outbox: Outbox, collection: Collection, now: datetime) -> datetime:
    """One that was never collected is quiet since it was first looked at."""
    name = f"first {collection.stream}"
    known = outbox.setting(name)
    if known is None:
        with outbox.transaction():
            outbox.set(name, str(now.timestamp()))
        return now
    return datetime.fromtimestamp(float(known), UTC)
