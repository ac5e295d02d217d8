"""The message that says it is a test."""

from __future__ import annotations

import socket
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.message import Message, moment

if TYPE_CHECKING:
    from tailpipe_resources.model.alerting import Notifier


def trial(notifier: Notifier) -> Message:
    """A message nobody need act on."""
    identity = f"t{uuid.uuid4().hex[:15]}"
    now = moment(datetime.now(UTC))
    return Message(
        key=f"{identity}-1-{notifier.label}",
        alert_id=identity,
        number=1,
        kind="test",
        why="new",
        severity="info",
        title="Test message from Tailpipe",
        text=f"{notifier.address} works, as seen from {socket.gethostname()}. There is nothing to do.",
        first_seen=now,
        last_seen=now,
    )
