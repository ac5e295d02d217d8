"""What is particular to the source `slack`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.slack import SlackOptions, SlackSource
from tests.services.audit_api import TOKEN, AuditApi, serving_audit, told

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = Window(NOW, None)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditApi]:
    """Slack, with one entry, and its token in the environment."""
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    with serving_audit() as served:
        served.add({"id": "1", "date_create": int(NOW.timestamp())})
        yield served


def source(api: AuditApi, **options: Any) -> SlackSource:
    """A source without a credential."""
    said = {"base_url": api.url, "retry_delay": 0, "attempts": 2, **options}
    return SlackSource(SlackOptions.model_validate(said), None, clock=lambda: NOW)


def taken(made: SlackSource) -> list[bytes]:
    """The lines of today."""
    (artifact,) = made.artifacts(TODAY)
    with made.open(artifact) as stream:
        return stream.read().splitlines()


def test_the_token_of_the_environment(api: AuditApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lets us in where no credential does; without one the message says what to write or set."""
    assert len(taken(source(api))) == 1
    monkeypatch.delenv("SLACK_TOKEN")
    with pytest.raises(SourceRefusedError, match=r"no token for Slack: write credential .* or set SLACK_TOKEN"):
        taken(source(api))


@pytest.mark.parametrize("name", ["invalid_auth", "team_not_authorized", "feature_not_enabled"])
def test_an_error_that_is_an_answer(api: AuditApi, name: str) -> None:
    """It is told by its name, with what the token must be, and not tried again."""
    api.script = [told({"ok": False, "error": name})] * 2
    with pytest.raises(SourceRefusedError, match=rf"Slack refuses: {name}; the token must be a user token"):
        taken(source(api))

    assert len(api.asked) == 1


def test_an_error_that_passes(api: AuditApi) -> None:
    """It is tried again though it came with status 200."""
    api.script = [told({"ok": False, "error": "internal_error"}), None, told({"ok": False, "error": "ratelimited"})]

    assert len(taken(source(api))) == 1


def test_what_is_asked_for_is_part_of_the_name(api: AuditApi) -> None:
    """A narrower log is another one."""
    wide, narrow = source(api, organization="E1"), source(api, organization="E1", actions=["user_login"], actor="W1")
    (all_of_it,), (some,) = wide.artifacts(TODAY), narrow.artifacts(TODAY)

    assert all_of_it.location == "slack://E1/2026-11-24"
    assert some.location == "slack://E1/2026-11-24?action=user_login&actor=W1"
    assert api.asked[-1][1]["action"] == "user_login"


@pytest.mark.parametrize("options", [{"limit": 10_000}, {"limit": 0}, {"base_url": "http://slack.example.com"}])
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    """Found when the configuration is loaded."""
    with pytest.raises(ValidationError):
        SlackOptions.model_validate(options)
