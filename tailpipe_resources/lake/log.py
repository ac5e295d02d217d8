"""A table's Delta log as files: its commits, one JSON file each, and its checkpoints.

delta-rs tells what a table is; this module tells which files say so, whether they are whole, and lets old ones go.
Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tailpipe_resources.lake.storage import Lake

LAST_CHECKPOINT = "_last_checkpoint"
_COMMIT = re.compile(r"(?P<version>\d{20})\.json")
_CHECKPOINT = re.compile(r"(?P<version>\d{20})\.checkpoint\.parquet")
_MAGIC = b"PAR1"
_SMALLEST_PARQUET = 12

MOST_READ = 500
"""Of more commits nobody asks what each of them added."""


@dataclass(frozen=True, slots=True)
class Log:
    """Which files a log consists of."""

    commits: Mapping[int, str] = field(default_factory=dict)
    """Keys by version, oldest first."""

    checkpoints: Mapping[int, str] = field(default_factory=dict)
    last: str | None = None
    """The key of the file that names the newest checkpoint."""

    @property
    def newest(self) -> int | None:
        """The version of the newest commit."""
        return max(self.commits, default=None)


def read_log(lake: Lake, table: str) -> Log:
    """The files of a table's log; none when there is no log."""
    commits, checkpoints, last = {}, {}, None
    for key in lake.store.keys(f"{table}/_delta_log"):
        name = key.rsplit("/", 1)[-1]
        if found := _COMMIT.fullmatch(name):
            commits[int(found["version"])] = key
        elif found := _CHECKPOINT.fullmatch(name):
            checkpoints[int(found["version"])] = key
        elif name == LAST_CHECKPOINT:
            last = key
    return Log(dict(sorted(commits.items())), dict(sorted(checkpoints.items())), last)


def read_commit(lake: Lake, key: str) -> tuple[Mapping[str, Any], ...] | None:
    """The actions of a commit; None when the file is not whole, or gone."""
    try:
        lines = lake.store.read(key).decode().splitlines()
        actions = [json.loads(line) for line in lines if line]
    except (FileNotFoundError, ValueError):
        return None
    return tuple(actions) if actions and all(isinstance(each, dict) for each in actions) else None


def days_added(lake: Lake, table: str, after: int, until: int) -> frozenset[date] | None:
    """The days of the rows that came after one version, up to another; None where the log does not tell any more."""
    commits = read_log(lake, table).commits
    if not 0 <= until - after <= MOST_READ:
        return None
    days: set[date] = set()
    for version in range(after + 1, until + 1):
        actions = read_commit(lake, commits[version]) if version in commits else None
        if actions is None:
            return None
        added = [each["add"] for each in actions if "add" in each]
        days.update(Slot.from_path(f"{table}/{unquote(each['path'])}").day for each in added if each["dataChange"])
    return frozenset(days)


def torn_commits(lake: Lake, log: Log) -> tuple[int, ...]:
    """The newest commits that are not whole, newest first; what a crash tears is always at the end."""
    torn = []
    for version in sorted(log.commits, reverse=True):
        if read_commit(lake, log.commits[version]) is not None:
            break
        torn.append(version)
    return tuple(torn)


def newest_whole(lake: Lake, table: str) -> int | None:
    """The version before the newest commits where those are torn; None where they are whole."""
    log = read_log(lake, table)
    torn = torn_commits(lake, log)
    return torn[-1] - 1 if torn and torn[-1] - 1 in log.commits else None


def is_parquet(lake: Lake, key: str) -> bool:
    """Whether a file begins and ends as a Parquet file does; one that was cut short does not."""
    try:
        data = lake.store.read(key)
    except FileNotFoundError:
        return False
    return len(data) >= _SMALLEST_PARQUET and data[:4] == data[-4:] == _MAGIC


def named_checkpoint(lake: Lake, log: Log) -> int | None:
    """The version `_last_checkpoint` names; None when there is no such file or it is not whole."""
    try:
        data = json.loads(lake.store.read(log.last)) if log.last else None
    except (FileNotFoundError, ValueError):
        return None
    version = data.get("version") if isinstance(data, dict) else None
    return version if isinstance(version, int) else None
