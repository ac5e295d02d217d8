"""Thresholds find the same episodes however their rows come in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailpipe_assets.detections.episodes import Known
from tailpipe_assets.detections.evaluate import evaluate
from tailpipe_assets.detections.found import FOUND, Evaluation
from tailpipe_assets.detections.matching import joined
from tailpipe_assets.detections.rules import Rule, RuleSet, RuleTable
from tailpipe_resources.model.detection import Detection, Exemption, Threshold
from tailpipe_resources.model.place import Place
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PLACE = Place("x.hcl", 1)
TABLE = RuleTable(
    "t", (*COMMON_COLUMNS, Column("who", "VARCHAR"), Column("what", "VARCHAR"), *PATH_COLUMNS, *VIEW_COLUMNS)
)
START = datetime(2026, 11, 20, tzinfo=UTC)
WINDOW = timedelta(seconds=60)
LEAST = 3
Row = tuple[int, str | None, str, int]
"""Number, who, what, second."""


def rules(threshold: Threshold, *exemptions: Exemption) -> RuleSet:
    """One rule over all rows."""
    detection = Detection("t", "many", PLACE, where="tp_table = 't'", threshold=threshold)
    return RuleSet(TABLE, "c", (Rule(detection, TABLE, exemptions),))


COUNT = Threshold(WINDOW, ("who",), count=LEAST, least=LEAST)
DISTINCT = Threshold(WINDOW, ("who",), distinct="what", least=LEAST)
SUM = Threshold(WINDOW, ("who",), sum="length(what)", least=LEAST)


@dataclass
class Memory:
    """A history that is kept in the test's database."""

    connection: duckdb.DuckDBPyConnection
    batches: list[str] = field(default_factory=list)
    newest: dict[str, tuple[Known, str | None]] = field(default_factory=dict)

    def findings(self, rule: Rule) -> str | None:
        """None are needed."""
        del rule
        return None

    def episodes(self, rule: Rule) -> Sequence[Known]:
        """Those no other has taken in."""
        del rule
        return [known for known, merged in self.newest.values() if merged is None]

    def rows(self, first: int, last: int) -> str | None:
        """Everything that was there before."""
        kept = f"epoch_us(tp_timestamp) BETWEEN {first} AND {last}"
        return f"SELECT * FROM ({' UNION ALL '.join(self.batches)}) WHERE {kept}" if self.batches else None

    def take_in(self, set_of: RuleSet, rows: Iterable[Row], at: int) -> None:
        """One batch comes in."""
        now = START + timedelta(days=1, seconds=at)
        select = rows_sql(rows)
        assert evaluate(self.connection, set_of, select, Evaluation("c", now), self) == ()
        self.batches.append(select)
        found = self.connection.execute(
            "SELECT finding_id, version, group_key, first_seen, last_seen, row_count, suppressed_by, created_at, "
            f"merged_into FROM {FOUND} ORDER BY version"
        ).fetchall()
        for *facts, merged in found:
            known = Known(*facts)
            before = self.newest.get(known.finding_id, (known, None))[0]
            self.newest[known.finding_id] = (replace(known, created_at=before.created_at), merged)

    @property
    def told(self) -> list[tuple[str, int, int, int]]:
        """Key, first and last second, and rows of each episode."""
        kept = (known for known, merged in self.newest.values() if merged is None)
        return sorted((each.key, second(each.first), second(each.last), each.count) for each in kept)


def second(instant: datetime) -> int:
    """Seconds since the start."""
    return int((instant - START).total_seconds())


def rows_sql(rows: Iterable[Row]) -> str:
    """A query for rows of the table."""
    values = ", ".join(
        f"('r{number}', TIMESTAMPTZ '{(START + timedelta(seconds=at)).isoformat()}', "
        f"{'NULL' if who is None else repr(who)}, '{what}')"
        for number, who, what, at in rows
    )
    others = [each for each in TABLE.columns if each.name not in ("tp_id", "tp_timestamp", "tp_table", "who", "what")]
    nulls = ", ".join(f"NULL::{each.type} AS {each.name}" for each in others)
    return f"SELECT *, 't' AS tp_table, {nulls} FROM (VALUES {values}) v(tp_id, tp_timestamp, who, what)"


def expected(rows: Iterable[Row], threshold: Threshold) -> list[tuple[str, int, int, int]]:
    """The episodes by their definition, in the plainest way."""
    width = int(threshold.window.total_seconds())
    by_key: dict[str, list[Row]] = defaultdict(list)
    for row in {row[0]: row for row in rows}.values():
        if row[1] is not None:
            by_key[row[1]].append(row)
    found = []
    for key, own in by_key.items():
        triggers = sorted({row[3] for row in own if measured(own, row[3], width, threshold) >= threshold.least})
        groups: list[list[int]] = []
        for at in triggers:
            if groups and at - width <= groups[-1][-1]:
                groups[-1].append(at)
            else:
                groups.append([at])
        for group in groups:
            inside = [row[3] for row in own if group[0] - width <= row[3] <= group[-1]]
            found.append((key, min(inside), group[-1], len(inside)))
    return sorted(found)


