"""Listed: when a collection's source was last listed from end to end, kept beside the ledger.

Where a source tells what is new, that is what it was told of and what it was not. It lies in the lake so that all
machines and both doors know of it, and so that a lake from a backup is compared with its source soon.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.storage import OWN
from tailpipe_resources.model.slot import encode

if TYPE_CHECKING:
    from tailpipe_resources.lake.storage import Lake


@dataclass(frozen=True, slots=True)
class Listed:
    """One listing."""

    at: float
    """When it began, in Unix seconds."""

    asked: str
    """What was asked of which source: something else once that has changed."""

    left: bool = False
    """Whether something that was listed was not delivered."""


def last_listed(lake: Lake, table: str, collection: str) -> Listed | None:
    """The last one; None where none is known.

    Raises:
        LakeError: the lake cannot be read.
    """
    try:
        return Listed(**json.loads(lake.store.read(_key(table, collection))))
    except (FileNotFoundError, TypeError, ValueError):
        return None


def note_listed(lake: Lake, table: str, collection: str, listed: Listed) -> None:
    """Remember a listing.

    Raises:
        LakeError: the lake cannot be written.
    """
    lake.store.write(_key(table, collection), json.dumps(asdict(listed)).encode())


def forget_listed(lake: Lake, table: str, collection: str) -> None:
    """Have the source listed again.

    Raises:
        LakeError: the lake cannot be written.
    """
    lake.store.remove([_key(table, collection)])


def _key(table: str, collection: str) -> str:
    return f"{table}/{OWN}/listed/{encode(collection)}.json"
