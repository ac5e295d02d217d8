"""Sending one message by one notifier, and what is said when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.alerts.undelivered import Undelivered
from tailpipe_resources.errors import SourceRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tailpipe_assets.alerts.message import Message
    from tailpipe_resources.model.alerting import Notifier


def send(notifier: Notifier, message: Message) -> None:
    """Deliver a message; when it returns, the receiver has it.

    Raises:
        Undelivered: it was not delivered, or nobody knows.
    """
    try:
        _sender(notifier.type)(notifier.options, message)
    except SourceRefusedError as error:
        raise Undelivered(str(error), is_unreachable=True) from None


def _sender(kind: str) -> Callable[..., None]:
    # Importing what speaks HTTP or SMTP takes a while, and most commands send nothing.
    if kind in {"webhook", "slack", "pagerduty"}:
        from tailpipe_assets.alerts import sending_http

        return {
            "webhook": sending_http.webhook,
            "slack": sending_http.slack,
            "pagerduty": sending_http.pagerduty,
        }[kind]
    if kind == "email":
        from tailpipe_assets.alerts.sending_mail import email

        return email
    from tailpipe_assets.alerts import sending_local

    return {"file": sending_local.file, "stdout": sending_local.stdout}[kind]
