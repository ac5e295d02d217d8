"""Webhooks, Slack and PagerDuty: a POST whose answer says whether it was taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import HTTPError

from tailpipe_assets.alerts.undelivered import SECONDS, Undelivered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.alerts.message import Message

CONNECT_SECONDS = 5.0
MOST_WAIT = 3600.0
SIGNATURE = "Tailpipe-Signature"
_SOURCE = "tailpipe"
_SHOWN = 200
_READ = 4096
_SLACK_TEXT = 2900
_SUMMARY = 1024
_PAGERDUTY_ACTION = {"acknowledged": "acknowledge", "closed": "resolve", "over": "resolve"}
_PAGERDUTY_SEVERITY = {"critical": "critical", "high": "error", "medium": "warning", "low": "info", "info": "info"}


def webhook(options: Any, message: Message) -> None:
    """The message as JSON, signed where a secret is given."""
    body = json.dumps(message.to_json(), ensure_ascii=False).encode()
    headers = {name: value.reveal() for name, value in options.headers.items()}
    headers["Idempotency-Key"] = message.key
    if options.hmac_secret is not None:
        headers[SIGNATURE] = signature(options.hmac_secret.reveal(), body, int(time.time()))
    _post(options.url.reveal(), body, headers)


def signature(secret: str, body: bytes, now: int) -> str:
    """What shows that a request is ours and when it was made."""
    made = hmac.new(secret.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={made}"


def slack(options: Any, message: Message) -> None:
    """A message of blocks. Reference: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
    facts = "\n".join(f"*{name}*  {_escaped(value)}" for name, value in message.facts)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": message.headline[:150]}},
        *([_section(_escaped(message.text))] if message.text else []),
        *([_section(facts)] if facts else []),
        *([_section(f"```{_escaped(commands)}```")] if (commands := "\n".join(message.commands)) else []),
    ]
    _post(options.webhook_url.reveal(), json.dumps({"text": _escaped(message.headline), "blocks": blocks}).encode(), {})


def pagerduty(options: Any, message: Message) -> None:
    """An event that opens an incident, or adds to it.

    Reference: https://developer.pagerduty.com/docs/send-alert-event
    """
    commands = {"show": message.show, "query": message.query}
    details = {**dict(message.facts), **{name: command for name, command in commands.items() if command}}
    event = {
        "routing_key": options.routing_key.reveal(),
        "event_action": _PAGERDUTY_ACTION.get(message.why, "trigger"),
        "dedup_key": message.alert_id,
        "client": "Tailpipe",
        "links": [{"href": message.run_url, "text": "Dagster run"}] if message.run_url else [],
        "payload": {
            "summary": message.headline[:_SUMMARY],
            "source": ".".join(filter(None, (message.table, message.collection))) or _SOURCE,
            "severity": _PAGERDUTY_SEVERITY[message.severity],
            "timestamp": message.last_seen or datetime.now(UTC).isoformat(),
            "component": message.table or _SOURCE,
            "class": message.detection or message.kind,
            "custom_details": {**details, **({"text": message.text} if message.text else {})},
        },
    }
    _post(options.url, json.dumps(event).encode(), {})


def ping(url: str) -> None:
    """Call a URL.

    Raises:
        Undelivered: it did not answer, or not that all is well.
    """
    _answered(
        lambda: requests.get(url, timeout=(CONNECT_SECONDS, SECONDS), headers={"User-Agent": _SOURCE}, stream=True)
    )


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    usual = {"Content-Type": "application/json", "User-Agent": _SOURCE}
    # A redirect would turn the POST into a GET that says all is well.
    _answered(
        lambda: requests.post(
            url,
            body,
            headers={**usual, **headers},
            timeout=(CONNECT_SECONDS, SECONDS),
            allow_redirects=False,
            stream=True,
        )
    )


def _answered(ask: Any) -> None:
    try:
        response = ask()
    except requests.RequestException as error:
        # The URL, which may hold a secret, is in the text of the error.
        raise Undelivered(_spoken(error), is_unreachable=True) from None
    with response:
        if response.ok and not response.is_redirect:
            return
        text = _beginning(response)
    raise Undelivered(f"HTTP {response.status_code}{': ' if text else ''}{text}", retry_after=_retry_after(response))


def _beginning(response: requests.Response) -> str:
    """What an answer begins with; its end is not waited for, as there may be none."""
    try:
        start = response.raw.read1(_READ, decode_content=True)
    except (HTTPError, OSError):
        return ""
    return " ".join(start.decode(errors="replace").split())[:_SHOWN]


def _spoken(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "it does not answer"
    if isinstance(error, requests.Timeout):
        return f"it took the message and gave no answer for {SECONDS:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, requests.ConnectionError):
        return "the connection failed or broke off"
    return f"the request failed: {type(error).__name__}"


def _retry_after(response: requests.Response) -> float | None:
    said = response.headers.get("Retry-After")
    if said is None:
        return None
    try:
        seconds = float(said) if said.strip().isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(seconds, 0.0), MOST_WAIT)


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SLACK_TEXT]}}


def _escaped(text: str) -> str:
    """What an attacker put into a name is text, and neither a link nor a mention of everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
