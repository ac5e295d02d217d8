"""The configuration files, read as one."""

from __future__ import annotations

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
    files = [read(Path(path), found) for path in paths]
    config = decode(files, variables, found, incomplete=len(found) > before)
    if problems is None:
        found.raise_any()
    return config
