"""One suite over every installed table: a new one is under test as soon as it is named as a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources import plugins
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS, storage_type
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from tailpipe_assets.tables.declaration import Table
    from tests.services.project import Project

ALL: list[Table] = [plugins.load("table", name) for name in plugins.names("table")]
SAMPLED = [table for table in ALL if table.sample]
OF_VENDORS = {
    *("actor", "actor_id", "authorization_info", "http_request", "operation", "request", "resource", "severity"),
    *("status", "version"),
}
"""Names that vendors use in their own ways."""

DATED = "tp_year = year(tp_timestamp) and tp_month = month(tp_timestamp) and tp_day = day(tp_timestamp)"


def plain(kind: str) -> str:
    """A type as DuckDB writes it, without the quotes it puts around some names."""
    return kind.replace('"', "")


def test_every_table_with_columns_of_its_own_has_a_sample() -> None:
    """Only `custom`, which stands for tables yet to be written, has none."""
    assert {table.name for table in ALL if not table.sample} == {"custom"}


@pytest.mark.parametrize("table", SAMPLED, ids=lambda table: table.name)
class TestEveryTable:
    def test_its_sample_becomes_rows(self, table: Table, project: Project) -> None:
        """Collected end to end, nothing is rejected and every row is dated and identified."""
        project.write("sample.log", table.sample)
        project.configure(f'collection "{table.name}" "c" {{\n  source = source.file.logs\n}}\n')

        result = project.collect_one()

        assert result.rows > 0
        assert (result.rejected, result.filtered, result.faults) == (0, 0, ())
        sound = f"tp_id is not null and tp_table = '{table.name}' and tp_index <> '' and {DATED}"
        assert project.one(f"select count(*) from {table.name} where {sound}") == result.rows
        assert project.one(f"select count(distinct tp_id) from {table.name}") == result.rows
        assert project.collect_one().rows == 0

    def test_its_view_has_its_columns(self, table: Table, project: Project) -> None:
        """Before and after collecting, with the declared types."""
        project.configure(f'collection "{table.name}" "c" {{\n  source = source.file.logs\n}}\n')
        declared = {each.name: each.type for each in table.all_columns}

        before = {row[0]: plain(row[1]) for row in project.ask(f"describe {table.name}")}
        project.write("sample.log", table.sample)
        project.collect_one()
        after = {row[0]: plain(row[1]) for row in project.ask(f"describe {table.name}")}

        assert before == declared
        assert after == declared

    def test_every_column_is_described(self, table: Table) -> None:
        """A reader can learn what each column holds without leaving the console."""
        assert table.description.endswith(".")
        assert [each.name for each in table.columns if not each.description.endswith(".")] == []

    def test_its_types_exist_and_can_be_stored(self, table: Table) -> None:
        """DuckDB knows them by just this name, and Delta has a place for each."""
        with connect() as connection:
            for each in table.stored_columns:
                (kind,) = connection.sql(f"select null::{each.type} as x").types
                assert plain(str(kind)) == each.type, each.name
            stored = [type(each)(each.name, storage_type(each.type)) for each in table.stored_columns]
            assert len(delta_schema(connection, stored).fields) == len(stored)

    def test_its_columns_are_its_own(self, table: Table) -> None:
        """No name comes twice or starts like a common column's."""
        names = [each.name for each in table.columns]

        assert len(set(map(str.lower, names))) == len(names)
        assert [name for name in names if name.startswith("tp_")] == []

    def test_a_column_name_means_one_type(self, table: Table) -> None:
        """A column shared with another table has that table's type, so that one query can span both."""
        others = {each.name: each.type for other in ALL if other.name != table.name for each in other.columns}
        shared = [each for each in table.columns if each.name not in OF_VENDORS]

        assert [each for each in shared if others.get(each.name, each.type) != each.type] == []

    def test_it_fills_common_columns_only(self, table: Table) -> None:
        """Whatever it maps is a common column, and none that Tailpipe fills itself."""
        ours = {"tp_table", "tp_source_type", "tp_source_location", "tp_source_version", "tp_source_offset"}
        known = {each.name for each in COMMON_COLUMNS} - ours

        assert set(table.enrichment) <= known

    def test_its_formats_are_installed(self, table: Table) -> None:
        """The first of them is the default, and takes the options the table gives it."""
        assert set(table.formats) <= set(plugins.names("format"))
        kind = plugins.load("format", table.formats[0])
        assert kind(kind.options(**table.format_options)).name == table.formats[0]


def test_a_query_sees_every_kind_of_column_once() -> None:
    """Common, path and view columns do not overlap."""
    names = [each.name for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)]

    assert len(set(names)) == len(names)
    assert all(name.startswith("tp_") for name in names)
