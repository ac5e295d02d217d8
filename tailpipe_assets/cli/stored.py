"""Which collections selectors mean among those that have rows in a lake, configured or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.cli.collect_selection import pick
from tailpipe_resources.model.selector import names_of

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
    named = [(key, names_of(key[1], key[0])) for key in sorted({key for keys in stored.values() for key in keys})]
    meant = {key for selector in selectors for key in pick(named, selector)} if selectors else {key for key, _ in named}
    chosen = [(lakes[path], [key for key in keys if key in meant]) for path, keys in stored.items()]
    return [(lake, keys) for lake, keys in chosen if keys]