def measured(rows: Iterable[Row], at: int, width: int, threshold: Threshold) -> int:
    """What a threshold measures at one instant."""
    inside = [row for row in rows if at - width <= row[3] <= at]
    if threshold.distinct:
        return len({row[2] for row in inside})
    return sum(len(row[2]) for row in inside) if threshold.sum else len(inside)


events = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", None]), st.sampled_from(["a", "b", "c", "dd"]), st.integers(0, 400)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60)
@given(events=events, data=st.data(), threshold=st.sampled_from([COUNT, DISTINCT, SUM]))
def test_episodes_do_not_depend_on_how_rows_come_in(
    events: list[tuple[str | None, str, int]], data: st.DataObject, threshold: Threshold
) -> None:
    """Whatever the batches, whatever came late or twice, the episodes are those of all rows together."""
    rows: list[Row] = [(number, *event) for number, event in enumerate(events)]
    coming = data.draw(st.permutations(rows))
    twice = data.draw(st.lists(st.sampled_from(rows), max_size=5))
    everything = [*coming, *twice]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(everything)), max_size=6)) | {len(everything)})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        memory, start = Memory(connection), 0
        for at, cut in enumerate(cuts):
            memory.take_in(rules(threshold), everything[start:cut], at)
            start = cut
        assert memory.told == expected(rows, threshold)


@pytest.fixture
def memory() -> Memory:
    """An empty history."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return Memory(connection)


def burst(start: int, *, first: int = 0, who: str = "ann", count: int = LEAST) -> list[Row]:
    """Rows a second apart."""
    return [(first + number, who, "a", start + number) for number in range(count)]


def test_the_same_rows_again_change_nothing(memory: Memory) -> None:
    """Evaluating again writes no new version."""
    memory.take_in(rules(COUNT), burst(0), 0)
    before = dict(memory.newest)
    memory.take_in(rules(COUNT), burst(0), 1)
    assert memory.newest == before


def test_a_row_between_two_episodes_makes_them_one_under_the_older_id(memory: Memory) -> None:
    """The younger one names the older as that which took it in."""
    memory.take_in(rules(COUNT), burst(0), 0)
    (older,) = memory.newest
    memory.take_in(rules(COUNT), burst(100, first=10), 1)
    (younger,) = memory.newest.keys() - {older}
    memory.take_in(rules(COUNT), burst(45, first=20), 2)
    assert memory.told == [("ann", 0, 102, 9)]
    assert memory.newest[younger][1] == older
    assert memory.newest[older][0].version == 2


def test_an_episode_is_suppressed_only_without_what_an_exception_covers(memory: Memory) -> None:
    """Rows of an exception make no alert; enough others among them do."""
    exemption = Exemption("ci", "what = 'a'", "builds", PLACE, PLACE)
    memory.take_in(rules(COUNT, exemption), burst(0), 0)
    (known, _) = next(iter(memory.newest.values()))
    assert known.suppressed_by == 'exception "ci": builds'
    memory.take_in(rules(COUNT, exemption), [(number, "ann", "b", number) for number in range(10, 13)], 1)
    (known, _) = next(iter(memory.newest.values()))
    assert (known.version, known.suppressed_by) == (2, None)


def test_keys_of_several_values_are_told_apart(memory: Memory) -> None:
    """Whatever the values hold; two of them are joined as ever where none holds a separator."""
    both = Threshold(WINDOW, ("who", "what"), count=LEAST, least=LEAST)
    apart: list[Row] = [(0, "a", "b / c", 0), (1, "a / b", "c", 1), (2, "a", "b", 2), (3, "a", "b", 3)]
    memory.take_in(rules(both), apart, 0)
    assert memory.told == []
    memory.take_in(rules(both), [(4, "a", "b", 4), (5, "a / b", "c", 5), (6, "a / b", "c", 6)], 1)
    assert memory.told == [("a / b", 2, 4, 3), ("a // b / c", 1, 6, 3)]


def test_joined_texts_differ_where_one_of_them_does(memory: Memory) -> None:
    """All of those that can be made of a separator's characters and another one."""
    texts = ["".join(each) for length in range(5) for each in product(" /a", repeat=length)]
    memory.connection.execute("CREATE TABLE t AS SELECT unnest(?) AS text", [texts])
    two = f"SELECT {joined(['a.text', 'b.text'])} AS key FROM t a, t b"
    three = f"SELECT {joined(['a.text', 'b.text', 'c.text'])} AS key FROM t a, t b, t c WHERE len(b.text) < 4"
    for query in (two, three):
        counted = memory.connection.execute(f"SELECT count(*) = count(DISTINCT key) FROM ({query})").fetchone()
        assert counted == (True,)


def test_rows_without_a_key_are_not_counted(memory: Memory) -> None:
    """Else all the unknown would be one."""
    memory.take_in(rules(COUNT), [(number, None, "a", number) for number in range(9)], 0)
    assert memory.told == []
