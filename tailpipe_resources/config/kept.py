"""A configuration kept in one file, so that it can be read again when its files have changed.

What is kept is the text, with the names of the files it came from: places in messages are those of the user's files.
No variable, file or secret has been looked up; a secret typed into the HCL itself is in it, so only the user may read
it.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.config.decode import decode
from tailpipe_resources.config.document import line_of, parse
from tailpipe_resources.config.loading import digest
from tailpipe_resources.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems


KEPT = "TAILPIPE_KEPT_CONFIG"
"""The environment variable that names a kept configuration, in what `tailpipe server` has started."""


def kept_file() -> Path | None:
    """The configuration that is read instead of the user's files, in a process of the server."""
    named = os.environ.get(KEPT)
    return Path(named) if named else None


def texts_of(files: Iterable[Path]) -> dict[str, str]:
    """What is in files, by their names.

    Raises:
        ConfigError: one cannot be read.
    """
    return {str(file): _text(file) for file in files}


def keep(texts: Mapping[str, str], kept: Path) -> None:
    """Keep texts in a file, whole or not at all."""
    begun = kept.with_name(f"{kept.name}.new")
    begun.unlink(missing_ok=True)
    descriptor = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(texts, stream)
        stream.flush()
        os.fsync(stream.fileno())
    begun.replace(kept)


def load_kept(kept: Path, problems: Problems) -> Config:
    """The configuration in such a file.

    Raises:
        ConfigError: when the file is not there, or is not one.
    """
    before = len(problems)
    try:
        texts: dict[str, str] = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            [Problem(str(kept), 0, f"holds no configuration: {error}; start tailpipe server again")]
        ) from None
    blocks = [parse(text, path, problems) for path, text in texts.items()]
    config = decode(blocks, {}, problems, incomplete=len(problems) > before)
    return replace(config, digest=digest(text.encode() for text in texts.values()))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([Problem(str(file), 0, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(file), line_of(error), "is not UTF-8 text")]) from None
