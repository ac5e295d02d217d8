"""What the queries of a pack were understood as, kept by their content: trying them takes longer than using them."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.asking import Asked, Asking
from tailpipe_resources.errors import QueryError
from tailpipe_resources.model.home import home
from tailpipe_resources.query.engine import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.detections.rules import RuleTable

_VERSION = 1
"""Raise it whenever `asking` understands something otherwise."""


def understood(queries: Sequence[str], tables: Mapping[str, RuleTable]) -> tuple[Asked | str, ...]:
    """What each query asks, or what is wrong with it.

    Args:
        queries: their SQL.
        tables: those they may name.
    """
    file = _file(queries, tables)
    kept = _read(file)
    if kept is not None and len(kept) == len(queries):
        return kept
    with isolated() as connection:
        asking = Asking(connection, tables)
        made = tuple(_understood(asking, each) for each in queries)
    _write(file, made)
    return made


def _understood(asking: Asking, sql: str) -> Asked | str:
    try:
        return asking.understand(sql)
    except QueryError as error:
        return str(error)


def _file(queries: Sequence[str], tables: Mapping[str, RuleTable]) -> Path:
    schema = {name: [(each.name, each.type) for each in table.columns] for name, table in tables.items()}
    text = json.dumps([_VERSION, duckdb.__version__, list(queries), schema], sort_keys=True)
    return home() / "cache" / "queries" / f"{sha256(text.encode()).hexdigest()}.json"


def _read(file: Path) -> tuple[Asked | str, ...] | None:
    try:
        return tuple(each if isinstance(each, str) else Asked(**each) for each in json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write(file: Path, made: Sequence[Asked | str]) -> None:
    """Keep it. Where the folder cannot be written, nothing is kept."""
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(descriptor, "w") as stream:
                json.dump([each if isinstance(each, str) else asdict(each) for each in made], stream)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
