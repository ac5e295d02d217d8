"""The outline of a configuration: where its lakes are and what its tables are called.

It is what a query needs. Leaving everything else unchecked makes a query start sooner, and answer while another part
of the configuration is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_resources.config.aliases import block_type
from tailpipe_resources.config.document import read
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.values import revealed
from tailpipe_resources.config.variables import scope_of
from tailpipe_resources.errors import ConfigError, UnknownFolderError
from tailpipe_resources.model.config import Destination
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tailpipe_resources.config.expressions import Scope
    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.view import ViewBlock


@dataclass(frozen=True, slots=True)
class Outline:
    """Where lakes are and what tables are called."""

    lakes: tuple[Destination, ...]
    """Destinations, each place once."""

    collections: tuple[tuple[str, str], ...]
    """Table and name of each collection."""

    views: tuple[ViewBlock, ...] = ()
    enriched: frozenset[str] = frozenset()
    """The tables to which collections add columns."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that collections store, each once."""
        return tuple(dict.fromkeys(table for table, _ in self.collections))

    @classmethod
    def of(cls, config: Config) -> Outline:
        """The outline of a configuration that was loaded."""
        lakes = {_where(each): each if "://" in each.path else _local(each.path) for each in config.destinations}
        collections = tuple(each.key for each in config.collections)
        enriched = frozenset(each.table_stored for each in config.collections if each.enrichments)
        return cls(tuple(lakes.values()), collections, config.views, enriched)


def outline(paths: Iterable[Path], variables: Mapping[str, str]) -> Outline | None:
    """The outline of a configuration, or None when something in what it takes is wrong; loading then says what."""
    problems = Problems()
    blocks = [block for path in paths for block in read(path, problems).blocks]
    if problems:
        return None
    scope = scope_of(blocks, variables, problems)
    try:
        lakes = dict.fromkeys(_lakes(blocks, scope))
        collections = tuple(_key(block, scope) for block in _collections(blocks))
        enriched = frozenset(_key(block, scope)[0] for block in _collections(blocks) if _enriches(block))
        views = _views(blocks, scope, problems)
    except (ConfigError, UnknownFolderError):
        return None
    if problems or any("://" in path for path in lakes):  # an object store needs its credential, which takes it all
        return None
    return Outline(tuple(map(_local, lakes)), collections, views, enriched)


def _where(lake: Destination) -> tuple[str, str | None]:
    """What tells a lake from others: the same bucket's name may be there in two stores."""
    endpoint = lake.credential.options.get("endpoint_url") if lake.credential is not None else None
    return lake.path.rstrip("/"), endpoint if "://" in lake.path else None


def _local(path: str) -> Destination:
    """A lake on a disk is known by its path alone."""
    return Destination(path, path)


def _lakes(blocks: Iterable[Block], scope: Scope) -> Iterable[str]:
    destinations = [block for block in blocks if block_type(block.type) == "destination"]
    if not any(block.labels[-1:] == ("default",) for block in destinations):
        yield absolute(".")
    for block in destinations:
        yield absolute(_text(block, "path", scope))


def _collections(blocks: Iterable[Block]) -> list[Block]:
    return [block for block in blocks if block_type(block.type) == "collection" and block.labels]


def _key(block: Block, scope: Scope) -> tuple[str, str]:
    named = any(attribute.name == "table_name" for attribute in block.attributes)
    return _text(block, "table_name", scope) if named else block.labels[0], block.labels[-1]


def _enriches(block: Block) -> bool:
    return any(inner.type == "enrich" for inner in block.blocks)


def _views(blocks: Iterable[Block], scope: Scope, problems: Problems) -> tuple[ViewBlock, ...]:
    written = [block for block in blocks if block.type == "view"]
    if not written:
        return ()
    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.decode_views import view

    context = Context(scope, problems)
    found = (view(block, context) if len(block.labels) == 1 else None for block in written)
    return tuple(each for each in found if each is not None)


def _text(block: Block, name: str, scope: Scope) -> str:
    value = next((each.value for each in block.attributes if each.name == name), None)
    found = None if value is None else revealed(scope.evaluate(value))
    if not isinstance(found, str):
        raise ConfigError([block.place.problem(f'{block.title} needs "{name}"')])
    return found
