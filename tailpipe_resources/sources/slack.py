"""The source `slack`: the audit log of a Slack organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import msgspec
from pydantic import field_validator

from tailpipe_resources.errors import SourceError, SourceRefusedError
from tailpipe_resources.sources.api_client import Client
from tailpipe_resources.sources.api_errors import Unreadable
from tailpipe_resources.sources.api_event import MICROS, Reading
from tailpipe_resources.sources.api_paging import Book, Cursor
from tailpipe_resources.sources.api_source import ApiOptions, ApiSource, Feed
from tailpipe_resources.sources.api_way import LetIn, bearer, checked_url, token_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 9999
"""Entries that Slack puts on a page at most."""

HINT: Final = (
    "the token must be a user token (xoxp-) of an owner of an Enterprise organisation with the scope auditlogs:read"
)
_PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})


class SlackOptions(ApiOptions):
    """Which Slack to ask, and for what. Who may ask is the credential's: its `token`, else `$SLACK_TOKEN`."""

    base_url: str = "https://api.slack.com"
    """Where Slack's API is."""

    organization: str | None = None
    """A name for the organisation in `tp_source_location`, such as its id. Tells organisations apart that share a
    table; their tokens decide which one is read."""

    actions: list[str] = []
    """Only these actions, such as `user_login`."""

    actor: str | None = None
    """Only what this user did."""

    entity: str | None = None
    """Only what was done to this."""

    limit: int = 1000
    """Entries a page; Slack's most is 9999."""

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return checked_url(url).rstrip("/")

    @field_validator("limit")
    @classmethod
    def _check_limit(cls, limit: int) -> int:
        if not 1 <= limit <= MOST:
            raise ValueError(f"must be from 1 to {MOST}")
        return limit


class SlackSource(ApiSource):
    """The audit log of a Slack organisation, a day an artifact."""

    name = "slack"
    description = "The audit log of a Slack organisation."
    options = SlackOptions

    def feeds(self) -> Sequence[Feed]:
        """The organisation of the token."""
        options = SlackOptions.model_validate(self._options)
        chosen = {"action": ",".join(options.actions), "actor": options.actor, "entity": options.entity}
        query = {name: value for name, value in chosen.items() if value}
        book = Book(
            Client(self._way, self._manners),
            f"{options.base_url}/audit/v1/logs",
            query,
            Reading(("entries",), ("id",), ("date_create",)),
            Cursor(("response_metadata", "next_cursor"), "cursor"),
            _refusal,
        )
        account = options.organization or urlsplit(options.base_url).netloc
        suffix = f"?{urlencode(query)}" if query else ""
        return [Feed(f"slack://{account}/", book, {"limit": str(options.limit)}, {"limit": "1"}, _span, suffix=suffix)]

    def _way(self) -> LetIn:
        token = token_of(self._credential, "SLACK_TOKEN")
        if token is None:
            raise SourceRefusedError(
                'no token for Slack: write credential "slack" "default" { token = env("...") }, or set SLACK_TOKEN'
            )
        return bearer(token, HINT)


def _span(start: int, end: int) -> dict[str, str]:
    """Both ends are inclusive, in whole seconds; what is too much is left out later."""
    return {"oldest": str(start // MICROS), "latest": str(end // MICROS)}


def _refusal(body: bytes) -> SourceError | None:
    """An error that comes as an answer: https://api.slack.com/admins/audit-logs-call#errors.

    Raises:
        Unreadable: one that may pass.
    """
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("ok") is not False:
        return None
    name = str(told.get("error") or "an error without a name")
    if name in _PASSING:
        raise Unreadable(f"Slack answers {name}")
    return SourceRefusedError(f"Slack refuses: {name}; {HINT}")
