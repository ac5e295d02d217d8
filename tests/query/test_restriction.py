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


@pytest.mark.parametrize("table", ["tailpipe_rejected", "tailpipe_finding"])
@pytest.mark.parametrize(
    ("written", "left"), [("http_log.web", "a"), ("http_log", "ab"), ("web", "ac"), ("*.shop", "b")]
)
def test_rows_about_a_table_are_those_of_its_collections(table: str, written: str, left: str) -> None:
    """Rejected records and findings lie under the index of the table, and of the detection, that they are about."""
    of = {"a": ("web", "http_log"), "b": ("shop", "http_log"), "c": ("web", "app_log")}
    rule = ".rule" if table == "tailpipe_finding" else ""
    files = tuple(StoredFile(name, of[name][0], of[name][1] + rule, NOON.date(), NOON, NOON, 1, 1) for name in of)
    view = View(table, VIEW.columns, tuple(of), files)

    assert "".join(restricted(view, Restriction(collections=(written,))).files) == left
