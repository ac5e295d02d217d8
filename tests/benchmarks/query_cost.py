"""What the lake's files spend on being found in: bytes a row, beside those that DuckDB writes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from tests.benchmarks.query_lake import Prepared


def show_cost(made: Prepared) -> None:
    """Print how many bytes a row takes, and how many of them are filters and footers."""
    print(f"\n  {'bytes a row':<22}{'all':>8}{'filters':>9}{'footers':>9}{'rows a group':>14}")
    for name, glob in (("tailpipe", f"{made.table}/tp_partition=*/**/*.parquet"), ("duckdb by glob", made.glob)):
        with duckdb.connect() as connection:
            [(whole, footers)] = connection.execute(
                f"SELECT sum(file_size_bytes), sum(footer_size) FROM parquet_file_metadata('{glob}')"
            ).fetchall()
            [(filters,)] = connection.execute(
                f"SELECT sum(bloom_filter_length) FROM parquet_metadata('{glob}')"
            ).fetchall()
            [(groups,)] = connection.execute(
                f"SELECT avg(row_group_num_rows) FROM parquet_metadata('{glob}') WHERE column_id = 0"
            ).fetchall()
        rows = made.events
        print(f"  {name:<22}{whole / rows:>8.1f}{(filters or 0) / rows:>9.2f}{footers / rows:>9.2f}{groups:>14,.0f}")
