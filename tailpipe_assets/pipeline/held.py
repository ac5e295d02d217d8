"""Held rows: an overwrite stops before it replaces any, wherever its artifacts have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.lake.replace import days_of_rows
from tailpipe_resources.model.hold import refuse_replacing

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake.replace import RowsOf
    from tailpipe_resources.lake.storage import Lake


def keep_held(connection: duckdb.DuckDBPyConnection, lake: Lake, table: str, rows_of: RowsOf, ready: Plan) -> None:
    """Stop where rows that are about to be replaced lie on held days.

    Raises:
        HeldError: naming every hold in the way. Nothing was touched.
    """
    found = open_table(lake, table) if ready.holds else None
    if found is None:
        return

    def is_held(day: date) -> bool:
        return any(hold.keeps(day) for hold in ready.holds)

    days = days_of_rows(connection, lake, found, table, rows_of, is_held)
    refuse_replacing(ready.holds, *ready.collection.key, days)
