"""The columns of a collection as Dagster shows them, and where those of its compacted days come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import dagster as dg

from tailpipe_resources.model.schema import PATH_COLUMNS, VIEW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.model.schema import Column

ALWAYS: Final = frozenset(
    {"tp_id", "tp_timestamp", "tp_ingest_timestamp", "tp_table", "tp_source_type", "tp_source_location"}
)
"""Common columns that no row lacks."""

_KEPT = {each.name: "kept in the folder name" for each in PATH_COLUMNS}
_KEPT |= {each.name: "computed by the view" for each in VIEW_COLUMNS}


def column_schema(columns: Iterable[Column]) -> dg.TableSchema:
    """Name, type, meaning of each column, whether it may be empty, and where it is if not in the files."""
    return dg.TableSchema(columns=[_column(each) for each in columns])


def same_columns(columns: Iterable[Column], upstream: dg.AssetKey) -> dg.TableColumnLineage:
    """Every column comes unchanged from the column of that name upstream."""
    return dg.TableColumnLineage({each.name: [dg.TableColumnDep(upstream, each.name)] for each in columns})


def _column(column: Column) -> dg.TableColumn:
    kept = _KEPT.get(column.name)
    constraints = dg.TableColumnConstraints(
        nullable=column.name not in ALWAYS and kept is None, other=[] if kept is None else [kept]
    )
    return dg.TableColumn(column.name, column.type, column.description, constraints)
