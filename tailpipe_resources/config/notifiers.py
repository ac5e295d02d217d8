"""What each type of notifier accepts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, create_model

from tailpipe_resources.model.secret import Secret  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.options import Options

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"


class StdoutNotifier(Options):
    """Writes alerts to standard output: to try things out."""

    format: Literal["text", "json"] = "text"
    """For people, or a JSON object a line."""


class FileNotifier(Options):
    """Appends alerts to a file, a JSON object a line."""

    path: str
    """The file. Its folder must be there."""


class WebhookNotifier(Options):
    """Posts alerts as JSON, with an `Idempotency-Key` that is the same on every attempt."""

    url: Secret
    """Where to."""

    headers: dict[str, Secret] = Field(default_factory=dict)
    """Further headers, such as `Authorization`."""

    hmac_secret: Secret | None = None
    """Signs each request: `Tailpipe-Signature: t=<Unix time>,v1=<hex HMAC-SHA256 of "<t>.<body>">`."""


class SlackNotifier(Options):
    """Posts alerts to a Slack channel. Slack cannot tell a repeated delivery from a new one."""

    webhook_url: Secret
    """The channel's incoming webhook."""


class PagerDutyNotifier(Options):
    """Opens PagerDuty incidents, one an alert, by Events API v2."""

    routing_key: Secret
    """The integration's key."""

    url: str = PAGERDUTY
    """Another endpoint, such as https://events.eu.pagerduty.com/v2/enqueue."""


class _Email(Options):
    """Sends alerts by mail, with a `Message-ID` that is the same on every attempt."""

    smtp_host: str
    """The mail server."""

    smtp_port: int | None = None
    """Its port; 465 with `tls = "tls"`, 587 with `"starttls"`, else 25."""

    tls: Literal["auto", "starttls", "tls", "none"] = "auto"
    """How the connection is secured; `auto` does so where the server offers it. A password goes over TLS only."""

    username: str | None = None
    """Who logs in."""

    password: Secret | None = None
    """With what."""

    to: tuple[str, ...]
    """Whom it goes to."""


EmailNotifier = create_model("EmailNotifier", __base__=_Email, **{"from": (str, ...)})  # type: ignore[call-overload]
"""With the attribute whose name is a word of Python's: the sender."""

TYPES: dict[str, type[Options]] = {
    "email": EmailNotifier,
    "file": FileNotifier,
    "pagerduty": PagerDutyNotifier,
    "slack": SlackNotifier,
    "stdout": StdoutNotifier,
    "webhook": WebhookNotifier,
}

URLS = {"pagerduty": ("url",), "slack": ("webhook_url",), "webhook": ("url",)}
"""The attributes that must be URLs."""
