"""What an operator sees and does in the browser."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web_ui.demo import Demo

pytestmark = [pytest.mark.slow, pytest.mark.service]

COLLECTION = "/assets/aws_cloudtrail_log/production"
PATIENCE = 240_000
"""Milliseconds a run may take on a busy machine, its queue included."""

COUNT = "select count(*) from aws_cloudtrail_log where tp_partition = 'production'"
BACKFILLS = """{ partitionBackfillsOrError(limit: 1) { ... on PartitionBackfills { results {
  status numPartitions } } } }"""
FAILED = """{ runsOrError(filter: { statuses: [FAILURE] }) { ... on Runs { results { runId } } } }"""


def test_the_graph_groups_assets_by_table(page: Page) -> None:
    """Sources feed one group a table, and opening a group shows its collections."""
    page.goto("/asset-groups")

    for name in ("sources", "aws_cloudtrail_log", "http_log", "app_log"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()


def test_a_collections_page_tells_what_it_holds(page: Page, demo: Demo) -> None:
    """Rows, the filter's words, the columns and the line of HCL are on the first page."""
    rows = demo.one(COUNT)
    page.goto(COLLECTION)

    for text in (f"{int(rows):,}", "tp_timestamp", "TIMESTAMP WITH TIME ZONE", "event_source = 'kms.amazonaws.com'"):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(r"Open .* in editor"))).to_be_visible()


def test_a_day_shows_its_figures(page: Page, demo: Demo) -> None:
    """The page of partitions has the days with rows as materialized, and a day shows its rows."""
    page.goto(f"{COLLECTION}?view=partitions")

    day = demo.one("select max(tp_date) from aws_cloudtrail_log")[:10]
    rows = demo.one(f"{COUNT} and tp_date = '{day}'")
    expect(page.get_by_text(re.compile(r"Materialized \([78]\)"))).to_be_visible()
    page.get_by_text(day, exact=True).locator("visible=true").first.click()
    expect(page.get_by_text("dagster/partition_row_count").first).to_be_visible()
    expect(page.get_by_text(rows, exact=True).first).to_be_visible()


def test_a_detections_check_tells_what_was_found(page: Page, demo: Demo) -> None:
    """What it looks for, that it warns, the rows as a table, and when it was asked before."""
    found = demo.one("select count(*) from tailpipe_finding where detection = 'aws_cloudtrail_log.trail_touched'")
    page.goto(f"{COLLECTION}?view=checks&checkDetail=detection_trail_touched")

    for text in ("Somebody laid hands on a trail", f"{found} finding", "top detections", "Execution history"):
        expect(page.get_by_text(text).first).to_be_visible()
    page.get_by_text("Show Markdown").first.click()
    expect(page.get_by_role("dialog").get_by_text("source_ip")).to_be_visible()


def test_three_days_are_backfilled_by_hand(page: Page, demo: Demo) -> None:
    """Days chosen in the dialog are collected again, and nothing is stored twice."""
    before = demo.one(COUNT)
    day = demo.one("select max(tp_date) - 3 from aws_cloudtrail_log")
    last = demo.one("select max(tp_date) - 1 from aws_cloudtrail_log")

    page.goto(COLLECTION)
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    days = dialog.get_by_placeholder("No matching partitions")
    days.fill(f"[{day[:10]}...{last[:10]}]")
    days.press("Enter")
    expect(dialog.get_by_text("3 partitions")).to_be_visible()
    dialog.get_by_role("button", name="Launch").click()
    _wait_for_backfill(demo)
    page.goto("/runs?tab=backfills")

    expect(page.get_by_text("3 partitions").first).to_be_visible()
    expect(page.get_by_text("Success").first).to_be_visible()
    assert demo.one(COUNT) == before


def test_a_failed_run_says_why(page: Page, demo: Demo) -> None:
    """The page of a run that failed holds the sentence that the command line would print."""
    page.goto("/assets/http_log/broken")
    page.get_by_role("button", name="Materialize").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Latest", exact=True).click()
    dialog.get_by_role("button", name="Launch").click()
    run = _failed_run(demo)
    page.goto(f"/runs/{run}")

    expect(page.get_by_text("not-there").first).to_be_visible()


def test_a_check_has_a_page(page: Page) -> None:
    """What every collection is checked for is listed, with its last outcome."""
    page.goto(f"{COLLECTION}?view=checks")

    expect(page.get_by_text("rejected_share").first).to_be_visible()
    expect(page.get_by_text("Passed").first).to_be_visible()


def test_findings_are_behind_the_collections_in_the_graph(page: Page) -> None:
    """In a group of their own."""
    page.goto("/asset-groups")
    expect(page.get_by_text("detections", exact=True).first).to_be_visible()
    page.goto("/assets/detections/default?view=lineage&lineageScope=upstream")
    for text in ("production", "default"):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()


def test_a_day_shows_what_was_found(page: Page, demo: Demo) -> None:
    """How much by severity, and how often by the detection."""
    page.goto(f"/assets/detections/default?view=partitions&partition={demo.attacked}")

    for text in ("critical", "suppressed", "worst findings", "aws_cloudtrail_log.trail_touched"):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()


def _wait_for_backfill(demo: Demo) -> None:
    for _ in range(PATIENCE // 500):
        found = demo.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]
        if found and found[0]["status"] == "COMPLETED_SUCCESS":
            assert found[0]["numPartitions"] == 3
            return
        time.sleep(0.5)
    raise TimeoutError(found)


def _failed_run(demo: Demo) -> str:
    for _ in range(PATIENCE // 500):
        found = demo.ask(FAILED)["runsOrError"]["results"]
        if found:
            run: str = found[0]["runId"]
            return run
        time.sleep(0.5)
    raise TimeoutError("no run has failed")
