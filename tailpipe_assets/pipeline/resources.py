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
