"""The configuration a command was pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path

    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems


def read_config(args: argparse.Namespace, *, problems: Problems | None = None) -> Config:
    """What `--config-path` and `--var` name.

    Raises:
        ConfigError: something in it is wrong and `problems` is not given.
        UsageError: there is none, or a flag is malformed.
    """
    from tailpipe_resources.config import find_files, load
    from tailpipe_resources.config.kept import kept_file

    kept = kept_file() if problems is not None else None
    if kept is not None and problems is not None:
        from tailpipe_resources.config.kept import load_kept

        return load_kept(kept, problems)
    return load(find_files(args.config_path), variables=variables_of(args.var), problems=problems)


def read_outline(args: argparse.Namespace) -> Outline | None:
    """Its lakes and tables, or None when something in what they take is wrong.

    Raises:
        UsageError: there is no configuration, or a flag is malformed.
    """
    from tailpipe_resources.config import find_files
    from tailpipe_resources.config.outline import outline

    return outline(find_files(args.config_path), variables_of(args.var))


def read_config_if_any(args: argparse.Namespace) -> Config | None:
    """The same, or None where nothing is configured and no path was named."""
    return read_config(args) if _files(args) else None


def read_config_or_default(args: argparse.Namespace) -> Config:
    """The same, or where nothing is configured a configuration of nothing but the default destination."""
    from tailpipe_resources.config.paths import absolute
    from tailpipe_resources.model import config

    found = read_config_if_any(args)
    return found or config.Config(destinations=(config.Destination("default", absolute(".")),))


def variables_of(pairs: Iterable[str]) -> dict[str, str]:
    """The values typed after `--var`, by name.

    Raises:
        UsageError: one is not of the form `name=value`.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise UsageError(f"--var {pair}: write --var name=value")
        found[name] = value
    return found


def _files(args: argparse.Namespace) -> list[Path]:
    import os

    from tailpipe_resources.config import find_files

    try:
        return find_files(args.config_path)
    except UsageError:
        if args.config_path or os.environ.get("TAILPIPE_CONFIG_PATH"):
            raise
        return []
