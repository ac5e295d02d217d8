"""The reference pages of tables: what the declarations say, and what `tailpipe table show` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailpipe_assets.cli.main import main
from tailpipe_assets.cli.table_pages import pages

FOLDER = Path(__file__).parents[2] / "docs" / "tables"


@pytest.mark.parametrize(("name", "text"), pages().items(), ids=list(pages()))
def test_pages_are_as_the_declarations_have_it(name: str, text: str) -> None:
    """To mend one: `python -m tailpipe_assets.cli.table_pages docs/tables`."""
    assert (FOLDER / name).read_text() == text


@pytest.mark.parametrize("name", [name.removesuffix(".md") for name in pages() if name != "README.md"])
def test_every_table_can_be_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With its columns."""
    with pytest.raises(SystemExit) as left:
        main(["table", "show", name])

    shown = capsys.readouterr()
    assert (left.value.code, shown.err) == (0, "")
    assert name in shown.out
    assert "tp_timestamp" in shown.out
