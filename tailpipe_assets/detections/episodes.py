"""Episodes: what was found before of what goes on under a key, what is found now, and what is to be written of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from tailpipe_assets.detections.found import Evaluation
    from tailpipe_assets.detections.rules import Rule

UPSERTS = "tp_upserts"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[int, int]
"""Microseconds since 1970, both included."""


@dataclass(frozen=True, slots=True)
class Known:
    """An episode that was found before, in its newest version."""

    finding_id: str
    version: int
    key: str
    first: datetime
    last: datetime
    count: int
    suppressed_by: str | None
    created_at: datetime
    backtest: bool = False

    @property
    def span(self) -> Span:
        """When it was."""
        return micros(self.first), micros(self.last)


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode as the rows tell it now."""

    key: str
    first: int
    last: int
    count: int
    suppressed_by: str | None
    first_row: str


@dataclass(frozen=True, slots=True)
class Upsert:
    """One version of an episode to be written."""

    finding_id: str
    version: int
    key: str
    first: int
    last: int
    suppressed_by: str | None = None
    merged_into: str | None = None
    is_new: bool = False
    """Whether there was none before, or none but of a backtest."""


def micros(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def upserts(rule: Rule, evaluation: Evaluation, made: Iterable[Episode], known: Iterable[Known]) -> list[Upsert]:
    """What is to be written for the known episodes to become those made anew; nothing for what is as it was.

    A backtest leaves others' findings as they are. What only a backtest had found is new to whoever makes none.
    """
    by_key: dict[str, list[Known]] = defaultdict(list)
    for each in sorted(known, key=lambda each: (each.backtest, each.created_at, each.first, each.finding_id)):
        by_key[each.key].append(each)
    found: list[Upsert] = []
    for episode in made:
        near = [each for each in by_key[episode.key] if _overlap(each.span, (episode.first, episode.last))]
        by_key[episode.key] = [each for each in by_key[episode.key] if each not in near]
        found += _of_episode(rule, evaluation, episode, near)
    return found


def _of_episode(rule: Rule, evaluation: Evaluation, episode: Episode, near: Sequence[Known]) -> list[Upsert]:
    key, first, last, why = episode.key, episode.first, episode.last, episode.suppressed_by
    if not near:
        return [Upsert(_id_of(rule, evaluation.collection, episode), 1, key, first, last, why, is_new=True)]
    kept, *others = near
    if evaluation.backtest and not kept.backtest:
        return []
    is_new = kept.backtest and not evaluation.backtest
    is_same = (kept.span, kept.count, kept.suppressed_by) == ((first, last), episode.count, why) and not others
    is_left = is_same and not is_new
    found = [] if is_left else [Upsert(kept.finding_id, kept.version + 1, key, first, last, why, is_new=is_new)]
    merged = (
        Upsert(each.finding_id, each.version + 1, key, *each.span, each.suppressed_by, kept.finding_id)
        for each in others
    )
    return [*found, *merged]


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _id_of(rule: Rule, collection: str, episode: Episode) -> str:
    detection = rule.detection
    parts = (detection.address, detection.table, collection, episode.key, episode.first_row)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def put_upserts(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Upsert]) -> None:
    """Have `findings_sql` make these."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {UPSERTS} (finding_id VARCHAR, version INTEGER, key VARCHAR, first BIGINT, "
        "last BIGINT, suppressed_by VARCHAR, merged_into VARCHAR, is_new BOOLEAN)"
    )
    columns = [[getattr(each, name) for each in wanted] for name in Upsert.__slots__]
    connection.execute(f"INSERT INTO {UPSERTS} SELECT {', '.join(['unnest(?)'] * len(columns))}", columns)
