"""Views that users declare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_resources.model.window import Window

if TYPE_CHECKING:
    from tailpipe_resources.model.place import Place


@dataclass(frozen=True, slots=True)
class ViewBlock:
    """`view "<name>"`: a part of the tables as a schema of its own, or one view by the user's own SQL."""

    name: str
    place: Place
    sql: str | None = None
    """A query; then the rest is empty."""

    window: Window = field(default_factory=Window)
    tables: tuple[str, ...] = ()
    """Names, with shell wildcards; all when none is given. The same goes for collections and indexes."""

    collections: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    where: str | None = None
    accelerated: bool = False
    """Whether a copy of its rows is kept, for quicker answers."""

    description: str = ""
