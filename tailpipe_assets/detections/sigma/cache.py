"""The cache: what rules came to, so that pySigma is woken only for a rule or a table that is new."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_assets.detections.sigma.converted import About, Converted, Counted
from tailpipe_resources.model.home import home

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.detections.rules import RuleTable


def installed() -> str | None:
    """The version of pySigma; None when it is missing. It is not woken."""
    try:
        return version("pysigma")
    except PackageNotFoundError:
        return None


class Cache:
    """The outcomes for one table, in one file below `TAILPIPE_HOME`; it can be deleted at any time."""

    def __init__(self, table: RuleTable, variables: Mapping[str, Any]) -> None:
        """Read it.

        Args:
            table: for which rules are converted.
            variables: values of their placeholders.
        """
        columns = [(each.name, each.type) for each in table.columns]
        key = json.dumps(
            [table.name, columns, dict(variables), installed(), duckdb.__version__, _code()],
            default=str,
            sort_keys=True,
        )
        self._file = home() / "cache" / "sigma" / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        self._known = _read(self._file)
        self._used: dict[str, Converted] = {}
        self._is_new = False

    def get(self, text: str) -> Converted | None:
        """What a rule came to, or None when that is not known."""
        found = self._known.get(_hash(text))
        if found is not None:
            self._used[_hash(text)] = found
        return found

    def put(self, text: str, outcome: Converted) -> None:
        """Note what a rule came to."""
        self._used[_hash(text)] = outcome
        self._is_new = True

    def save(self) -> None:
        """Keep what was asked for, when some of it is new. Where nothing can be written, rules are converted again."""
        if not self._is_new:
            return
        kept = json.dumps({key: asdict(each) for key, each in self._used.items()})
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(f".{os.getpid()}.tmp")
            fresh.write_text(kept, encoding="utf-8")
            fresh.replace(self._file)


def _read(file: Path) -> dict[str, Converted]:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {key: _converted(each) for key, each in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def _converted(kept: dict[str, Any]) -> Converted:
    counted = None if kept["counted"] is None else Counted(**_tuples(kept["counted"]))
    return Converted(About(**_tuples(kept["about"])), kept["where"], kept["reason"], counted, kept["is_elsewhere"])


def _tuples(kept: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _code() -> str:
    """Changes with how rules are converted."""
    found = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()
