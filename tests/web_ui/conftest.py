"""One server and one browser for everything that is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web_ui.browser import browsing, chromium
from tests.web_ui.demo import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.web_ui.demo import Demo

PATIENCE = 120_000
"""Milliseconds a page may take on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo under `tailpipe server`."""
    if chromium() is None:
        pytest.skip("no Chromium: the web UI was not looked at")
    with serving(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:  # noqa: ARG001 - a browser only where there is a server
    """Chromium."""
    with browsing() as found:
        yield found


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """An empty page, on which paths are the server's."""
    context = browser.new_context(base_url=demo.address, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    context.close()
