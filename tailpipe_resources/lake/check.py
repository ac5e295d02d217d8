"""Checking: whether a table of the lake is what its log and its ledgers say."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.errors import LakeDamagedError, LakeError
from tailpipe_resources.lake.check_rows import check_rows
from tailpipe_resources.lake.cleanup import past
from tailpipe_resources.lake.defects import COLLECT, REPAIR, RESTORE, Defect, counted
from tailpipe_resources.lake.delta import active_files, head, open_table
from tailpipe_resources.lake.inventory import open_leased
from tailpipe_resources.lake.ledger import read_ledger, uncommitted
from tailpipe_resources.lake.leftovers import collections_of, is_busy, orphans, staged
from tailpipe_resources.lake.mend import torn
from tailpipe_resources.lake.recovery import is_dead
from tailpipe_resources.lake.staging import path_values
from tailpipe_resources.lake.table import check_ours
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.model.slot import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import duckdb
    from deltalake import DeltaTable

    from tailpipe_resources.lake.delta import Removed
    from tailpipe_resources.lake.intent import Intent
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.lake.ledger import Ledger
    from tailpipe_resources.lake.storage import Lake
    from tailpipe_resources.lake.stored import Stored

Known_by_collection = dict[str, "Mapping[str, Known]"]


def check(
    lake: Lake,
    table: str,
    connection: duckdb.DuckDBPyConnection | None = None,
    *,
    wanted: Callable[[str], bool] = lambda _: True,
) -> tuple[Defect, ...]:
    """What is wrong with a table of the lake; nothing when it is sound.

    Others may read and write it meanwhile: what is checked is one version of it.

    Args:
        lake: where it lies.
        table: its name.
        connection: reads every row; without one only listings, the log and the ledgers are read.
        wanted: whether a collection is to be checked.
    """
    log = [
        Defect(table, "error", each.what, each.key, RESTORE if each.needed else REPAIR, repairable=not each.needed)
        for each in torn(lake, table)
    ]
    with ExitStack() as until:
        try:
            opened = open_leased(lake, table, until)
        except LakeDamagedError as error:
            return tuple(log) or (Defect(table, "error", str(error), f"{table}/_delta_log", RESTORE),)
        if opened is None:
            return tuple(log)
        return (*log, *_Check(lake, table, opened, wanted).defects(connection))


@dataclass
class _Check:
    """One version of a table while it is looked at."""

    lake: Lake
    table: str
    opened: DeltaTable
    wanted: Callable[[str], bool]
    known: Known_by_collection = field(default_factory=dict)
    """What the ledgers say, of collections whose ledger is whole."""

    def defects(self, connection: duckdb.DuckDBPyConnection | None) -> Iterator[Defect]:
        try:
            check_ours(self.opened, self.table)
        except LakeError as error:
            yield Defect(self.table, "error", str(error), self.table, "use the program that wrote it")
            return
        active = active_files(self.opened)
        files = {path: each for path, each in active.items() if self.wanted(each.values["tp_partition"])}
        listing = self.lake.store.listing(self.table)
        unusable = set()
        for path, defect in self._files(files, listing):
            unusable.add(path)
            yield defect
        for collection in collections_of(self.lake, self.table):
            if self.wanted(collection):
                yield from self._ledger(collection)
        if connection is not None:
            hurt = {files[path].values["tp_partition"] for path in unusable}
            usable = {path: each for path, each in files.items() if path not in unusable}
            yield from check_rows(connection, self.lake, self.table, self.opened, usable, self._comparable(hurt))
        yield from self._leftovers(listing, active)

    def _files(self, files: Mapping[str, Removed], listing: Mapping[str, Stored]) -> Iterator[tuple[str, Defect]]:
        for path, each in files.items():
            key = f"{self.table}/{path}"
            found = listing.get(key)
            if found is None and past(self.table, path) in listing:
                what = "a file of the table lies among those that were put away"
                yield path, Defect(self.table, "error", what, key, REPAIR, repairable=True)
            elif found is None:
                what = f"a file of {counted(each.rows, 'row')} is missing"
                yield path, Defect(self.table, "error", what, key, RESTORE)
            elif found.size != each.size:
                what = f"it has {found.size:,} bytes, but {each.size:,} were written"
                yield path, Defect(self.table, "error", what, key, RESTORE)
            elif not _agrees(key, each):
                yield path, Defect(self.table, "error", "its folders say another slot than the log", key, RESTORE)

    def _ledger(self, collection: str) -> Iterator[Defect]:
        stream = f"{self.table}/{collection}"
        at = head(self.opened, stream)
        try:
            ledger = read_ledger(self.lake, self.lake.stream(self.table, collection), at)
        except LakeDamagedError as error:
            if self._is_still(stream, at):
                yield Defect(self.table, "error", str(error), f"{self.table}.{collection}", RESTORE)
            return
        self.known[collection] = ledger.state.known
        told = [*self._unreachable(collection, ledger), *self._behind(collection, ledger)]
        if told and not is_busy(self.lake, self.table, collection) and self._is_still(stream, at):
            for what in told:
                yield Defect(self.table, "warning", what, f"{self.table}.{collection}", COLLECT, repairable=True)

    def _is_still(self, stream: str, at: int | None) -> bool:
        """Whether nobody committed to a stream since the version that is checked."""
        return head(open_table(self.lake, self.table), stream) == at

    def _unreachable(self, collection: str, ledger: Ledger) -> Iterator[str]:
        left = uncommitted(self.lake, self.lake.stream(self.table, collection), ledger)
        count = sum(is_dead(self.lake, batch) for batch in left)
        if count:
            yield f"left by a run that was cut off: {counted(count, 'attempt')} that never counted"

    def _behind(self, collection: str, ledger: Ledger) -> Iterator[str]:
        """What has not followed the collection's commits yet."""
        rejects = [each for each in ledger.chain if each.takes_out or each.rejects.files or each.rejects.takes_back]
        findings = [each for each in ledger.chain if each.findings.files]
        for name, what, intents in ((REJECTED_TABLE, "rejects", rejects), (FINDING_TABLE, "findings", findings)):
            count = self._not_in(name, f"{self.table}/{collection}", intents)
            if count:
                yield f"{what} of {counted(count, 'commit')} are not in {name} yet"

    def _not_in(self, name: str, stream: str, intents: Iterable[Intent]) -> int:
        """How many intents a table has not come to."""
        try:
            follower = open_table(self.lake, name)
        except LakeDamagedError:
            return 0  # that table's own check says so
        reached = head(follower, stream) or 0
        return 0 if follower is None else sum(each.batch > reached for each in intents)

    def _comparable(self, hurt: set[str]) -> Known_by_collection:
        """The ledgers to compare rows with: where a collection's files are missing, rows are too, which was said."""
        if self.table in OWN_TABLES:
            return {}
        return {name: known for name, known in self.known.items() if name not in hurt}

    def _leftovers(self, listing: Mapping[str, Stored], active: Mapping[str, Removed]) -> Iterator[Defect]:
        for path in orphans(self.lake, self.table, listing, active):
            what = "a Parquet file that no version of the table shows"
            yield Defect(self.table, "warning", what, f"{self.table}/{path}", REPAIR, repairable=True)
        for folder in staged(self.lake, self.table):
            what = "staged files of a run that is gone"
            yield Defect(self.table, "warning", what, str(folder), REPAIR, repairable=True)


def _agrees(key: str, file: Removed) -> bool:
    try:
        return path_values(Slot.from_path(key)) == file.values
    except ValueError:
        return False
