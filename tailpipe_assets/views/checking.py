"""`view` blocks tried before anybody asks them, over tables that have the declared columns and no rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tailpipe_assets.views.found import declared
from tailpipe_resources.errors import LakeError, QueryError
from tailpipe_resources.lake import open_lake, tables
from tailpipe_resources.model.names import hint, nearest
from tailpipe_resources.model.selector import Selector, names_of
from tailpipe_resources.query.accelerating import block_of
from tailpipe_resources.query.described import Described
from tailpipe_resources.query.engine import isolated
from tailpipe_resources.query.views import View
from tailpipe_resources.query.viewset import ViewSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems
    from tailpipe_resources.model.view import ViewBlock
    from tailpipe_resources.query.layers import Layer

_NO_SCHEMA = re.compile(r'does not exist because schema "(?P<name>[^"]+)" does not exist')
_NO_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_REASON = re.compile(r"^the view \S+ cannot be made: ")


@dataclass(frozen=True, slots=True)
class _Known:
    """What views can name."""

    tables: frozenset[str]
    collections: frozenset[tuple[str, str]]
    """Table and name."""

    is_all: bool
    """Whether nothing else can be there: what a bucket holds is not looked at."""


def check_views(config: Config, plans: Iterable[Plan], problems: Problems) -> None:
    """Note what is wrong with the `view` blocks of a configuration. It looks at no row.

    Args:
        config: what was loaded.
        plans: its collections, whose tables have columns.
        problems: receives everything wrong.
    """
    if not config.views:
        return
    views = dict(declared())
    for each in plans:
        views[each.table.name] = View(each.table.name, each.table.stored_columns, ())
    known = _known(config, views)
    for block in config.views:
        _check_names(block, known, problems)
    with isolated() as connection:
        described = Described(tuple(views.values()), tuple(sorted(known.collections)), config.views)
        made = ViewSet(connection, described)
        made.make_all()
        for block in config.views:
            layers = [each for each in made.layers if each.kind in {"period", "query"} and block_of(each) == block.name]
            if layers and block.accelerated:
                _check_copy(block, layers, made, problems)
            elif not layers:
                _check_lost(block, made, known, problems)


def _check_names(block: ViewBlock, known: _Known, problems: Problems) -> None:
    for table in block.tables:
        if not Selector(table).is_wild and table not in known.tables and _is_surely_none(table, known.tables, known):
            problems.add(
                block.at("tables"), f'view "{block.name}": there is no table "{table}"{hint(table, known.tables)}'
            )
    names = {name for table, collection in known.collections for name in names_of(collection, table)}
    for written in block.collections:
        selector = Selector(written)
        if not selector.is_wild and not selector.fits(names) and _is_surely_none(selector.pattern, names, known):
            shown = {name for _, name in known.collections} if "." not in selector.pattern else names
            message = f'view "{block.name}": there is no collection "{written}"{hint(selector.pattern, shown)}'
            problems.add(block.at("collections"), message)


def _is_surely_none(name: str, names: Iterable[str], known: _Known) -> bool:
    """Whether nothing has a name; in a bucket something may, unless it looks like a slip of the hand."""
    return known.is_all or nearest(name, names) is not None


def _check_lost(block: ViewBlock, made: ViewSet, known: _Known, problems: Problems) -> None:
    if block.name not in made.lost:
        return  # its tables are none: that was said already
    reason = _REASON.sub("", made.lost[block.name])
    schema, table = _NO_SCHEMA.search(reason), _NO_TABLE.search(reason)
    if schema is not None:
        near = hint(schema["name"], made.schemas)
        if "did you mean" not in near:
            return  # it may be an index value
        reason = f'no schema is called "{schema["name"]}"{near}'
    elif table is not None:
        if table["name"] in known.tables:
            return  # it is in a lake, and not configured any more
        reason = f'no table is called "{table["name"]}"{hint(table["name"], made.names)}'
    problems.add(block.at("sql", "where"), f'view "{block.name}": {reason}')


def _check_copy(block: ViewBlock, layers: Sequence[Layer], made: ViewSet, problems: Problems) -> None:
    try:
        for layer in layers:
            made.basis(layer)
    except QueryError as error:
        message = f'view "{block.name}" cannot be accelerated: {error}'
        problems.add(block.at("sql", "where"), message)


def _known(config: Config, views: Iterable[str]) -> _Known:
    lakes = [open_lake(each) for each in config.destinations]
    stored = {pair for lake in lakes if not lake.store.is_remote for pair in _stored(lake)}
    # A draft cannot run, and is noted already; whoever names it is right to.
    collections = {each.key for each in (*config.collections, *config.drafts)} | stored
    drafted = {each.table_stored for each in config.drafts}
    names = frozenset({*views, *(table for table, _ in stored), *drafted})
    return _Known(names, frozenset(collections), not any(lake.store.is_remote for lake in lakes))


def _stored(lake: Lake) -> Iterator[tuple[str, str]]:
    """Table and collection of everything in a lake on this machine, told from the names of its folders."""
    try:
        for table in tables(lake):
            for folder in lake.store.folders(table):
                key, _, value = folder.partition("=")
                if key == "tp_partition":
                    yield table, unquote(value)
    except (LakeError, OSError):
        return
