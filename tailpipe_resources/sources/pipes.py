"""The source `pipes`: the audit log of an organisation or user of Turbot Pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from pydantic import field_validator, model_validator

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.sources.api_client import Client
from tailpipe_resources.sources.api_event import Reading
from tailpipe_resources.sources.api_paging import Book, Cursor
from tailpipe_resources.sources.api_source import ApiOptions, ApiSource, Feed
from tailpipe_resources.sources.api_way import LetIn, bearer, token_of
from tailpipe_resources.sources.pipes_token import base_url, pipes_host, saved_token

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

HINT: Final = "run tailpipe login, or set PIPES_TOKEN"


class PipesOptions(ApiOptions):
    """Whose audit log to read. Who asks: the credential's `token`, `$PIPES_TOKEN`, or who ran `tailpipe login`."""

    org: str | None = None
    """The organisation's handle. Without one: the credential's `org_handle`."""

    user: str | None = None
    """The user's handle, in place of an organisation."""

    workspace: str | None = None
    """The handle of one of the organisation's workspaces."""

    host: str | None = None
    """Where Pipes is. Without one: the credential's `host`, else `$PIPES_HOST`, else pipes.turbot.com."""

    limit: int = 100
    """Items a page."""

    @field_validator("host")
    @classmethod
    def _check_host(cls, host: str | None) -> str | None:
        if host is not None:
            base_url(host)
        return host

    @field_validator("limit")
    @classmethod
    def _check_limit(cls, limit: int) -> int:
        if limit < 1:
            raise ValueError("must be more than 0")
        return limit

    @model_validator(mode="after")
    def _check_whose(self) -> Self:
        if self.org is not None and self.user is not None:
            raise ValueError('name an organisation ("org") or a "user", not both')
        if self.workspace is not None and self.user is not None:
            raise ValueError('"workspace" goes with "org"')
        return self


class PipesSource(ApiSource):
    """The audit log of an organisation or user of Turbot Pipes, a day an artifact."""

    name = "pipes"
    description = "The audit log of an organisation or user of Turbot Pipes."
    options = PipesOptions

    def feeds(self) -> Sequence[Feed]:
        """The organisation, workspace or user."""
        whose, limit = self._whose(), PipesOptions.model_validate(self._options).limit
        book = Book(
            Client(self._way, self._manners),
            f"{base_url(self._host())}/api/latest/{whose}/audit_log",
            {},
            Reading(("items",), ("id",), ("created_at",)),
            Cursor(("next_token",), "next_token"),
        )
        host = urlsplit(base_url(self._host())).netloc
        return [Feed(f"pipes://{host}/{whose}/", book, {"limit": str(limit)}, {"limit": "1"})]

    def _whose(self) -> str:
        options = PipesOptions.model_validate(self._options)
        if options.user is not None:
            return f"user/{quote(options.user, safe='')}"
        org = options.org or self._said("org_handle")
        if org is None:
            raise SourceRefusedError('source "pipes": say whose audit log to read: org = "...", or user = "..."')
        workspace = f"/workspace/{quote(options.workspace, safe='')}" if options.workspace else ""
        return f"org/{quote(org, safe='')}{workspace}"

    def _host(self) -> str:
        return pipes_host(PipesOptions.model_validate(self._options).host or self._said("host"))

    def _said(self, name: str) -> str | None:
        found = None if self._credential is None else self._credential.options.get(name)
        return None if found is None else str(found)

    def _way(self) -> LetIn:
        token = token_of(self._credential, "PIPES_TOKEN") or saved_token(self._host())
        if token is None:
            raise SourceRefusedError(f"no token for {self._host()}: {HINT}")
        return bearer(token, HINT)
