"""What the tests of the lake share: a small table, and staging into it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.lake import Batch, Lake, local_lake, open_lake, snapshot
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import StagedFile, stage
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.schema import INSTANT, REJECTED_TABLE, Column
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View, create_views
from tests.services.s3 import S3Endpoint, s3_destination, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb

    from tailpipe_resources.lake.ledger import State

DAY = date(2024, 2, 7)
RUN = Told("collect", "run")
COLUMNS = (
    Column("tp_id", "VARCHAR"),
    Column("tp_timestamp", INSTANT),
    Column("tp_source_location", "VARCHAR"),
    Column("n", "BIGINT"),
)


@dataclass
class Workshop:
    """A lake with a table `t`, and a connection to fill it."""

    lake: Lake
    connection: duckdb.DuckDBPyConnection
    staged: list[StagedFile] = field(default_factory=list)

    def folder(self, table: str) -> Path:
        """The folder of a table."""
        return self.lake.store.scratch / table

    def intents(self) -> set[str]:
        """The keys of the intents of `t/c`."""
        return {key for key in self.lake.store.keys(self.lake.stream("t", "c")) if key.endswith(".json")}

    def stream(self) -> Path:
        """The folder of the intents of `t/c`."""
        return self.lake.store.scratch / self.lake.stream("t", "c")

    def make(self, *tables: str, columns: Sequence[Column] = COLUMNS) -> None:
        """Make tables, or widen them."""
        for name in tables:
            ensure_table(self.lake, name, columns, delta_schema(self.connection, columns))

    def stage(
        self,
        location: str,
        numbers: Iterable[int],
        *,
        table: str = "t",
        collection: str = "c",
        index: str = "i",
        day: date = DAY,
        at: str = "12:00:00",
        stream: str = "t/c",
    ) -> StagedFile:
        """A staged file with a row a number."""
        rows = ", ".join(f"({literal(location)}, {number})" for number in numbers)
        select = (
            f"SELECT l || n AS tp_id, TIMESTAMPTZ '{day} {at}Z' AS tp_timestamp, l AS tp_source_location, "
            f"n::BIGINT AS n FROM (VALUES {rows}) v(l, n)"
        )
        made = stage(self.connection, self.lake, Slot(table, collection, index, day), select, stream=stream)
        assert made is not None
        return made

    def stage_query(self, select: str) -> StagedFile:
        """What a query yields, staged in the usual slot."""
        made = stage(self.connection, self.lake, Slot("t", "c", "i", DAY), select, stream="t/c")
        assert made is not None
        return made

    @staticmethod
    def of(*files: StagedFile) -> Batch:
        """A batch of files that nothing is remembered of."""
        return Batch("t", "c", RUN, files=files)

    def batch(self, *locations: str, version: str = "1", rows: int = 3, **more: Any) -> Batch:
        """A batch with one staged file an artifact."""
        files = tuple(self.stage(each, range(rows)) for each in locations)
        entries = tuple(Entry(each, version, "ok", rows=rows) for each in locations)
        return Batch("t", "c", RUN, files=files, consumed=entries, **more)

    def state(self) -> State:
        """What the ledger says, after tidying up."""
        return recover(self.connection, self.lake, "t", "c")

    def ask(self, query: str, table: str = "t") -> list[tuple[Any, ...]]:
        """What a query over our own view of a table gives."""
        found = snapshot(self.lake, table)
        assert found is not None
        with connect(threads=1) as connection:
            self.lake.store.attach(connection)
            create_views(connection, [View(table, found.columns, found.files)])
            return connection.execute(query).fetchall()

    def counts(self, table: str = "t") -> dict[str, int]:
        """Rows by artifact, as readers see them."""
        return dict(self.ask(f"select tp_source_location, count(*) from {table} group by all", table))

    def parquet(self, table: str = "t") -> set[str]:
        """All Parquet files in the places readers look, seen or not."""
        store, start = self.lake.store, f"{table}/tp_partition="
        found = {key for key in store.keys(table) if key.startswith(start) and key.endswith(".parquet")}
        return {store.address(key) for key in found}


BOTH = pytest.mark.parametrize(
    "workshop", ["local", pytest.param("s3", marks=pytest.mark.service)], indirect=True, ids=["local", "s3"]
)
"""For tests of what holds wherever a lake lies."""


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workshop]:
    """A lake with an empty table `t` and an empty table of rejects."""
    if getattr(request, "param", "local") == "local":
        lake = local_lake(tmp_path / "lake")
    else:
        yield request.getfixturevalue("far_shop")
        return
    with open_shop(lake) as made:
        yield made


@pytest.fixture
def far_shop(s3_endpoint: S3Endpoint) -> Iterator[Workshop]:
    """A lake below a prefix of a bucket of its own, with the same empty tables."""
    with open_shop(open_lake(s3_destination(s3_endpoint.url, s3_endpoint.bucket()))) as made:
        yield made


@contextmanager
def open_shop(lake: Lake) -> Iterator[Workshop]:
    """A workshop over this lake."""
    with connect(threads=1) as connection:
        lake.store.attach(connection)
        made = Workshop(lake, connection)
        made.make("t", REJECTED_TABLE)
        yield made
