"""The configuration files, read as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.config.decode import decode
from tailpipe_resources.config.document import parse
from tailpipe_resources.config.paths import find_files
from tailpipe_resources.model.place import Place, Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.model.config import Config


def load(
    paths: Iterable[str | Path] | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    problems: Problems | None = None,
) -> Config:
    """Read HCL files as one configuration, or say everything wrong with them.

    Args:
        paths: the files; those `find_files` finds when not given.
        variables: values of `variable` blocks, as typed after `--var`.
        problems: receives what is wrong, for a caller that has more to check; the configuration then lacks the
            blocks that are.

    Raises:
        ConfigError: when something is wrong and `problems` is not given.
        UsageError: when there is no configuration.
    """
    found = Problems() if problems is None else problems
    before = len(found)
    files = [_read(Path(path), found) for path in (find_files() if paths is None else paths)]
    config = decode(files, variables or {}, found, incomplete=len(found) > before)
    if problems is None:
        found.raise_any()
    return config


def _read(path: Path, problems: Problems) -> Block:
    place = Place(str(path), 0)
    try:
        return parse(path.read_text(encoding="utf-8"), str(path), problems)
    except OSError as error:
        problems.add(place, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.add(place, "is not UTF-8 text")
    return parse("", str(path), problems)
