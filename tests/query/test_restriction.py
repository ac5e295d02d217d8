"""Restrictions: rows outside are not there, and files without any row inside are not read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tailpipe_resources.model.schema import INSTANT, Column
from tailpipe_resources.model.stored_file import StoredFile
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.restriction import EVERYTHING, Restriction, restricted
from tailpipe_resources.query.views import View

NOON = datetime(2024, 2, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FILES = (
    StoredFile("a", "web", "1", NOON.date(), NOON, NOON + HOUR, 1, 1),
    StoredFile("b", "shop", "2", NOON.date(), NOON + 2 * HOUR, NOON + 3 * HOUR, 1, 1),
    StoredFile("c", "shop", "22", NOON.date(), None, None, 1, 1),
)
VIEW = View("t", (Column("tp_timestamp", INSTANT),), ("a", "b", "c"), FILES)


@pytest.mark.parametrize(
    ("to", "left"),
    [
        (Restriction(collections=("web",)), "a"),
        (Restriction(collections=("t.sh*",)), "bc"),
        (Restriction(collections=("u.shop",)), ""),
        (Restriction(indexes=("2*",)), "bc"),
        (Restriction(indexes=("1", "2")), "ab"),
        (Restriction(Window(start=NOON + HOUR)), "abc"),
        (Restriction(Window(start=NOON + HOUR + HOUR / 2)), "bc"),
        (Restriction(Window(end=NOON + HOUR)), "ac"),
        (Restriction(Window(NOON, NOON + HOUR), ("shop",)), "c"),
    ],
)
def test_only_files_that_may_hold_a_row_are_left(to: Restriction, left: str) -> None:
    """One of which nothing is known always may."""
    assert "".join(restricted(VIEW, to).files) == left


def test_a_window_is_a_condition_on_rows_as_well() -> None:
    """Files at its ends hold rows of both sides."""
    found = restricted(VIEW, Restriction(Window(NOON, NOON + HOUR)))

    assert found.conditions == (
        "tp_timestamp >= TIMESTAMPTZ '2024-02-07T12:00:00+00:00'",
        "tp_timestamp < TIMESTAMPTZ '2024-02-07T13:00:00+00:00'",
    )
    assert restricted(VIEW, EVERYTHING) is VIEW
