"""Intents: what one commit is about to do, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from tailpipe_resources.model.finding import DERIVED_TABLES
from tailpipe_resources.model.schema import REJECTED_TABLE

if TYPE_CHECKING:
    from tailpipe_resources.model.results import Status

VERSION = 1
"""Of the files of a ledger; a later one is refused."""

How = Literal["anew", "grown", "afresh"]
"""What the rows of an artifact that was met before are to earlier ones: `anew` takes their place, `grown` comes after
them, and `afresh` is another content in the same place, which leaves them alone."""

Moved = Mapping[str, Sequence[tuple[int, int]]]
"""Rows that are brought anew under another name, as rotation moved their lines there: by the location they lie under,
of which generations of it they are, each with the first offset."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one attempt at one artifact came to."""

    location: str
    version: str
    status: Status
    rows: int = 0
    filtered: int = 0
    rejected: int = 0
    size: int = 0
    salvaged: bool = False
    """Broken, but what could be read of it was taken."""

    reason: str = ""
    """Why it was not read whole."""

    folded: int = 0
    """Rows kept aside because the collection has the same event from elsewhere."""

    how: How = "anew"
    withdrawn: int = 0
    """Rows of what it had grown to before that go, because a line was not at its end yet."""

    mark: str = ""
    """How far a file that may grow was read, and how to tell that it is still the same."""

    @property
    def was_read(self) -> bool:
        """Whether its rows, all or what could be salvaged, are in the commit."""
        return self.status == "ok" or self.salvaged

    @property
    def records(self) -> int:
        """Records found in it."""
        return self.rows + self.filtered + self.rejected + self.folded


@dataclass(frozen=True, slots=True)
class Copies:
    """A Parquet file of rows that were folded: copies of events, kept to be brought back should the first ones go."""

    key: str
    slot: str
    """The folder where such rows would lie."""

    batch: int
    """The intent that brought it."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What a derived table is to be brought to after the rows' commit, in a commit of its own."""

    files: tuple[Mapping[str, Any], ...] = ()
    """Files that lie in their final places, as `Added` describes them."""

    replaced: tuple[str, ...] = ()
    """Artifacts whose earlier rows there go."""

    days: tuple[str, ...] = ()
    """Days of the collection that go whole, as ISO dates."""

    parts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Of which only these rows go: how their versions begin, and the first offset."""

    broken: tuple[str, ...] = ()
    """Artifacts of which only the row that sets them aside whole goes."""

    rows_stay: bool = False
    """Whether only what was rejected goes of `days`."""

    moved: Moved = field(default_factory=dict)
    """What goes beside these."""

    @property
    def takes_back(self) -> bool:
        """Whether anything goes that is not of days that go whole."""
        return bool(self.replaced or self.broken or self.moved)


@dataclass(frozen=True, slots=True)
class Intent:
    """What one commit is about to do."""

    stream: str
    batch: int
    previous: int | None
    run: str
    """Names the run, for people."""

    files: tuple[str, ...]
    consumed: tuple[Entry, ...]
    rejects: Follow = field(default_factory=Follow)
    findings: Follow = field(default_factory=Follow)
    """What detections found in its rows. Nothing found before ever goes with it."""

    config: str = ""
    """A digest of the configuration it ran with."""

    depth: int = 0
    """How many intents lie between it and the last state that was written down whole."""

    removed: Mapping[str, int] = field(default_factory=dict)
    """By artifact, rows taken out on purpose, or brought anew under another name. It stays collected."""

    removed_older: Mapping[str, int] = field(default_factory=dict)
    """The same for rows of what was in its place before it was begun afresh."""

    restart: bool = False
    """Everything was taken out and is forgotten: the chain begins here."""

    copies: tuple[Copies, ...] = ()
    """Files of rows that were folded."""

    dropped: tuple[str, ...] = ()
    """Keys of such files of earlier intents that are of days it takes out: they go."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """By location, folded rows of earlier intents that are rows again."""

    version: int = VERSION

    @property
    def takes_out(self) -> bool:
        """Whether rows, or what was rejected, go on purpose."""
        return self.restart or bool(self.rejects.days)


def files_in(intent: Intent, table: str) -> tuple[str, ...]:
    """The files an intent names that lie in a table: in that of its rows, or in one that follows it."""
    if table not in DERIVED_TABLES:
        return intent.files
    files = (intent.rejects if table == REJECTED_TABLE else intent.findings).files
    return tuple(str(each["path"]) for each in files)
