"""Where the copies of accelerated views lie: below Tailpipe's home, apart for configurations of other lakes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tailpipe_resources.model.home import home
from tailpipe_resources.query.accelerating import Accelerated, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tailpipe_assets.views.found import Views
    from tailpipe_resources.lake import Lake

SUFFIX = ".duckdb"


def accelerated(found: Views) -> dict[str, Accelerated]:
    """Where the copy of each accelerated view is, or will be, by the views' names."""
    folder = folder_of(found.lakes)
    places = {lake.store.address(""): f"{lake.root}/" for lake in found.lakes}
    return {
        block.name: Accelerated(str(folder / f"{block.name}{SUFFIX}"), places, part_of(block))
        for block in found.blocks
        if block.accelerated
    }


def folder_of(lakes: Iterable[Lake]) -> Path:
    """The folder of the copies of what is in some lakes."""
    roots = "\n".join(sorted(lake.root for lake in lakes))
    return home().absolute() / "views" / hashlib.sha256(roots.encode()).hexdigest()[:12]
