"""Which collections selectors mean, and their plans."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.selector import Selector, names_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Collection, Config

T = TypeVar("T")


def selected(args: argparse.Namespace) -> tuple[Config, list[Plan]]:
    """The configuration, and what a command line selects of it, ready to run; everything wrong is told at once.

    Raises:
        ConfigError: something in it is wrong.
        UsageError: a selector fits nothing, or names what is disabled.
    """
    from tailpipe_assets.cli.configured import read_config
    from tailpipe_assets.pipeline import plan
    from tailpipe_resources.model.place import Problems

    problems = Problems()
    config = read_config(args, problems=problems)
    plans = plan(config, problems=problems)
    problems.raise_any()
    chosen = choose(config.collections, args.selectors)
    for each in chosen.disabled:
        print(f"{'.'.join(each.key)} is disabled", file=sys.stderr)
    keys = {each.key for each in chosen.enabled if each.pace.follow or not args.followed}
    return config, [each for each in plans if each.collection.key in keys]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be collected, and what would be if it were enabled. In the configuration's order."""

    enabled: tuple[Collection, ...]
    disabled: tuple[Collection, ...]


def choose(collections: Sequence[Collection], selectors: Sequence[str]) -> Chosen:
    """The collections meant; all of them when there is no selector.

    Raises:
        UsageError: a selector fits nothing, or names what is disabled.
    """
    if not collections:
        raise UsageError("the configuration has no collection; tailpipe try PATH writes one for logs that are there")
    meant = {each.key for selector in selectors or ["*"] for each in _meant(collections, selector)}
    found = [each for each in collections if each.key in meant]
    return Chosen(tuple(each for each in found if each.enabled), tuple(each for each in found if not each.enabled))


def _meant(collections: Sequence[Collection], selector: str) -> list[Collection]:
    found = pick([(each, names_in_configuration(each)) for each in collections], selector)
    if not Selector(selector).is_wild and not any(each.enabled for each in found):
        places = ", ".join(f"{'.'.join(each.key)} ({each.place})" for each in found)
        raise UsageError(f"disabled: {places}; write enabled = true to collect it")
    return found


def pick(named: Sequence[tuple[T, set[str]]], selector: str) -> list[T]:
    """Those a selector means, of things that each have some names.

    Raises:
        UsageError: it fits nothing.
    """
    meant = Selector(selector)
    found = [each for each, names in named if meant.fits(names)]
    if not found:
        known = {name for _, names in named for name in names}
        raise UsageError(f'no collection is called "{meant.pattern}"{hint(meant.pattern, known)}')
    return found


def names_in_configuration(collection: Collection) -> set[str]:
    """What a configured collection can be called: by the table it is stored in, and by the one it is written with."""
    return names_of(collection.name, collection.table_stored, collection.table)
