"""Which collections selectors mean among those that have rows in a lake, configured or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.cli.collect_selection import matching
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Config

Key = tuple[str, str]


def choose_stored(config: Config, selectors: Sequence[str]) -> list[tuple[Lake, list[Key]]]:
    """The collections meant in each lake of the configuration; all of them when there is no selector.

    Raises:
        UsageError: a selector fits nothing that is stored.
        LakeError: a lake cannot be read.
    """
    from tailpipe_resources.lake import open_lake
    from tailpipe_resources.lake.inventory import collections

    lakes = {each.path: open_lake(each) for each in config.destinations}
    stored = {path: collections(lake) for path, lake in lakes.items()}
    every = {key for keys in stored.values() for key in keys}
    meant = {key for selector in selectors or ["*"] for key in _meant(every, selector, must=bool(selectors))}
    chosen = [(lakes[path], [key for key in keys if key in meant]) for path, keys in stored.items()]
    return [(lake, keys) for lake, keys in chosen if keys]


def _meant(keys: set[Key], selector: str, *, must: bool) -> set[Key]:
    found = {key for key in keys if matching(names_of(key), selector)}
    if must and not found:
        known = {name for key in keys for name in names_of(key)}
        raise UsageError(f'no collection with rows is called "{selector}"{hint(selector, known)}')
    return found


def names_of(key: Key) -> set[str]:
    """What a stored collection can be called: by its own name, its table's, and both."""
    table, name = key
    return {name, table, f"{table}.{name}"}
