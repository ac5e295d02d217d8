"""Days of an API as collections get them: each event once, whatever happens between and within runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline import CollectOptions, Resources
from tailpipe_assets.pipeline.backlog import backlog
from tailpipe_assets.pipeline.stock import stock, take_out
from tailpipe_resources.config import load
from tailpipe_resources.errors import SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.api_day import SOON
from tailpipe_resources.sources.pipes import PipesSource
from tailpipe_resources.sources.slack import SlackSource
from tests.services.audit_api import AuditApi, Said, serving_audit, told
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


def test_the_end_of_a_day_is_not_missed(place: Place) -> None:
    """What happened between the last run of a day and midnight comes with the first run after it."""
    place.happened(1)
    place.collected()
    place.happened(2, at=NOON.replace(hour=23, minute=59, second=59))
    place.happened(3, at=NOON + timedelta(hours=12))
    place.now = NOON + timedelta(hours=12, minutes=1)
    place.collected()
    place.happened(4, at=NOON.replace(hour=23, minute=59, second=59))
    place.now += SOON
    place.collected()

    assert place.ids == [1, 2, 3, 4]


def test_late_events_come_when_the_day_has_settled(place: Place) -> None:
    """A day is then read whole and replaced if there is more of it, once."""
    place.happened(1, 2, 3)
    place.collected()
    place.now += timedelta(hours=13)
    place.collected()
    place.happened(4, at=NOON - timedelta(hours=5))
    place.now += timedelta(hours=1)
    missed = place.collected()
    place.now = NOON + timedelta(days=1, hours=12)
    settled = place.collected()
    again = place.collected()

    assert (missed.rows, settled.rows, settled.replaced, again.rows) == (0, 4, 3, 0)
    assert place.ids == [1, 2, 3, 4]


def test_a_settled_day_is_left_as_it_is_where_nothing_came_late(place: Place) -> None:
    """It is read once more, nothing is rewritten, and after that nobody asks for it."""
    place.happened(1, 2, 3, 4)
    place.collected()
    place.now += timedelta(days=2)
    result = place.collected()
    place.requests  # noqa: B018 - forgets those
    place.collected()

    assert (result.rows, result.replaced) == (0, 0)
    assert place.requests == 1


def test_a_day_is_never_replaced_by_less(place: Place) -> None:
    """An API that forgets, or answers with nothing, takes no row away; that is told, and --overwrite gives in."""
    place.happened(*range(6))
    place.collected()
    place.now += timedelta(days=3)
    place.api.events.clear()
    place.happened(0, at=NOON)
    result = place.collect()
    kept = place.ids
    place.collect(window=Window(NOON - timedelta(days=1), NOON + timedelta(days=1)), overwrite=True)

    (fault,) = result.faults
    assert (fault.status, kept) == ("quarantined", list(range(6)))
    assert fault.reason.startswith("1 events are there now, and 6 were taken before")
    assert place.ids == [0]


def test_events_that_arrive_while_we_page(place: Place) -> None:
    """Pages then overlap. What comes twice is taken once, and what is new comes with the next run."""
    place.happened(*range(9), at=NOON - timedelta(hours=1), every=60)
    coming = iter(range(100, 104))

    def arrive(_: dict[str, str]) -> None:
        for key in coming:
            place.happened(key, at=place.now + timedelta(seconds=key))
            return

    place.api.before = arrive
    place.collected()
    place.collected()

    assert place.ids == [*range(9), *range(100, 104)]


def test_more_events_than_ids_are_kept(place: Place) -> None:
    """The overlap is then shorter; the newest second is always whole."""
    place.happened(*range(1500), every=0.01)
    place.happened(*range(1500, 1510), at=NOON + timedelta(seconds=15))
    raise_limit(place)
    place.collected()
    place.happened(1510, 1511, at=NOON + timedelta(seconds=15))
    result = place.collected()

    assert result.rows == 2
    assert place.ids == list(range(1512))


def test_a_slightly_late_event_comes_at_once(place: Place) -> None:
    """Some minutes before the newest event are asked for again."""
    place.happened(1, 2)
    place.collected()
    place.happened(3, at=NOON - timedelta(minutes=9))
    place.happened(4, at=NOON + timedelta(minutes=1))

    assert place.collected().rows == 2
    assert place.ids == [1, 2, 3, 4]


def test_hiccups_are_waited_out(place: Place) -> None:
    """A limit, an error, a dropped connection and answers that break off cost time and nothing else."""
    place.happened(*range(10), every=60)
    whole = place.api.respond("/none", {}, {}).body
    place.api.script = [
        Said(429, headers={"Retry-After": "0"}),
        None,
        Said(500),
        Said(drop=True),
        None,
        Said(body=b'{"entries": [], "items": [], "x": "' + b"x" * 5000 + b'"}', cut_after=1000),
        Said(body=whole[:1]),
        None,
        *[Said(429, headers={"Retry-After": "0.01"})] * 9,
    ]

    assert place.collected().rows == 10
    assert place.ids == list(range(10))


def test_an_api_that_is_down_is_worth_another_try(place: Place) -> None:
    """The collection fails as one that may recover, and goes on where it was."""
    place.happened(1)
    place.api.script = [Said(503)] * 3
    failed = place.collect()
    place.collected()

    assert isinstance(failed.failure, SourceUnavailableError)
    assert str(failed.failure).endswith("HTTP 503, 3 times in a row")
    assert place.ids == [1]


def test_a_refusal_ends_the_run_at_once(place: Place) -> None:
    """A token that is not taken is told apart from a network's failure, never shown, and not tried over and over."""
    place.happened(1)
    place.api.token = "another"
    result = place.collect()
    past = place.collect(window=Window(NOON - timedelta(days=3), NOON - timedelta(days=2)))

    for failure in (result.failure, past.failure):
        assert isinstance(failure, SourceRefusedError)
        assert "access denied (HTTP 401: unauthorized)" in str(failure)
        assert "xoxp-loopback" not in str(failure)
    assert place.requests <= 4


