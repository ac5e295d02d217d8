"""Recognizing: what lies at a place, and the configuration that collects it, tried on what was seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tailpipe_assets.recognition.columns import guess
from tailpipe_assets.recognition.forms import Form, forms
from tailpipe_assets.recognition.head import cut, read_head, records_of
from tailpipe_assets.recognition.known import Known, known
from tailpipe_assets.recognition.listing import listing
from tailpipe_assets.recognition.trial import Tried, planned, tried
from tailpipe_assets.recognition.wording import (
    custom_blocks,
    custom_name,
    doubt_of,
    known_blocks,
    label_of,
    place_of,
    source_of,
    text_of,
)
from tailpipe_resources.errors import ArtifactGoneError, BadArtifactError, SourceRefusedError
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.recognition.columns import Guesses
    from tailpipe_assets.recognition.hcl import Block
    from tailpipe_assets.recognition.head import Head
    from tailpipe_assets.recognition.listing import Listing
    from tailpipe_resources.sources.base import Source

SURE = 0.8
"""The share of records that must become rows; a format is also taken when it is the best and has `LIKELY`."""

LIKELY = 0.35
_SAME_KEYS = 0.5


@dataclass(slots=True)
class Kind:
    """Heads of one kind of log, and how they are collected."""

    what: Known | Form
    heads: list[Head]
    tried: Tried
    plan: Plan
    keys: frozenset[str] = frozenset()
    """The fields of its records, for a log that nobody knows."""

    guesses: Guesses | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """An artifact that nothing fits."""

    location: str
    reason: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One collection that is proposed."""

    table: str
    collection: str
    what: str
    artifacts: int
    """How many were looked at."""

    blocks: tuple[Block, ...]
    tried: Tried
    remark: str = ""
    """What may be otherwise than is proposed."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """All that came of looking at a place."""

    listing: Listing
    looked_at: int
    proposals: tuple[Proposal, ...]
    unknown: tuple[Unknown, ...]
    left_out: tuple[str, ...] = field(default=())
    """What lies there and is left out on purpose, such as digests."""

    unseen: tuple[str, ...] = ()
    """Where there are others that nothing was looked at of, and that no proposal collects."""

    @property
    def text(self) -> str:
        """The configuration."""
        return text_of([block for each in self.proposals for block in each.blocks])


def recognize(target: str) -> Recognized:
    """Look at a path or `s3://bucket/prefix`.

    Raises:
        SourceError: it cannot be listed or read.
        ConfigError: it cannot be a place.
    """
    place = place_of(target)
    found = listing(place.source)
    with connect(threads=1) as connection:
        return _Looking(place.source, connection).at(found, target)


class _Looking:
    """Sorts heads into kinds."""

    def __init__(self, source: Source, connection: duckdb.DuckDBPyConnection) -> None:
        self._source = source
        self._connection = connection
        self._kinds: list[Kind] = []
        self._unknown: list[Unknown] = []
        self._odd: list[Head] = []
        """The heads of those that are unknown for what they hold."""

    def at(self, found: Listing, target: str) -> Recognized:
        """Everything that is there."""
        some = found.some
        refused: SourceRefusedError | None = None
        for artifact in some:
            try:
                head = read_head(self._source, artifact)
            except (ArtifactGoneError, BadArtifactError, SourceRefusedError) as error:
                refused = error if isinstance(error, SourceRefusedError) else refused
                self._unknown.append(Unknown(artifact.location, str(error)))
                continue
            if head.data:
                self._sort(head)
            elif head.fault:
                self._unknown.append(Unknown(artifact.location, head.fault))
        if refused is not None and not self._kinds:
            raise refused
        left_out, unknown = self._sorted_out()
        place = place_of(target)
        is_one = len(self._kinds) == 1 and (not unknown or place.is_bucket)
        names: set[str] = set()
        proposals = []
        for kind in self._kinds:
            label = label_of(kind.what, kind.heads[0], names)
            source = place.block if is_one else source_of(place, found, kind.heads, self._others(kind), label)
            proposals.append(self._proposal(kind, source, names))
        sorts = [[head.artifact for head in kind.heads] for kind in self._kinds]
        unseen = () if is_one else found.unseen(some, sorts)
        return Recognized(found, len(some), tuple(proposals), unknown, left_out, unseen)

    def _others(self, kind: Kind) -> list[Head]:
        return [head for each in self._kinds if each is not kind for head in each.heads]

    def _sorted_out(self) -> tuple[tuple[str, ...], tuple[Unknown, ...]]:
        """What the tables that were found leave out, and what else is unknown."""
        odd = [head for head in self._odd if not self._is_empty(head)]
        self._unknown += [_unknown(head, _failure(head)) for head in odd]
        patterns = [each.plan.table.exclude for each in self._kinds if each.plan.table.exclude]
        left = [each for each in self._unknown if any(re.search(pattern, each.location) for pattern in patterns)]
        return tuple(each.location for each in left), tuple(each for each in self._unknown if each not in left)

    def _is_empty(self, head: Head) -> bool:
        """Whether it is a log of a kind that was found, without a record."""
        came = [tried(self._connection, kind.plan, [head]) for kind in self._kinds if isinstance(kind.what, Known)]
        return any(each.records == 0 for each in came)

    def _sort(self, head: Head) -> None:
        for kind in self._kinds:
            if isinstance(kind.what, Known) and tried(self._connection, kind.plan, [head]).fitting >= SURE:
                kind.heads.append(head)
                return
        kind_of = self._known(head) or self._custom(head)
        if kind_of is None:
            self._odd.append(head)
            return
        for kind in self._kinds:
            if _is_same(kind, kind_of):
                kind.heads.append(head)
                return
        self._kinds.append(kind_of)

    def _known(self, head: Head) -> Kind | None:
        for each in list(known(head))[:4]:
            ready = planned(text_of(known_blocks(each, place_of(head.artifact.location).block, "logs")))
            if ready is not None and (came := tried(self._connection, ready, [head])).fitting >= SURE:
                return Kind(each, [head], came, ready)
        return None

    def _custom(self, head: Head) -> Kind | None:
        best: Kind | None = None
        for form in forms(head):
            kind = self._as_form(form, [head])
            if kind is not None and (best is None or kind.tried.fitting > best.tried.fitting):
                best = kind
            if best is not None and best.tried.fitting >= SURE:
                break
        return best if best is not None and best.tried.fitting >= LIKELY else None

    def _as_form(self, form: Form, heads: Sequence[Head], *, source: Block | None = None) -> Kind | None:
        made = form.made()
        records: list[dict[str, Any]] = []
        for head in heads:
            records += records_of(cut(head, made), made)
        guesses = guess(self._connection, records, is_named=made.groups is not None)
        if guesses.time is None:
            return None
        block = source or place_of(heads[0].artifact.location).block
        ready = planned(text_of(custom_blocks(form, guesses, block, "tried_log", "logs")))
        if ready is None:
            return None
        keys = frozenset(each.source for each in guesses.columns)
        return Kind(form, list(heads), tried(self._connection, ready, heads), ready, keys, guesses)

    def _proposal(self, kind: Kind, source: Block, names: set[str]) -> Proposal:
        label = source.labels[1]
        names.add(label)
        if isinstance(kind.what, Known):
            blocks, what = known_blocks(kind.what, source, label), f"table {kind.what.table}"
            came = tried(self._connection, kind.plan, kind.heads)
            table = kind.what.table
            remark = ""
        else:
            whole = self._as_form(kind.what, kind.heads) or kind
            table = label if label.endswith("_log") else f"{label}_log"
            guesses = whole.guesses or kind.guesses
            assert guesses is not None
            blocks, what, came = custom_blocks(kind.what, guesses, source, table, label), kind.what.what, whole.tried
            table, remark = custom_name(table), doubt_of(guesses)
        return Proposal(table, label, what, len(kind.heads), blocks, came, remark)


def _is_same(one: Kind, other: Kind) -> bool:
    if isinstance(one.what, Known) or isinstance(other.what, Known):
        return one.what == other.what
    shared, all_keys = one.keys & other.keys, one.keys | other.keys
    return one.what.key == other.what.key and len(shared) >= _SAME_KEYS * len(all_keys)


def _unknown(head: Head, reason: str) -> Unknown:
    line = head.lines[0] if head.is_text and head.lines else head.data[:60].decode(errors="backslashreplace")
    return Unknown(head.artifact.location, reason, line)


def _failure(head: Head) -> str:
    """Why nothing fits it."""
    if head.archive:
        return f"it is a {head.archive} archive; unpack it, and try what is in it"
    if not head.is_text and not head.is_parquet:
        return "it is neither text nor Parquet"
    if head.fault and not head.lines:
        return head.fault
    first = next(forms(head), None)
    if first is None:
        is_json = head.data.lstrip()[:1] in {b"{", b"["}
        return "it may be JSON, and holds no array of records" if is_json else "no line has a time in it that we know"
    made = first.made()
    came = cut(head, made)
    if came.fault and not came.count:
        return f"it looks like {first.what}: {came.fault}"
    return f"it looks like {first.what}, and no field of its records tells the time"
