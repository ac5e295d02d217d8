"""The rules of a configuration, tried against the tables that a configuration collects, and those that are built in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailpipe_assets.detections.binding import bind
from tailpipe_assets.detections.rules import RuleTable
from tailpipe_assets.detections.sigma.loading import load_sigma
from tailpipe_assets.tables import custom
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_assets.detections.rules import Bound
    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems


def rules_of(config: Config, tables: Iterable[Table], problems: Problems) -> Bound:
    """All rules of the configuration, tried.

    Args:
        config: what was loaded.
        tables: those that it collects; the ones that are built in are known.
        problems: receives everything wrong.
    """
    known = _installed(config, problems)
    known |= {each.name: each for each in tables}
    bindable = {name: rule_table(table) for name, table in known.items()}
    found = (*COMMON_COLUMNS, *FINDING_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)
    bindable[FINDING_TABLE] = RuleTable(FINDING_TABLE, found, "actor", "resource")
    loaded = load_sigma(config.detections, bindable, problems)
    bound = bind(loaded.said, bindable, problems, tried=loaded.tried)
    warnings = (*bound.warnings, *(each for pack in loaded.packs for each in pack.warnings))
    return replace(bound, packs=loaded.packs, warnings=warnings)


def _installed(config: Config, problems: Problems) -> dict[str, Table]:
    """The tables that are installed. One that does not import matters only to the rules about it."""
    found = {}
    for name in plugins.names("table"):
        if name == custom.CUSTOM.name:
            continue
        try:
            found[name] = plugins.load("table", name)
        except PluginError as error:
            for each in config.detections.detections:
                if each.table == name:
                    problems.add(each.place, f"detection.{each.address}: {error}")
    return found


def rule_table(table: Table) -> RuleTable:
    """What rules may name of a table."""
    return RuleTable(table.name, table.all_columns, table.actor, table.resource)
