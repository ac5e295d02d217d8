"""The pictures of the web UI in the docs: `python -m tests.web_ui.screenshots docs/images`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.web_ui.browser import browsing
from tests.web_ui.demo import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZE = {"width": 1200, "height": 760}
PAGES = {
    "collection": ("/assets/aws_cloudtrail_log/production", "Columns"),
    "days": ("/assets/aws_cloudtrail_log/production?view=partitions", "Materialized"),
    "check": ("/assets/aws_cloudtrail_log/production?view=checks", "Passed"),
    "detection": (
        "/assets/aws_cloudtrail_log/production?view=checks&checkDetail=detection_trail_touched",
        "top detections",
    ),
    "findings": ("/assets/detections/default?view=partitions&partition={day}", "worst findings"),
}
COLOURS = 64
"""Enough for a page, and a third of the size."""

SETTLED = 3_000
"""Milliseconds until figures and icons are there once the text is."""


def main() -> None:
    """Make all of them, in the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, serving(Path(work)) as demo, browsing() as browser:
        page = browser.new_context(base_url=demo.address, viewport=SIZE).new_page()  # type: ignore[arg-type]
        for name, (path, text) in PAGES.items():
            _take(page, path.format(day=demo.attacked), text, folder / f"{name}.png")


def _take(page: Page, path: str, text: str, file: Path) -> None:
    page.goto(path)
    page.get_by_text(text).first.wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=file)
    with Image.open(file) as taken:
        taken.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(file, optimize=True)


if __name__ == "__main__":
    main()
