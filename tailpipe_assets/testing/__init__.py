"""Contracts: what every source, format and table keeps, as suites that a plugin's own tests inherit.

    from tailpipe_assets.testing import TableContract

    class TestMyTable(TableContract):
        name = "my_table"

Run them with pytest. The suites of Tailpipe's own plugins are these; see `tests/contract`.
"""

from __future__ import annotations

from tailpipe_assets.testing.format_contract import FormatContract
from tailpipe_assets.testing.project import Project
from tailpipe_assets.testing.source_contract import SourceContract
from tailpipe_assets.testing.speed import speed_of
from tailpipe_assets.testing.table_contract import TableContract

__all__ = ["FormatContract", "Project", "SourceContract", "TableContract", "speed_of"]
