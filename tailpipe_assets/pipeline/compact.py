"""Compacting: the small files that collecting leaves become one a day and index value."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import duckdb

from tailpipe_assets.pipeline.collect import EVERYTHING
from tailpipe_assets.pipeline.failures import in_our_words
from tailpipe_assets.pipeline.memory import MEMORY
from tailpipe_resources.errors import TailpipeError
from tailpipe_resources.lake.attempts import sweep_attempts
from tailpipe_resources.lake.cleanup import put_away
from tailpipe_resources.lake.compact import TARGET_BYTES, Compacted, SlotFiles, compact, small_slots
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.inventory import tables
from tailpipe_resources.lake.mend import mend
from tailpipe_resources.lake.space import check_space
from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.alert import ALERT_TABLE
from tailpipe_resources.model.finding import DERIVED_TABLES
from tailpipe_resources.model.results import CompactResult, OnCompact
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.model.slot import encode
from tailpipe_resources.model.window import midnight
from tailpipe_resources.query.engine import connect, restrict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.window import Window

PASSES: Final = 3
"""Slots that others change while they are compacted are tried again so often."""


def compact_collections(
    lake: Lake,
    chosen: Sequence[tuple[str, str]],
    window: Window = EVERYTHING,
    *,
    target_bytes: int = TARGET_BYTES,
    on_event: OnCompact = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
    run: str = "",
) -> tuple[CompactResult, ...]:
    """Compact collections of a lake, one after the other, while others collect and read.

    Args:
        lake: where they lie.
        chosen: their tables and names; they need not be configured any more.
        window: of which days, by the time of the rows.
        target_bytes: about how large files get at most.
        on_event: told of progress.
        stopped: asked between slots; once true, what is ready is committed and the rest left.
        run: names the run in the history, for people.

    Returns:
        One result a collection, in their order. One that fails does not stop the others.
    """
    told = Told("compact", run)
    return tuple(_compacted(lake, key, window, target_bytes, told, on_event, stopped) for key in chosen)


def _compacted(
    lake: Lake,
    key: tuple[str, str],
    window: Window,
    target: int,
    told: Told,
    on_event: OnCompact,
    stopped: Callable[[], bool],
) -> CompactResult:
    table, collection = key
    started = time.monotonic()
    run = _Run(lake, CompactResult(table, collection), window, target, told, on_event, stopped)
    try:
        with lake.store.lock(
            f"{table}/{OWN}/compact/{encode(collection)}.lock", f"the compaction of {table}.{collection}"
        ):
            run.work()
    except (TailpipeError, duckdb.Error, OSError) as error:
        run.result = replace(run.result, failure=in_our_words(error))
    return replace(run.result, seconds=time.monotonic() - started, cancelled=stopped())


class _Run:
    """One collection's compaction."""

    def __init__(
        self,
        lake: Lake,
        result: CompactResult,
        window: Window,
        target: int,
        told: Told,
        on_event: OnCompact,
        stopped: Callable[[], bool],
    ) -> None:
        self.result = result
        self._lake = lake
        self._window = window
        self._target = target
        self._told = told
        self._on_event = on_event
        self._stopped = stopped

    def work(self) -> None:
        """Compact the collection's rows, its rejects and findings, and what was done about its alerts."""
        check_space(self._lake)
        there = tables(self._lake)
        for name in (self.result.table, *DERIVED_TABLES, *(each for each in (ALERT_TABLE,) if each in there)):
            mend(self._lake, name, quick=True)
            for _ in range(PASSES):
                before = self.result.conflicts
                self._pass(name)
                if self.result.conflicts == before or self._stopped():
                    break

    def _pass(self, name: str) -> None:
        slots = [each for each in small_slots(self._lake, name, collection=self.result.collection) if self._means(each)]
        if not slots:
            sweep_attempts(self._lake, name)
            put_away(self._lake, name)
            return
        before, spill = self.result, self._lake.staging(name, f"spill-{encode(self.result.collection)}")
        with connect(memory_limit=MEMORY, temp_directory=str(spill)) as connection:
            self._lake.store.attach(connection)
            restrict(connection, self._lake.reach)

            def tell(done: Compacted) -> None:
                self.result = _added(before, done, slots)
                self._on_event(self.result, before.slots + len(slots))

            tell(Compacted())
            done = compact(
                connection,
                self._lake,
                name,
                slots,
                told=self._told,
                target_bytes=self._target,
                on_done=tell,
                stopped=self._stopped,
            )
        self.result = _added(before, done, slots)

    def _means(self, each: SlotFiles) -> bool:
        slot = each.slot
        mine = slot.table not in {ALERT_TABLE, REJECTED_TABLE} or slot.index == self.result.table
        return mine and midnight(slot.day) in self._window


def _added(result: CompactResult, done: Compacted, slots: Sequence[SlotFiles]) -> CompactResult:
    figures = {name: getattr(result, name) + getattr(done, name) for name in done.__slots__}
    days = result.days | {each.slot.day for each in slots[: done.slots] if each.slot.table == result.table}
    return replace(result, **figures, days=days)
