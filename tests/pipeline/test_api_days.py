"""Days of an API as collections get them: each event once, whatever happens between and within runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline import CollectOptions, Resources
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.pipes import PipesSource
from tailpipe_resources.sources.slack import SlackSource
from tests.services.audit_api import AuditApi, serving_audit
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_resources.model import config
    from tailpipe_resources.model.results import CollectResult
    from tailpipe_resources.sources.base import Source

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SLACK = """
credential "slack" "default" {{
  token = "xoxp-loopback"
}}
source "slack" "audit" {{
  base_url    = "{url}"
  limit       = 3
  retry_delay = 0.01
  attempts    = 3
}}
"""
PIPES = """
credential "pipes" "default" {{
  token = "xoxp-loopback"
}}
source "pipes" "audit" {{
  host        = "{url}"
  org         = "acme"
  limit       = 3
  retry_delay = 0.01
  attempts    = 3
}}
"""
TABLE = """
table "audit" {{
  column "id" {{
    type = "varchar"
  }}
  column "date_create" {{
    type = "bigint"
  }}
  column "tp_timestamp" {{
    source = "created_at"
  }}
}}
collection "audit" "all" {{
  source = source.{kind}.audit
  start  = "2026-11-20"
}}
"""


@dataclass
class Place:
    """A clock, an API and a lake that collects from it."""

    api: AuditApi
    project: Project
    now: datetime = NOON
    resources: Resources = field(init=False)

    def __post_init__(self) -> None:
        self.resources = Resources(source=self._source)

    def _source(self, block: config.Source) -> Source:
        kind = {"slack": SlackSource, "pipes": PipesSource}[block.type]
        return kind(block.options, block.credential, clock=lambda: self.now)

    def happened(self, *ids: int, at: datetime | None = None, every: float = 0) -> None:
        """Events of these ids, at some moment or some seconds apart from then on."""
        self.api.add(*(event(each, (at or self.now) + timedelta(seconds=n * every)) for n, each in enumerate(ids)))

    def collect(self, window: Window = Window(), **options: bool) -> CollectResult:  # noqa: B008 - frozen
        """Collect, well or not."""
        (result,) = self.project.collect(window=window, options=CollectOptions(**options), resources=self.resources)
        return result

    def collected(self) -> CollectResult:
        """Collect; it must come to its end, with everything delivered."""
        result = self.collect()
        assert (result.failure, result.faults) == (None, ())
        return result

    @property
    def ids(self) -> list[int]:
        """What the lake holds, sorted, doubles included."""
        return sorted(int(row[0]) for row in self.project.ask("select id from audit"))

    @property
    def requests(self) -> int:
        """How many requests were made since it was last asked."""
        count = len(self.api.asked)
        self.api.asked.clear()
        return count


def event(key: int, at: datetime) -> dict[str, Any]:
    """An event as both APIs write it."""
    created = at.isoformat(timespec="milliseconds")
    return {"id": str(key), "date_create": int(at.timestamp()), "created_at": created, "action": "user_login"}


@pytest.fixture(params=["slack", "pipes"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """One API that can be asked for a span of time, and one that cannot."""
    with serving_audit() as api:
        project = Project(tmp_path)
        text = {"slack": SLACK, "pipes": PIPES}[request.param] + TABLE
        project.configure(text.format(url=api.url, kind=request.param))
        yield Place(api, project)


def test_every_event_comes_once(place: Place) -> None:
    """Over pages and days, in one run and when nothing is new."""
    place.happened(*range(20), at=NOON - timedelta(days=3), every=7200)

    assert place.collected().rows == 20
    assert place.collected().rows == 0
    assert place.ids == list(range(20))


def test_a_day_grows(place: Place) -> None:
    """Only what is new is added; events of the same second that come later are found, and none is doubled."""
    place.happened(1, 2, 3, 4)
    first = place.collected()
    place.happened(5, 6)
    second = place.collected()
    place.happened(7, at=NOON + timedelta(minutes=1))
    third = place.collected()

    assert (first.rows, second.rows, third.rows) == (4, 2, 1)
    assert (second.replaced, third.replaced) == (0, 0)
    assert place.ids == [1, 2, 3, 4, 5, 6, 7]
