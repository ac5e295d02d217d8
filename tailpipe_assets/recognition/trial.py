"""Trials: a configuration read, planned and run on heads, so that what is shown is what would be stored."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_assets.pipeline.batch import make_batch
from tailpipe_assets.pipeline.grow import Before
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.route import route
from tailpipe_assets.pipeline.rows import preview
from tailpipe_assets.recognition.head import cut
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.recognition.head import Head

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Misfit:
    """A record, or a whole artifact, that would be rejected."""

    location: str
    position: int
    reason: str
    record: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the records of some heads."""

    records: int
    rows: tuple[dict[str, Any], ...]
    """The first few, as they would be stored."""

    types: dict[str, str]
    """Of their columns."""

    misfits: tuple[Misfit, ...]

    @property
    def fitting(self) -> float:
        """The share of the records that become rows."""
        return 1 - len(self.misfits) / self.records if self.records else 0.0


def planned(text: str) -> Plan | None:
    """The only collection of a configuration, ready to run; None when something in it is wrong."""
    with tempfile.TemporaryDirectory(prefix="tailpipe-try-") as folder:
        file = Path(folder) / "proposal.hcl"
        file.write_text(text, encoding="utf-8")
        try:
            (ready,) = plan(load([file]))
        except ConfigError:
            return None
    return ready


def tried(connection: duckdb.DuckDBPyConnection, ready: Plan, heads: Sequence[Head]) -> Tried:
    """Run a plan on some heads."""
    loaded, misfits = [], []
    for head in heads:
        found = cut(head, ready.format)
        task = Task(head.artifact, Before(), (ready.format,))
        loaded.append(Loaded(head.artifact, task, ready.format, list(found.pieces)))
        if found.fault:
            misfits.append(Misfit(head.artifact.location, 0, found.fault, _first_line(head)))
    batch = make_batch(loaded, ready.format)
    routed = route(connection, ready.table, ready.index, batch)
    rows: list[dict[str, Any]] = []
    for share in routed.shares:
        if len(rows) < SHOWN:
            rows += preview(connection, ready, share, SHOWN - len(rows)).to_pylist()
    misfits += [
        Misfit(each.artifact.location, each.position or 0, each.reason, each.record or "") for each in routed.rejects
    ]
    count = sum(share.records.num_rows for share in routed.shares) + len(misfits)
    types = {column.name: column.type for column in ready.table.stored_columns}
    return Tried(count, tuple(rows), types, tuple(misfits))


def _first_line(head: Head) -> str:
    return head.data[:200].split(b"\n", 1)[0].decode(errors="backslashreplace")
