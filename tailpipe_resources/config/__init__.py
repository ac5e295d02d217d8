"""HCL text to a `Config`, or everything wrong with it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.paths import find_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems

__all__ = ["find_files", "load"]


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
    # What checks a configuration takes a while to import, and whoever only asks for its outline does without.
    from tailpipe_resources.config.loading import load_files

    return load_files(find_files() if paths is None else paths, variables or {}, problems)
