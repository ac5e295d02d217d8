"""The law of sources that ask an API: whatever happens when, and whenever it is asked, each event is taken once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailpipe_resources.errors import SourceError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.http import HttpOptions, HttpSource
from tailpipe_resources.sources.pipes import PipesOptions, PipesSource
from tailpipe_resources.sources.slack import SlackOptions, SlackSource
from tests.services.audit_api import TOKEN, AuditApi, Said, serving_audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_resources.sources.api_source import ApiSource

START = datetime(2026, 11, 24, tzinfo=UTC)
MANNERS = {"retry_delay": 0, "attempts": 2, "limit": 2}


@dataclass
class Ledger:
    """What a collection would hold, by artifact: its version, its mark and the ids of its rows."""

    versions: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def take(self, source: ApiSource) -> None:
        """A run: what is new or changed is asked for, and rows and mark are committed together."""
        for artifact in source.artifacts(Window(START)):
            if self.versions.get(artifact.location) == artifact.version:
                continue
            answer = source.ask(artifact, self.marks.get(artifact.location, ""), lambda: False)
            with answer.stream as lines:
                ids = [int(json.loads(line)["id"]) for line in lines]
            before = [] if answer.is_whole else self.rows.get(artifact.location, [])
            self.rows[artifact.location] = [*before, *ids]
            self.marks[artifact.location], self.versions[artifact.location] = answer.mark, answer.version

    @property
    def ids(self) -> list[int]:
        """All rows, sorted."""
        return sorted(key for each in self.rows.values() for key in each)


def slack(api: AuditApi, clock: Callable[[], datetime]) -> ApiSource:
    """A source over the API as Slack's."""
    credential = Credential("slack", "it", None, {"token": Secret("value", TOKEN)})
    return SlackSource(SlackOptions.model_validate({"base_url": api.url, **MANNERS}), credential, clock=clock)


def pipes(api: AuditApi, clock: Callable[[], datetime]) -> ApiSource:
    """A source over the API as that of Pipes."""
    credential = Credential("pipes", "it", None, {"token": Secret("value", TOKEN)})
    options = PipesOptions.model_validate({"host": api.url, "org": "acme", **MANNERS})
    return PipesSource(options, credential, clock=clock)


def any_order(api: AuditApi, clock: Callable[[], datetime]) -> ApiSource:
    """A source that knows nothing of the order in which events come."""
    credential = Credential("http", "it", None, {"token": Secret("value", TOKEN)})
    options = {
        "url": f"{api.url}/audit/v1/logs",
        "records": "entries",
        "id_field": "id",
        "time_field": "created_at",
        "order": "any",
        "from_parameter": "oldest",
        "time_format": "unix",
        "pagination": "cursor",
        "cursor_field": "response_metadata.next_cursor",
        "limit_parameter": "limit",
        **MANNERS,
    }
    return HttpSource(HttpOptions.model_validate(options), credential, clock=clock)


# Hours that pass before something happens; how late it is told, in minutes; how many events of one second; and whether
# the API breaks down in the run that follows, if there is a run.
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0.001, 0.2, 5, 13]),
        st.sampled_from([0, 0, 1, 15, 300]),
        st.integers(0, 4),
        st.sampled_from(["run", "run", "break", "wait"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def api() -> Iterator[AuditApi]:
    """An API that is emptied by each example."""
    with serving_audit() as served:
        yield served


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.parametrize("make", [slack, pipes, any_order])
@given(steps=STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_event_is_taken_once(
    api: AuditApi,
    make: Callable[[AuditApi, Callable[[], datetime]], ApiSource],
    steps: list[tuple[float, int, int, str]],
) -> None:
    """Late ones, those of one second, those at midnight, and those told while the API breaks down."""
    api.events.clear()
    api.script.clear()
    now, ledger, told = START, Ledger(), 0
    source = make(api, lambda: now)
    for hours, late, count, action in steps:
        now += timedelta(hours=hours)
        happened = max(START, now - timedelta(minutes=late))
        api.add(*(_event(told + n, happened) for n in range(count)))
        told += count
        if action == "break":
            api.script = [None, Said(500), Said(drop=True)]
            with suppress(SourceError):
                ledger.take(source)
            api.script = []
        elif action == "run":
            ledger.take(source)
        assert len(ledger.ids) == len(set(ledger.ids))
    now += timedelta(days=3)
    ledger.take(source)
    ledger.take(source)

    assert ledger.ids == list(range(told))


def _event(key: int, at: datetime) -> dict[str, object]:
    return {"id": str(key), "date_create": int(at.timestamp()), "created_at": at.isoformat()}
