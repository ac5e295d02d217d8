"""The configuration files, read as one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.config.decode import decode
from tailpipe_resources.config.document import read
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.model.config import Config


def load_files(paths: Iterable[str | Path], variables: Mapping[str, str], problems: Problems | None) -> Config:
    """What `config.load` promises, of files that are known."""
    found = Problems() if problems is None else problems
    before = len(found)
    named = [Path(path) for path in paths]
    files = [read(path, found) for path in named]
    config = decode(files, variables, found, incomplete=len(found) > before)
    if problems is None:
        found.raise_any()
    return replace(config, digest=digest(path.read_bytes() if path.is_file() else b"" for path in named))


def digest(contents: Iterable[bytes]) -> str:
    """Twelve hex digits that change with the content of any of the files, and with their order."""
    made = hashlib.sha256()
    for content in contents:
        made.update(len(content).to_bytes(8, "big") + content)
    return made.hexdigest()[:12]
