"""One suite over every installed table: a new one is under test as soon as it is named as a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.testing import TableContract
from tailpipe_resources import plugins
from tailpipe_resources.model.schema import COMMON_COLUMNS, PATH_COLUMNS, VIEW_COLUMNS

if TYPE_CHECKING:
    from tailpipe_assets.tables.declaration import Table

ALL: list[Table] = [plugins.load("table", name) for name in plugins.names("table")]
SAMPLED = [table for table in ALL if table.sample]
OF_VENDORS = {
    *("actor", "actor_id", "authorization_info", "http_request", "operation", "request", "resource", "severity"),
    *("status", "version"),
}
"""Names that vendors use in their own ways."""


def test_every_table_with_columns_of_its_own_has_a_sample() -> None:
    """Only `custom`, which stands for tables yet to be written, has none."""
    assert {table.name for table in ALL if not table.sample} == {"custom"}


@pytest.mark.parametrize("name", [table.name for table in SAMPLED])
class TestEveryTable(TableContract):
    @pytest.fixture(autouse=True)
    def _chosen(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "name", name, raising=False)

    def test_a_column_name_means_one_type(self) -> None:
        """A column shared with another table has that table's type, so that one query can span both."""
        table = self.declared()
        others = {each.name: each.type for other in ALL if other.name != table.name for each in other.columns}
        shared = [each for each in table.columns if each.name not in OF_VENDORS]

        assert [each for each in shared if others.get(each.name, each.type) != each.type] == []


def test_a_query_sees_every_kind_of_column_once() -> None:
    """Common, path and view columns do not overlap."""
    names = [each.name for each in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS)]

    assert len(set(names)) == len(names)
    assert all(name.startswith("tp_") for name in names)
