"""The source `slack`: the audit log of a Slack organisation."""

from __future__ import annotations

from tailpipe_resources.options import Options
from tailpipe_resources.sources.undelivered import UndeliveredSource


class SlackOptions(Options):
    """Which Slack to ask. Who may ask is the credential's."""

    base_url: str = "https://api.slack.com"
    """Where Slack's API is."""


class SlackSource(UndeliveredSource):
    """The audit log of a Slack organisation."""

    name = "slack"
    description = "The audit log of a Slack organisation."
    options = SlackOptions
