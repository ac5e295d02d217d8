"""One table collected from a file or two, and asked for its rows and rejects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tailpipe_resources import plugins
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.tables.declaration import Table

TAKEN_APART = ("tp_source_ip", "tp_destination_ip", "tp_akas", "tp_ips", "tp_domains", "tp_emails", "tp_usernames")


@dataclass(frozen=True, slots=True)
class OneTable:
    """A collection of one table from the files of a folder."""

    name: str
    folder: Path
    more: str = ""
    """What else its collection says."""

    @property
    def table(self) -> Table:
        """The declaration."""
        declared: Table = plugins.load("table", self.name)
        return declared

    @property
    def project(self) -> Project:
        """The configuration around it."""
        project = Project(self.folder)
        project.configure(f'collection "{self.name}" "c" {{\n  source = source.file.logs\n{self.more}\n}}\n')
        return project

    def rows(self, columns: str, *lines: str) -> list[tuple[Any, ...]]:
        """What these lines come to, in their order."""
        project = self.project
        project.write("a.log", "\n".join(lines))
        project.collect_one()
        return project.ask(f"select {columns} from {self.name} order by tp_source_offset")

    def row(self, *lines: str) -> dict[str, Any]:
        """The columns of the only row, by name; times as text, JSON read, and what holds nothing left out."""
        columns = [each.name for each in self.table.columns]
        times = {each.name for each in self.table.columns if each.type.startswith("TIMESTAMP")}
        wanted = ", ".join(f'"{name}"::varchar' if name in times else f'"{name}"' for name in columns)
        (values,) = self.rows(wanted, *lines)
        return {name: _read(value) for name, value in zip(columns, values, strict=True) if value is not None}

    def common(self, *lines: str) -> dict[str, Any]:
        """The common columns of the only row that a table fills, and its time, index and id."""
        wanted = ("tp_index", *TAKEN_APART)
        (values,) = self.rows(", ".join(["tp_timestamp::varchar", *wanted]), *lines)
        names = ("tp_timestamp", *wanted)
        return {name: value for name, value in zip(names, values, strict=True) if value is not None}

    def rejects(self, *lines: str) -> list[tuple[str, str]]:
        """The records set aside and the reasons, in their order."""
        project = self.project
        project.write("a.log", "\n".join(lines))
        project.collect_one()
        return project.ask("select record, reason from tailpipe_rejected order by position")


def _read(value: Any) -> Any:
    """JSON as what it says, also inside of structs; their times as text, and what is NULL in them left out."""
    if isinstance(value, dict):
        return {name: _read(each) for name, each in value.items() if each is not None}
    if isinstance(value, str) and value[:1] in {"{", "["}:
        return json.loads(value)
    return str(value) if isinstance(value, datetime) else value
