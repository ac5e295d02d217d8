"""History: who changed a table, what and when. It reaches back to the first commit, also once the log was tidied.

Before old commits leave the Delta log, what they tell is written to `{table}/_tailpipe/history/{first}-{last}.jsonl`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from tailpipe_resources.lake.delta import TOLD_KEY, drop_old_commits, open_table
from tailpipe_resources.lake.log import is_parquet, read_commit, read_log
from tailpipe_resources.lake.retired import retire
from tailpipe_resources.lake.storage import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tailpipe_resources.lake.log import Log
    from tailpipe_resources.lake.storage import Lake

TIDY_EVERY = 100
"""After so many commits those that are in the past leave the log."""

_OPERATIONS = {"CREATE TABLE": "create", "ADD COLUMN": "widen"}


@dataclass(frozen=True, slots=True)
class Event:
    """One commit of a table."""

    version: int
    time: datetime
    operation: str
    """`create`, `widen`, `collect`, `overwrite`, `compact`, `delete`, `retention`, ...; else what Delta calls it."""

    collection: str = ""
    """Whose rows it brought; empty when it concerned none or several."""

    rows_added: int = 0
    rows_removed: int = 0
    files_added: int = 0
    files_removed: int = 0
    run: str = ""
    config: str = ""
    """The digest of the configuration it ran with."""

    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Under stable names, with the time as ISO text."""
        return {**asdict(self), "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """As it was written."""
        return cls(**{**data, "time": datetime.fromisoformat(data["time"])})


def history(lake: Lake, table: str, limit: int | None = None) -> tuple[Event, ...]:
    """The commits of a table, newest first; none when there is no such table."""
    return tuple(islice(_events(lake, table), limit))


def tidy(lake: Lake, table: str, *, every: int = TIDY_EVERY) -> None:
    """Let commits leave the log that a checkpoint made superfluous: on a disk soon, elsewhere after its retention.

    What they tell is kept for the history. Does nothing until enough commits have come since the last time.

    Args:
        lake: where the table lies.
        table: its name.
        every: how many new commits it takes.
    """
    log = read_log(lake, table)
    if log.newest is None or log.newest - _journaled(lake, table) <= every or not _is_safe(lake, table, log):
        return
    _journal(lake, table, log)
    retire(lake, table, log)
    found = open_table(lake, table)
    if found is not None:
        drop_old_commits(found)


def read_event(version: int, actions: Sequence[Mapping[str, Any]]) -> Event:
    """What a commit tells of itself."""
    info: Mapping[str, Any] = next((each["commitInfo"] for each in actions if "commitInfo" in each), {})
    told = _told(info)
    added = [each["add"] for each in actions if "add" in each]
    named = str(info.get("operation", ""))
    return Event(
        version=version,
        time=datetime.fromtimestamp(int(info.get("timestamp", 0)) / 1000, UTC),
        operation=str(told.get("operation") or _OPERATIONS.get(named, named.lower())),
        collection=str(told.get("stream", "")).partition("/")[2],
        rows_added=sum(_rows(each) for each in added),
        rows_removed=int(told.get("rows_removed", 0)),
        files_added=len(added),
        files_removed=sum("remove" in each for each in actions),
        run=str(told.get("run", "")),
        config=str(told.get("config", "")),
        detail=str(told.get("detail", "")),
    )


def _events(lake: Lake, table: str) -> Iterator[Event]:
    """Newest first: from the log, then from what was kept of commits that left it."""
    before: int | None = None
    for version, key in sorted(read_log(lake, table).commits.items(), reverse=True):
        actions = read_commit(lake, key)
        if actions is not None:
            yield read_event(version, actions)
            before = version
    for key in reversed(lake.store.keys(_folder(table))):
        lines = reversed(lake.store.read(key).decode().splitlines())
        for event in map(Event.from_json, map(json.loads, lines)):
            if before is None or event.version < before:
                yield event
                before = event.version


def _is_safe(lake: Lake, table: str, log: Log) -> bool:
    """Whether the newest checkpoint is whole on the disk, so that the commits before it are not needed."""
    newest = max(log.checkpoints, default=None)
    if newest is None or not is_parquet(lake, log.checkpoints[newest]):
        return False
    lake.store.settle(table, newest)
    return True


def _journal(lake: Lake, table: str, log: Log) -> None:
    """Keep what commits tell that was not kept before. The newest may not be on the disk yet: it waits."""
    done = _journaled(lake, table)
    events = []
    for version, key in log.commits.items():
        if done < version < (log.newest or 0):
            actions = read_commit(lake, key)
            events += [read_event(version, actions)] if actions is not None else []
    if events:
        lines = "".join(json.dumps(each.to_json()) + "\n" for each in events)
        name = f"{events[0].version:020}-{events[-1].version:020}.jsonl"
        lake.store.write(f"{_folder(table)}/{name}", lines.encode())


def _journaled(lake: Lake, table: str) -> int:
    """The newest version that is kept; -1 when none is."""
    names = [key.rsplit("/", 1)[-1] for key in lake.store.keys(_folder(table)) if key.endswith(".jsonl")]
    return max((int(name.removesuffix(".jsonl").split("-")[1]) for name in names), default=-1)


def _told(info: Mapping[str, Any]) -> Mapping[str, Any]:
    found = info.get(TOLD_KEY)
    try:
        told = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _rows(added: Mapping[str, Any]) -> int:
    stats = json.loads(added.get("stats") or "{}")
    return int(stats.get("numRecords", 0))


def _folder(table: str) -> str:
    return f"{table}/{OWN}/history"
