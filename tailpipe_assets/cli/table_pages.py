"""The reference pages of the built-in tables: `python -m tailpipe_assets.cli.table_pages docs/tables` writes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.tables.declaration import Table
from tailpipe_resources import plugins
from tailpipe_resources.model.schema import COMMON_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.model.schema import Column


def pages() -> dict[str, str]:
    """Each page by its file's name, and `README.md` with links to all."""
    tables = [table for table in _tables() if table.fields]
    rows = [f"| [{table.name}]({table.name}.md) | {_cell(table.description)} |" for table in tables]
    index = ["# Tables", "", "Written from the declarations.", "", "| table | holds |", "|---|---|", *rows, ""]
    return {"README.md": "\n".join(index), **{f"{table.name}.md": page(table) for table in tables}}


def page(table: Table) -> str:
    """What there is to know of one table, in Markdown."""
    layouts = [
        f"In a source of type `{kind}` it is looked for by `{layout}`." for kind, layout in table.layouts.items()
    ]
    filled = [column for column in COMMON_COLUMNS if column.name in table.enrichment]
    parts = [
        f"# {table.name}",
        table.description,
        f'```hcl\ncollection "{table.name}" "all" {{\n  source = source.file.logs\n}}\n```',
        f"It is read from the format {_listed(table.formats)}; the first is the default.",
        *layouts,
        "## Columns",
        _columns(table.columns),
        "## Common columns it fills",
        _columns(filled),
        "## The vendor's description",
        "\n".join(f"- <{link}>" for link in table.references),
    ]
    return "\n\n".join(parts) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write the pages into a folder."""
    (folder,) = sys.argv[1:] if arguments is None else arguments
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (Path(folder) / name).write_text(text)


def _tables() -> Iterable[Table]:
    loaded = (plugins.load("table", name) for name in plugins.names("table"))
    return (table for table in loaded if isinstance(table, Table))


def _columns(columns: Iterable[Column]) -> str:
    rows = [f"| {each.name} | `{each.type}` | {_cell(each.description)} |" for each in columns]
    return "\n".join(["| column | type | holds |", "|---|---|---|", *rows])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
