"""Types as users write them."""

from __future__ import annotations

import pytest

from tailpipe_assets.tables.types import stored_type


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (None, "VARCHAR"),
        ("int", "INTEGER"),
        ("decimal(10, 2)", "DECIMAL(10,2)"),
        ("timestamp[]", "TIMESTAMP WITH TIME ZONE[]"),
        ('struct(a int, "b ""c" struct(d json)[])', 'STRUCT("a" INTEGER, "b ""c" STRUCT("d" JSON)[])'),
        (" STRUCT ( a TEXT )[ ] ", 'STRUCT("a" VARCHAR)[]'),
    ],
)
def test_types_are_known_in_any_case(written: str | None, stored: str) -> None:
    """Those without a place in Delta become the nearest that holds the same."""
    assert stored_type(written) == stored


@pytest.mark.parametrize(
    "written", ["", "INTEGR", "INTEGERS", "STRUCT()", "STRUCT(a)", "STRUCT(a int", "int)", "int; x"]
)
def test_what_is_no_type_is_none(written: str) -> None:
    """So that it is said where it is written, and never becomes SQL."""
    assert stored_type(written) is None
