"""What every table keeps: its sample becomes rows, and all of it is declared, described and can be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tailpipe_assets.testing.project import Project
from tailpipe_resources import plugins
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.model.schema import COMMON_COLUMNS, Column, storage_type
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.tables.declaration import Table

_DATED = "tp_year = year(tp_timestamp) and tp_month = month(tp_timestamp) and tp_day = day(tp_timestamp)"
_OURS = {"tp_table", "tp_source_type", "tp_source_location", "tp_source_version", "tp_source_offset"}
"""Common columns that no table fills."""


class TableContract:
    """A suite for one table. Inherit it, and say which."""

    name: ClassVar[str]
    """The plugin's name."""

    def declared(self) -> Table:
        """The table."""
        found: Table = plugins.load("table", self.name)
        return found

    def test_its_sample_becomes_rows(self, tmp_path: Path) -> None:
        """Collected end to end, nothing is rejected, every row is dated and identified, and comes once."""
        project = self._project(tmp_path)
        result = project.collect_one()

        assert result.rows > 0
        assert (result.rejected, result.filtered, result.faults) == (0, 0, ())
        sound = f"tp_id is not null and tp_table = '{self.name}' and tp_index <> '' and {_DATED}"
        assert project.one(f"select count(*) from {self.name} where {sound}") == result.rows
        assert project.one(f"select count(distinct tp_id) from {self.name}") == result.rows
        assert project.collect_one().rows == 0

    def test_its_view_has_its_columns(self, tmp_path: Path) -> None:
        """Before and after collecting, with the declared types."""
        project = self._project(tmp_path)
        declared = {each.name: each.type for each in self.declared().all_columns}

        before = {row[0]: _plain(row[1]) for row in project.ask(f"describe {self.name}")}
        project.collect_one()
        after = {row[0]: _plain(row[1]) for row in project.ask(f"describe {self.name}")}

        assert before == declared
        assert after == declared

    def test_every_column_is_described(self) -> None:
        """A reader can learn what each column holds without leaving the console."""
        table = self.declared()

        assert table.name == self.name
        assert table.description.endswith(".")
        assert [each.name for each in table.columns if not each.description.endswith(".")] == []

    def test_its_types_exist_and_can_be_stored(self) -> None:
        """DuckDB knows them by just this name, and Delta has a place for each."""
        columns = self.declared().stored_columns
        with connect() as connection:
            for each in columns:
                (kind,) = connection.sql(f"select null::{each.type} as x").types
                assert _plain(str(kind)) == each.type, each.name
            stored = [Column(each.name, storage_type(each.type)) for each in columns]
            assert len(delta_schema(connection, stored).fields) == len(stored)

    def test_its_columns_are_its_own(self) -> None:
        """No name comes twice or starts like a common column's."""
        names = [each.name for each in self.declared().columns]

        assert len(set(map(str.lower, names))) == len(names)
        assert [name for name in names if name.startswith("tp_")] == []

    def test_it_fills_common_columns_only(self) -> None:
        """Whatever it maps is a common column, and none that Tailpipe fills itself."""
        known = {each.name for each in COMMON_COLUMNS} - _OURS

        assert set(self.declared().enrichment) <= known

    def test_its_formats_are_installed(self) -> None:
        """The first of them is the default, and takes the options the table gives it."""
        table = self.declared()

        assert set(table.formats) <= set(plugins.names("format"))
        kind = plugins.load("format", table.formats[0])
        assert kind(kind.options(**table.format_options)).name == table.formats[0]

    def _project(self, folder: Path) -> Project:
        """A collection of the sample."""
        project = Project(folder)
        project.write("sample.log", self.declared().sample)
        project.configure(f'collection "{self.name}" "c" {{\n  source = source.file.logs\n}}\n')
        return project


def _plain(kind: str) -> str:
    """A type as DuckDB writes it, without the quotes it puts around some names."""
    return kind.replace('"', "")
