"""Readers: they take a snapshot as queries do, and know what it must show."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_assets.views import views_of
from tailpipe_resources.errors import LakeDamagedError, TailpipeError
from tailpipe_resources.lake.delta import head, open_table
from tailpipe_resources.lake.ledger import read_ledger
from tailpipe_resources.model.names import literal
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import create_views
from tests.torture.scene import OLD, TABLE, Scene

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from tailpipe_resources.model.config import Config

Group = tuple[str, int, int, int, int, int]
"""Location, generation and size as the rows say; how many rows, how many different numbers, how many ids."""

QUERY = (
    "SELECT tp_source_location, generation, size, count(*), count(DISTINCT number), count(DISTINCT tp_id) "
    f"FROM {TABLE} GROUP BY 1, 2, 3 ORDER BY ALL"
)
SHOWN = 3
TRIES = 3


@dataclass
class Read:
    """What came of one reading."""

    kind: str
    said: str
    detail: str = ""


@dataclass
class Expected:
    """What readers must see, as far as it was acknowledged."""

    scene: Scene
    least: dict[str, int] = field(default_factory=dict)
    """The lowest generation that may be seen, by location."""

    deleted: set[str] = field(default_factory=set)
    """Locations whose rows the ledger says were deleted. They never come back."""

    def __post_init__(self) -> None:
        self._fed, self._acks = self.scene.fed, self.scene.acks
        self._files: list[dict[str, Any]] = []
        self._upto: dict[str, int] = {}

    def learn(self) -> None:
        """Take in what was acknowledged up to now. To be called before reading."""
        acks = self._acks.new()
        self._files += self._fed.new()
        for ack in acks:
            start = self._upto.get(ack["collection"], 0)
            self._upto[ack["collection"]] = max(start, ack["fed"])
            for each in self._files[start : ack["fed"]]:
                if each["collection"] == ack["collection"]:
                    self.least[each["location"]] = each["generation"]

    def learn_deletions(self) -> None:
        """Ask the ledger what was deleted. To be called after reading."""
        lake = self.scene.lake
        for left in reversed(range(TRIES)):
            try:
                at = head(open_table(lake, TABLE), f"{TABLE}/{OLD}")
                known = read_ledger(lake, lake.stream(TABLE, OLD), at).state.known
            except LakeDamagedError:  # a run may tidy the ledger up between the two
                if not left:
                    raise
            else:
                self.deleted.update(location for location, each in known.items() if each.rows == 0)
                return


def problems(found: Iterable[Group], expected: Expected) -> list[str]:
    """What is wrong with an answer."""
    seen: dict[str, Group] = {}
    wrong: list[str] = []
    for group in found:
        location, generation, size, rows, numbers, ids = group
        if location in seen:
            wrong.append(f"{location} shows generations {seen[location][1]} and {generation}")
        seen[location] = group
        if not size == rows == numbers == ids:
            wrong.append(f"{location} of {size} rows shows {rows} with {numbers} numbers and {ids} ids")
        if location in expected.deleted:
            wrong.append(f"{location} was deleted and is back")
        if generation < expected.least.get(location, 0):
            wrong.append(f"{location} shows generation {generation}, {expected.least[location]} was acknowledged")
    if expected.least.keys() - seen.keys() - expected.deleted:
        expected.learn_deletions()
    missing = expected.least.keys() - seen.keys() - expected.deleted
    return [*wrong, *(f"{location} is missing" for location in sorted(missing))]


class Reader:
    """Asks, waits while it holds its snapshot, asks again, and compares."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._random = random
        self._expected = Expected(scene)
        self._config: Config | None = None

    def step(self) -> Read:
        """Read once."""
        self._config = self._config or self._scene.config
        expected = self._expected
        expected.learn()
        try:
            first, second = self._asked(self._config)
            wrong = problems(first, expected)
        except (TailpipeError, duckdb.Error, OSError) as error:
            return Read("read", "error", f"{type(error).__name__}: {str(error)[:600]}")
        if first != second:
            wrong.append("the same snapshot gave two answers")
        return Read("read", "wrong" if wrong else "ok", "; ".join(wrong[:SHOWN]))

    def _asked(self, config: Config) -> tuple[list[Group], list[Group]]:
        with ExitStack() as until:
            connection = until.enter_context(connect(threads=1))
            if self._scene.plain_globs:
                connection.execute(f"CREATE VIEW {TABLE} AS {plain(self._scene)}")
            else:
                views = views_of(config, until)
                for lake in views.lakes:
                    lake.store.attach(connection)
                create_views(connection, [each for each in views.views if each.name == TABLE])
            first = connection.execute(QUERY).fetchall()
            time.sleep(self._random.choice((0.0, 0.0, 0.3, 1.0)))
            return first, connection.execute(QUERY).fetchall()


def plain(scene: Scene) -> str:
    """The table as a plain glob reads it."""
    files = literal(f"{scene.path}/{TABLE}/*/*/*/*/*/*.parquet")
    return f"SELECT * FROM read_parquet({files}, hive_partitioning = true, union_by_name = true)"
