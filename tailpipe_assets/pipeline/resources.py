"""What collecting reaches out to, as values a test or a deployment can swap."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.errors import LakeError
from tailpipe_resources.lake import Lake
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from tailpipe_resources.model import config
    from tailpipe_resources.sources.base import Source


def open_source(source: config.Source) -> Source:
    """The plugin a source block names, ready to list. Reaches nothing yet."""
    kind: type[Source] = plugins.load("source", source.type)
    return kind(source.options, source.credential)


def open_lake(destination: config.Destination) -> Lake:
    """The lake of a destination. Reaches nothing yet.

    Raises:
        LakeError: for an object store, which this version cannot write to.
    """
    if "://" in destination.path:
        raise LakeError(
            f'destination "{destination.name}" is {destination.path}: this version keeps lakes on local disks only'
        )
    return Lake(Path(destination.path))


@dataclass(frozen=True, slots=True)
class Resources:
    """How to get at sources, lakes and DuckDB."""

    source: Callable[[config.Source], Source] = open_source
    lake: Callable[[config.Destination], Lake] = open_lake
    engine: Callable[[], duckdb.DuckDBPyConnection] = connect
