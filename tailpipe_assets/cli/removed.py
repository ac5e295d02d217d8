"""What deleting and retention say of each collection they take rows from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.listing import print_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from tailpipe_assets.pipeline.stock import Stock
    from tailpipe_resources.lake.delete import Deleted
    from tailpipe_resources.model.config import Config

COLUMNS = ("collection", "destination", "first_day", "last_day", "days", "files", "rows", "rejected", "bytes")


def row_of(stock: Stock, days: Iterable[date] | None) -> dict[str, Any]:
    """What is stored of a collection on some days, or on all."""
    going = sorted(stock.holding.days if days is None else days)
    total = stock.holding.total(going)
    return {
        "collection": stock.name,
        "destination": stock.destination.path,
        "first_day": going[0].isoformat() if going else None,
        "last_day": going[-1].isoformat() if going else None,
        "days": len(going),
        "files": total.files,
        "rows": total.rows,
        "rejected": total.rejected,
        "bytes": total.size,
    }


def figures_of(gone: Deleted) -> dict[str, int]:
    """What really went, in place of what was stored when it was looked at."""
    return {"files": gone.files, "rows": gone.rows, "rejected": gone.rejected, "bytes": gone.size}


def print_removed(rows: Sequence[dict[str, Any]], columns: Sequence[str] = COLUMNS) -> None:
    """The rows as a table."""
    shown = [{name: f"{value:,}" if isinstance(value, int) else value for name, value in row.items()} for row in rows]
    print_rows(shown, columns)


def tell_outdated(config: Config) -> None:
    """Remove the copies of accelerated views that hold rows which were deleted, and name them."""
    from tailpipe_assets.views.outdated import remove_outdated

    for name in remove_outdated(config):
        text = f"the copy of the view {name} held rows that are deleted, and is removed; tailpipe view refresh {name}"
        print(f"{text} makes another", file=sys.stderr)
