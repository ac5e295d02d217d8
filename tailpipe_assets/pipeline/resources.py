"""What collecting reaches out to, as values a test or a deployment can swap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.lake.storage import Lake, open_lake
from tailpipe_resources.query.engine import connect
from tailpipe_resources.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from tailpipe_resources.model import config
    from tailpipe_resources.sources.base import Source


@dataclass(frozen=True, slots=True)
class Resources:
    """How to get at sources, lakes and DuckDB."""

    source: Callable[[config.Source], Source] = open_source
    lake: Callable[[config.Destination], Lake] = open_lake
    engine: Callable[[], duckdb.DuckDBPyConnection] = connect

    def kept(self) -> Resources:
        """The same, each source and lake got once."""
        sources: dict[str, Source] = {}
        lakes: dict[str, Lake] = {}

        def source(block: config.Source) -> Source:
            if block.address not in sources:
                sources[block.address] = self.source(block)
            return sources[block.address]

        def lake(destination: config.Destination) -> Lake:
            if destination.path not in lakes:
                lakes[destination.path] = self.lake(destination)
            return lakes[destination.path]

        return Resources(source, lake, self.engine)