def test_pages_that_go_in_circles(place: Place) -> None:
    """They end, nothing of that day is taken, and other days are."""
    place.happened(*range(7), at=NOON - timedelta(days=3), every=60)
    place.collected()
    place.happened(*range(10, 17), every=60)
    real = AuditApi._slack, AuditApi._pipes

    def circle(path: str, params: dict[str, str]) -> Said:
        slack, pipes = real
        if params.get("cursor", params.get("next_token")) == "at-6":
            params = {**params, "cursor": "at-3", "next_token": "at-3"}
        return slack(place.api, params) if path == "/audit/v1/logs" else pipes(place.api, params)

    place.api.answer = circle
    result = place.collect()
    before = place.ids
    place.api.answer = None
    place.collected()

    assert {fault.status for fault in result.faults} == {"failed"}
    assert result.faults[-1].reason.endswith("its pages go in circles; nothing of them was taken")
    assert before == list(range(7))
    assert place.ids == [*range(7), *range(10, 17)]


def test_empty_pages_between_others(place: Place) -> None:
    """A page without events and with a cursor is not the end."""
    place.happened(*range(5), every=60)

    def sparse(path: str, params: dict[str, str]) -> Said:
        cursor = params.get("cursor", params.get("next_token", "at-0"))
        if cursor.endswith("!") or params["limit"] == "1":
            cursor = cursor.rstrip("!")
            params = {**params, "cursor": cursor, "next_token": cursor}
            slack = path == "/audit/v1/logs"
            return place.api._slack(params) if slack else place.api._pipes(params)
        return told(
            {"entries": [], "items": [], "response_metadata": {"next_cursor": f"{cursor}!"}, "next_token": f"{cursor}!"}
        )

    place.api.answer = sparse

    assert place.collected().rows == 5


def test_a_window_selects_days(place: Place) -> None:
    """All days that have an instant in it, whole; the look-back before it too."""
    place.happened(*range(10), at=NOON - timedelta(days=4), every=43200)
    place.collect(window=Window(NOON - timedelta(days=1), NOON - timedelta(hours=20)))

    found = place.project.ask("select distinct cast(tp_timestamp as date)::varchar as day from audit order by 1")
    assert [day for (day,) in found] == ["2026-11-21", "2026-11-22", "2026-11-23"]


def test_the_backlog_is_known_before_anything_is_fetched(place: Place) -> None:
    """Days count, of which that of today is compared by its newest event."""
    place.happened(1)
    plans = place.project.plans()
    (before,) = backlog(plans, resources=place.resources)
    place.collected()
    (after,) = backlog(plans, resources=place.resources)
    place.happened(2)
    (later,) = backlog(plans, resources=place.resources)

    assert (before.listed, before.artifacts, after.artifacts, later.artifacts) == (5, 5, 0, 1)


def test_rows_say_where_they_come_from(place: Place) -> None:
    """The account and the day, and each row has a place of its own in it."""
    place.happened(1, 2, 3)
    place.collected()
    place.happened(4)
    place.collected()

    (location,) = [row[0] for row in place.project.ask("select distinct tp_source_location from audit")]
    assert location.endswith("/2026-11-24")
    assert location.startswith(("slack://127.0.0.1:", "pipes://127.0.0.1:"))
    assert place.project.one("select count(distinct tp_source_offset) from audit") == 4
    assert place.project.one("select count(distinct tp_id) from audit") == 4


def raise_limit(place: Place) -> None:
    """Have the source ask for larger pages."""
    path = place.project.folder / "tailpipe.hcl"
    path.write_text(path.read_text().replace("= 3\n  retry", "= 400\n  retry"))


def test_a_day_that_is_longer_than_memory_should_hold(place: Place) -> None:
    """It goes through a file piece by piece, and grows as others do."""
    for number in range(40):
        place.api.add({**event(number, NOON + timedelta(seconds=number)), "pad": "x" * 600_000})
    first = place.collected()
    place.happened(100, at=NOON + timedelta(seconds=60))
    place.collected()

    assert first.rows == 40
    assert place.ids == [*range(40), 100]
    assert place.project.one("select count(distinct tp_source_offset) from audit") == 41


def test_collections_share_what_is_asked(place: Place) -> None:
    """A day is paged once for all that have the same of it; one that is added later gets all of it."""
    place.happened(*range(4))
    path = place.project.folder / "tailpipe.hcl"
    text = path.read_text()
    block = text[text.index('collection "audit"') :]
    path.write_text(text + block.replace('"all"', '"too"'))
    place.project.collect(resources=place.resources)
    together = place.requests
    path.write_text(path.read_text() + block.replace('"all"', '"late"'))
    place.project.collect(resources=place.resources)
    counted = place.project.ask("select tp_partition, count(distinct id), count(*) from audit group by 1 order by 1")

    assert counted == [("all", 4, 4), ("late", 4, 4), ("too", 4, 4)]
    assert together <= 9


def test_deleted_rows_stay_deleted_while_a_day_grows(place: Place) -> None:
    """What was taken is not asked for again because somebody took it out on purpose."""
    place.happened(1, 2)
    place.collected()
    (stored,) = stock(load([place.project.folder / "tailpipe.hcl"]))
    take_out(stored, [NOON.date()], "delete", "")
    place.happened(3, at=NOON + timedelta(minutes=1))
    place.collected()

    assert place.ids == [3]
