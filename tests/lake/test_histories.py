"""Any history of a collection leaves what a model in memory says, whichever of its steps a crash cuts short."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tailpipe_resources.lake import Batch, commit, local_lake, snapshot
from tailpipe_resources.lake.attempts import attempt
from tailpipe_resources.lake.cleanup import commit_superseding
from tailpipe_resources.lake.commit import _intent
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delete import Deletion, delete
from tailpipe_resources.lake.delete import _intent as _deleting
from tailpipe_resources.lake.delta import Change, Told, open_table
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import new_batch, write_intent
from tailpipe_resources.lake.replace import RowsOf, without
from tailpipe_resources.lake.staging import StagedFile, stage, stage_sorted
from tailpipe_resources.lake.taken import Taken
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View, create_views
from tests.lake.conftest import RUN, Workshop
from tests.lake.model import DAYS, Content, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from tailpipe_resources.lake.ledger import State
    from tests.lake.model import Row

HISTORIES = int(os.environ.get("TAILPIPE_TEST_HISTORIES", "50"))
"""How many are tried; `make torture` tries more."""

STEPS = 8
MEMORY = Path("/dev/shm")
"""Where waiting for the disk takes no time; how much it is waited for is tested elsewhere."""

NAMES = ("a", "b", "c", "d")

CONTENTS = st.builds(Content, st.tuples(st.integers(0, 3), st.integers(0, 2)), st.integers(0, 2))
BROKEN = st.just(Content((0, 0), 1, broken=True))
CRASHES = st.sampled_from([None, None, None, None, "staged", "intent", "published", "committed"])
"""After which step the process is gone; None when it is not."""


class Killed(BaseException):
    """The process ends here."""


class Histories(RuleBasedStateMachine):
    """One collection `t/c`; each step is a run of a process that begins with recovery."""

    @initialize()
    def begin(self) -> None:
        """A lake with empty tables."""
        self.until = ExitStack()
        memory = MEMORY if MEMORY.is_dir() else None
        folder = self.until.enter_context(tempfile.TemporaryDirectory(dir=memory, ignore_cleanup_errors=True))
        self.asking = self.until.enter_context(connect(threads=1))
        connection = self.until.enter_context(connect(threads=1))
        self.workshop = Workshop(local_lake(Path(folder)), connection)
        self.workshop.make("t", REJECTED_TABLE)
        self.model = Model()
        self.contents: dict[str, Content] = {}
        self.versions: dict[str, int] = {}

    def teardown(self) -> None:
        """Nothing is left of it."""
        if hasattr(self, "until"):
            self.until.close()

    @rule(found=st.dictionaries(st.sampled_from(NAMES), CONTENTS | BROKEN, min_size=1, max_size=3), crash=CRASHES)
    def collect(self, found: dict[str, Content], crash: str | None) -> None:
        """Artifacts come, change or break."""
        for location, content in found.items():
            self.contents[location] = content
            self.versions[location] = self.versions.get(location, 0) + 1
        self._collected(found, crash)

    @rule(crash=CRASHES)
    def overwrite(self, crash: str | None) -> None:
        """All there is is read again."""
        if self.contents:
            self._collected(self.contents, crash)

    @rule()
    def collect_again(self) -> None:
        """What a crash left out comes in with the next run; where there was none, nothing comes."""
        state = self.workshop.state()
        wanted = {
            location: content
            for location, content in self.contents.items()
            if location not in state.known or state.known[location].version != str(self.versions[location])
        }
        behind = {name for name in self.contents if self.model.known.get(name, ("",))[0] != str(self.versions[name])}
        assert wanted.keys() == behind
        if wanted:
            self._collected(wanted, None)

    @rule(crash=st.sampled_from([None, None, "published", "committed"]))
    def compact(self, crash: str | None) -> None:
        """Files become fewer and rows stay."""
        workshop = self.workshop
        slots = small_slots(workshop.lake, "t")
        if crash is None:
            compact(workshop.connection, workshop.lake, "t", slots, told=Told("compact"))
            assert small_slots(workshop.lake, "t") == []
        for each in slots if crash else ():
            files = ", ".join(literal(workshop.lake.store.address(f"t/{file.path}")) for file in each.files)
            select = f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"
            folder = workshop.lake.staging("t", "compact-gone")
            made = stage_sorted(workshop.connection, workshop.lake, each.slot, select, folder, piece_bytes=None)
            change = Change((), tuple(each.files), new_batch(None), data_change=False, told=Told("compact"))
            self._rewrite(change, made, is_committed=crash == "committed")

    @rule(
        days=st.sampled_from([frozenset(DAYS[:1]), frozenset(DAYS[1:]), frozenset(DAYS), None]),
        crash=st.sampled_from([None, None, "intent", "committed"]),
    )
    def delete(self, days: frozenset[date] | None, crash: str | None) -> None:
        """Days go and stay collected, or everything goes and is forgotten."""
        workshop, deletion = self.workshop, Deletion("t", "c", Told("delete"), days)
        if crash is None:
            delete(workshop.connection, workshop.lake, deletion)
        else:
            self._crash_deleting(deletion, crash)
        if crash != "intent":
            self.model.forget(days)

    def _crash_deleting(self, deletion: Deletion, after: str) -> None:
        lake, state = self.workshop.lake, self.workshop.state()
        intent, table = _deleting(self.workshop.connection, lake, deletion, state), open_table(lake, "t")
        assert table is not None
        write_intent(lake, lake.stream("t", "c"), intent)
        if after == "committed":
            gone = Taken("c", deletion.days).files(table)
            commit_superseding(lake, "t", Change((), gone, intent.batch, stream="t/c", expected=state.head))

    def _rewrite(self, change: Change, staged: Sequence[StagedFile], *, is_committed: bool) -> None:
        """Put files in place and, if so, commit them, and end before the attempt does."""
        lake = self.workshop.lake
        with suppress(Killed), attempt(lake, "t", change.batch, [file.final for file in staged]):
            added = (*change.added, *(file.publish(lake) for file in staged))
            if is_committed:
                commit_superseding(lake, "t", replace(change, added=added))
            raise Killed

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        """Rows, each id once; and after recovery the ledger and the rejects."""
        found = self._ask("t", "tp_source_location, n, tp_id")
        expected = sorted(row for rows in self.model.rows.values() for row in rows)
        assert [(location, number) for location, number, _ in found] == expected
        assert len({each for _, _, each in found}) == len(found)
        known = self.workshop.state().known
        assert {name: (each.version, each.status, each.rows) for name, each in known.items()} == self.model.known
        self._plain_globs_see_no_more()
        rejects = Counter(location for (location,) in self._ask(REJECTED_TABLE, "tp_source_location"))
        assert rejects == Counter(self.model.rejects)

    def _plain_globs_see_no_more(self) -> None:
        for table in ("t", REJECTED_TABLE):
            found = snapshot(self.workshop.lake, table)
            assert found is not None
            assert self.workshop.parquet(table) == set(found.files)

    def _ask(self, table: str, columns: str) -> list[Any]:
        with ExitStack() as until:
            found = snapshot(self.workshop.lake, table, until)
            assert found is not None
            self.asking.execute(f"DROP VIEW IF EXISTS {table}")
            create_views(self.asking, [View(table, found.columns, found.files)])
            return self.asking.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()

    def _collected(self, found: Mapping[str, Content], crash: str | None) -> None:
        state = self.workshop.state()
        rows = {name: _rows(name, self.versions[name], content) for name, content in found.items()}
        batch = self._batch(state, found, rows)
        if crash is None:
            commit(self.workshop.connection, self.workshop.lake, state, batch)
        else:
            self._crash(state, batch, crash)
        if crash in (None, "committed"):
            for name, content in found.items():
                self.model.take(name, str(self.versions[name]), content, [row for day in rows[name] for row in day])

    def _crash(self, state: State, batch: Batch, after: str) -> None:
        """As far as `commit` had come."""
        lake, connection = self.workshop.lake, self.workshop.connection
        if after == "staged":
            return
        intent = _intent(batch, state)
        write_intent(lake, lake.stream("t", "c"), intent)
        if after == "intent":
            return
        for file in (*batch.files, *batch.rejects):
            file.publish(lake)
        table = open_table(lake, "t")
        assert table is not None
        gone = without(connection, lake, table, name="t", rows_of=RowsOf(batch.replaced, "t/c", "c"))
        added = tuple(file.added for file in batch.files)
        change = Change(added, gone.removed, intent.batch, stream="t/c", expected=state.head)
        self._rewrite(change, gone.rewritten, is_committed=after == "committed")

    def _batch(self, state: State, found: Mapping[str, Content], rows: Mapping[str, tuple[list[Row], ...]]) -> Batch:
        files = [
            self._staged("t", day, [row for each in rows.values() for row in each[at]]) for at, day in enumerate(DAYS)
        ]
        rejected = [(name, number) for name, content in found.items() for number in range(content.rejects)]
        again = [name for name in found if name in state.known]
        return Batch(
            "t",
            "c",
            RUN,
            files=tuple(file for file in files if file is not None),
            consumed=tuple(self._entry(name, content) for name, content in found.items()),
            rejects=tuple(file for file in (self._staged(REJECTED_TABLE, DAYS[0], rejected),) if file is not None),
            replaced=frozenset(name for name in again if not found[name].broken and state.known[name].held),
            mended=frozenset(again),
        )

    def _entry(self, name: str, content: Content) -> Entry:
        status: Any = "quarantined" if content.broken else "ok"
        return Entry(name, str(self.versions[name]), status, rows=sum(content.rows), rejected=content.rejects)

    def _staged(self, table: str, day: date, rows: Iterable[Row]) -> StagedFile | None:
        values = ", ".join(f"({literal(name)}, {number})" for name, number in rows)
        if not values:
            return None
        select = (
            f"SELECT l || '/' || n AS tp_id, TIMESTAMPTZ '{day} 12:00:00Z' AS tp_timestamp, l AS tp_source_location, "
            f"n::BIGINT AS n FROM (VALUES {values}) v(l, n)"
        )
        slot = Slot(table, "c", "t" if table == REJECTED_TABLE else "i", day)
        return stage(self.workshop.connection, self.workshop.lake, slot, select, stream="t/c")


def _rows(name: str, version: int, content: Content) -> tuple[list[Row], ...]:
    return tuple(
        [(name, version * 1000 + at * 100 + number) for number in range(count)] for at, count in enumerate(content.rows)
    )


@pytest.mark.slow
def test_every_history_leaves_what_the_model_says() -> None:
    """Collecting, replacing, breaking, overwriting, compacting and deleting in any order, cut short anywhere."""
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )
