"""A lake to ask: web requests of two collections and CloudTrail of one, over three days."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.samples import cloudtrail
from tailpipe_assets.views.opened import OpenViews, open_config
from tailpipe_resources.config import load
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = '10.0.0.{n} - - [{day:02}/Feb/2024:13:00:00 +0000] "GET /{n} HTTP/1.1" 200 {n} "-" "x"\n'
DAYS = (7, 8, 9)
HCL = """
collection "http_log" "web" {
  source = source.file.logs
  prefix = "%(logs)s/web"
  format = "combined"
  tp_index = "remote_addr"
}
collection "http_log" "shop" {
  source = source.file.logs
  prefix = "%(logs)s/shop"
  format = "combined"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
  prefix = "%(logs)s/trail"
}
"""


def configured(project: Project, text: str = "") -> None:
    """The three collections, and something more."""
    project.configure(HCL % {"logs": project.logs} + text)


def collected(folder: Path) -> Project:
    """Three days: of `web` two requests a day, each of another address; of `shop` one; some CloudTrail."""
    made = Project(folder)
    configured(made)
    for day in DAYS:
        made.write(f"web/{day}.log", "".join(WEB.format(n=n, day=day) for n in (1, 2)))
        made.write(f"shop/{day}.log", WEB.format(n=9, day=day))
        cloudtrail.write_day(made.logs / "trail", date(2024, 2, day), events=50)
    for result in made.collect():
        assert result.failure is None, result.failure
    return made


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of the test's own, to configure and collect again."""
    made = collected(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(tmp_path / "tailpipe.hcl"))
    return made


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that nobody changes."""
    return collected(tmp_path_factory.mktemp("settled"))


def reopened(project: Project) -> OpenViews:
    """The view set of the project's configuration as it is now."""
    return open_config(load([project.folder / "tailpipe.hcl"]))


@pytest.fixture
def opened(settled: Project) -> Iterator[OpenViews]:
    """The view set of the project that stays as it is."""
    with reopened(settled) as found:
        yield found


def rows(opened: OpenViews, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
    """What a query gives."""
    return list(chain.from_iterable(opened.ask(sql, parameters or None).batches))
