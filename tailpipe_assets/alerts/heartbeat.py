"""The heartbeat: a call to the outside while all is well. A dead host cannot tell that it is dead; its silence does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.health import Condition, note
from tailpipe_assets.alerts.undelivered import Undelivered
from tailpipe_resources.errors import SourceRefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from tailpipe_assets.alerts.outbox import Outbox
    from tailpipe_resources.model.alerting import Heartbeat

LATE = timedelta(minutes=10)
"""While an alert waits for longer than this, all is not well."""

_LAST = "beat"


def beat(outbox: Outbox, heartbeat: Heartbeat, now: datetime) -> None:
    """Call, when it is time and no alert is late.

    Raises:
        OutboxError: the outbox cannot be written.
    """
    last = float(outbox.setting(_LAST) or 0)
    if now.timestamp() - last < heartbeat.every.total_seconds() or is_late(outbox, now):
        return
    from tailpipe_assets.alerts.sending_http import ping

    trouble = None
    try:
        ping(heartbeat.url.reveal())
    except Undelivered as error:
        trouble = error.reason
    except SourceRefusedError as error:
        trouble = str(error)
    else:
        with outbox.transaction():
            outbox.set(_LAST, str(now.timestamp()))
    note(outbox, [Condition("heartbeat", f"at {heartbeat.place}", trouble)], now)


def is_late(outbox: Outbox, now: datetime) -> bool:
    """Whether an alert waits for too long to be told."""
    rows = outbox.rows("SELECT min(created) AS oldest FROM delivery WHERE state IN ('pending', 'folded')")
    oldest = rows[0]["oldest"]
    return oldest is not None and now.timestamp() - oldest > LATE.total_seconds()
