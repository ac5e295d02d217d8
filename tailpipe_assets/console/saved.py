"""Saved queries: files ending in .sql, in the user's own folder and beside the configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.home import home
from tailpipe_resources.model.names import hint, label_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = ".sql"
_TITLE_BYTES = 2000
_END_OF_SENTENCE = re.compile(r"[.:](?:\s|$)")


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved query."""

    name: str
    path: Path
    title: str
    """What its first comment begins with, if it begins with one."""


def own_folder() -> Path:
    """Where `.save` writes."""
    return home() / "queries"


def saved_queries(folders: Iterable[Path]) -> tuple[Saved, ...]:
    """All saved queries by name; of one name the user's own counts, then the first folder's."""
    found: dict[str, Saved] = {}
    for folder in (own_folder(), *(each / "queries" for each in folders)):
        for path in sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else ():
            if path.is_file():
                found.setdefault(path.stem, Saved(path.stem, path, _title(path)))
    return tuple(found[name] for name in sorted(found))


def saved_query(name: str, folders: Iterable[Path]) -> Saved:
    """The saved query of a name.

    Raises:
        UsageError: there is none.
    """
    known = {each.name: each for each in saved_queries(folders)}
    wanted = name.removesuffix(_SUFFIX)
    if wanted not in known:
        raise UsageError(f'no query is saved as "{wanted}"{hint(wanted, known)}; .run lists them')
    return known[wanted]


def read_sql(path: Path) -> str:
    """The SQL of a file.

    Raises:
        UsageError: it cannot be read, or is not text.
    """
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None


def save(name: str, statement: str) -> tuple[Path, bool]:
    """Write a query into the user's own folder.

    Returns:
        Where it is, and whether another of that name was replaced.

    Raises:
        UsageError: the name cannot be a file's, or nothing can be written there.
    """
    wanted = name.removesuffix(_SUFFIX)
    fault = label_fault(wanted, "name of a query")
    if fault is not None:
        raise UsageError(f'"{wanted}" {fault}')
    path = own_folder() / f"{wanted}{_SUFFIX}"
    partial = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_there = path.exists()
        partial.write_text(f"{statement};\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    return path, is_there


def _title(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = takewhile(lambda line: line.startswith("--"), file.read(_TITLE_BYTES).splitlines())
            comment = " ".join(line.lstrip("-").strip() for line in lines)
    except OSError:
        return ""
    return _END_OF_SENTENCE.split(comment, maxsplit=1)[0].strip()
