"""The source `pipes`: the audit log of an organisation or user of Turbot Pipes."""

from __future__ import annotations

from tailpipe_resources.options import Options
from tailpipe_resources.sources.undelivered import UndeliveredSource


class PipesOptions(Options):
    """Whose audit log to read."""

    org: str | None = None
    """The organisation's handle."""

    user: str | None = None
    """The user's handle, in place of an organisation."""

    workspace: str | None = None
    """The handle of one of the organisation's workspaces."""

    host: str = "pipes.turbot.com"
    """Where Pipes is."""


class PipesSource(UndeliveredSource):
    """The audit log of an organisation or user of Turbot Pipes."""

    name = "pipes"
    description = "The audit log of an organisation or user of Turbot Pipes."
    options = PipesOptions
