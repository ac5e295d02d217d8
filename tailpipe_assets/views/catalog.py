"""The catalog: everything that can be asked, with what it means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.errors import ConfigError, PluginError
from tailpipe_resources.model.alert import ALERT_COLUMNS, ALERT_TABLE
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.names import folded
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.schema import (
    COMMON_COLUMNS,
    PATH_COLUMNS,
    REJECTED_COLUMNS,
    REJECTED_TABLE,
    VIEW_COLUMNS,
    Column,
)
from tailpipe_resources.query.layers import MAIN, Layer
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tailpipe_assets.views.found import Views
    from tailpipe_resources.model.config import Config, TableBlock
    from tailpipe_resources.query.viewset import ViewSet


@dataclass(frozen=True, slots=True)
class Catalog:
    """What there is to ask."""

    views: tuple[Layer, ...]
    """The tables first, then everything in the order of schemas and names."""

    indexes: tuple[str, ...] = ()
    """Values of `tp_index`: each can be written as a schema, also where no view of it is listed yet."""

    lost: tuple[str, ...] = ()
    """What could not be made, and why."""

    lakes: tuple[str, ...] = ()
    """Where the tables lie: a folder, or a prefix of a bucket, with a Delta table in a folder of its name for each."""

    @property
    def schemas(self) -> tuple[str, ...]:
        """The schemas that are listed, `main` first."""
        return tuple(dict.fromkeys(view.schema for view in self.views))

    def find(self, name: str) -> Layer | None:
        """The view of a name such as `http_log` or `production.http_log`; case does not matter."""
        wanted = folded(name)
        return next((each for each in self.views if wanted in _names(each)), None)


def catalog_of(views: ViewSet, found: Views, load: Callable[[], Config]) -> Catalog:
    """The catalog of a view set.

    Args:
        views: the view set.
        found: what it was made from.
        load: the whole configuration, for what it says of tables of the user's own.
    """
    meant = _Meanings.of({view.name for view in views.views}, load)
    tables = [
        Layer(
            MAIN, view.name, "table", select_of(view), view.all_columns, (view.name,), meant.tables.get(view.name, "")
        )
        for view in views.views
    ]
    made = sorted(views.make_all(), key=lambda layer: (layer.schema != MAIN, layer.schema, layer.name))
    every = tuple(replace(each, columns=meant.described(each)) for each in (*tables, *made))
    roots = tuple(lake.root for lake in found.lakes)
    return Catalog(every, views.indexes, (*found.lost.values(), *views.lost.values()), roots)


def _names(layer: Layer) -> tuple[str, ...]:
    whole = folded(f"{layer.schema}.{layer.name}")
    return (whole, folded(layer.name)) if layer.schema == MAIN else (whole,)


@dataclass(frozen=True, slots=True)
class _Meanings:
    """What tables and their columns mean."""

    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]
    common: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str], load: Callable[[], Config]) -> _Meanings:
        tables = {
            REJECTED_TABLE: "Records that did not fit and artifacts that broke.",
            FINDING_TABLE: "What detections found.",
            ALERT_TABLE: "Whom alerts were told to, and what was done about them.",
        }
        columns = {(REJECTED_TABLE, each.name): each.description for each in REJECTED_COLUMNS}
        columns |= {(FINDING_TABLE, each.name): each.description for each in FINDING_COLUMNS}
        columns |= {(ALERT_TABLE, each.name): each.description for each in ALERT_COLUMNS}
        wanted = set(names)
        installed = set(plugins.names("table"))
        for name in wanted & installed:
            try:
                declared = plugins.load("table", name)
            except PluginError:
                continue
            tables[name] = str(getattr(declared, "description", ""))
            columns |= {(name, each.name): each.description for each in declared.stored_columns}
        for block in _blocks(load) if wanted - installed - OWN_TABLES else ():
            tables[block.name] = block.description
            columns |= {(block.name, each.name): each.description for each in block.columns}
        common = {each.name: each.description for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)}
        return cls(tables, columns, common)

    def described(self, layer: Layer) -> tuple[Column, ...]:
        return tuple(replace(each, description=each.description or self._of(layer, each)) for each in layer.columns)

    def _of(self, layer: Layer, column: Column) -> str:
        found = (self.columns.get((table, column.name)) for table in layer.tables)
        return self.common.get(column.name) or next((each for each in found if each), "")


def _blocks(load: Callable[[], Config]) -> Iterable[TableBlock]:
    try:
        return load().tables
    except ConfigError:  # what it lacks are only descriptions
        return ()
