"""Parsed files kept on disk by their content, so that a command starts without parsing HCL.

What is kept is the unevaluated text in another shape: no variable, file or secret has been looked up. A secret typed
into the HCL itself is in it, so only the user may read the folder.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tailpipe_resources.config import syntax
from tailpipe_resources.model.home import home
from tailpipe_resources.model.place import Place

_VERSION = 2
"""Raise it whenever `prepass`, `tree` or `syntax` change what a file is read as."""

_NODES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (*syntax.Expression.__args__, syntax.Attribute, syntax.Block)
}


def read(text: str, path: str) -> syntax.Block | None:
    """What this text was read as before, with its places in `path`; None when it is not kept or damaged."""
    try:
        block = _decode(json.loads(_file(text).read_text()), path)
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return block if isinstance(block, syntax.Block) else None


def write(text: str, block: syntax.Block) -> None:
    """Keep what a text was read as. Where the folder cannot be written, or it is nested too deeply, nothing is kept."""
    file = _file(text)
    with suppress(OSError, RecursionError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes the file readable by its owner only.
        descriptor, name = tempfile.mkstemp(dir=file.parent)
        with suppress(FileNotFoundError):
            try:
                with os.fdopen(descriptor, "w") as stream:
                    json.dump(_encode(block), stream)
                Path(name).replace(file)
            finally:
                Path(name).unlink(missing_ok=True)


def _file(text: str) -> Path:
    digest = sha256(f"{_VERSION}\n{text}".encode()).hexdigest()
    return home() / "cache" / "hcl" / f"{digest}.json"


def _encode(value: object) -> object:
    if isinstance(value, Place):
        return value.line
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if is_dataclass(value):
        return {type(value).__name__: [_encode(getattr(value, field.name)) for field in fields(value)]}
    return value


def _decode(value: Any, path: str) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, path) for item in value)
    if isinstance(value, dict):
        ((name, (line, *parts)),) = value.items()
        return _NODES[name](Place(path, line), *(_decode(part, path) for part in parts))
    return value
