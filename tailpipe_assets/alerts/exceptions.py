"""The block to paste where an alert was a false positive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.model.alert import Alert

LASTS = timedelta(days=90)
"""An exception that nobody looks at again for so long comes to its end."""


def exception_block(alert: Alert, reason: str, today: date) -> str:
    """HCL that keeps what an alert was about from being one again: for whoever pastes it to narrow or widen."""
    where, expires = _where(alert), (today + LASTS).isoformat()
    name = f"closed_{today:%Y_%m_%d}_{alert.alert_id[:6]}"
    table, *rest = alert.detection.split(".")
    body = [f"  where   = {_quoted(where)}", f"  reason  = {_quoted(reason)}", f'  expires = "{expires}"']
    if len(rest) == 1 and table == alert.table:
        head = [f'# into detection "{table}" "{rest[0]}" {{ ... }}', f'exception "{name}" {{']
        return "\n".join([*head, *body, "}"])
    head = [f'suppression "{alert.table}" "{name}" {{', f"  detections = [{_quoted(alert.detection)}]"]
    body = [f"  where      = {_quoted(where)}", f"  reason     = {_quoted(reason)}", f'  expires    = "{expires}"']
    return "\n".join([*head, *body, "}"])


def _where(alert: Alert) -> str:
    """By the common columns, which every table has."""
    conditions = []
    # An address that acted without a name is no user name.
    names = ", ".join(literal(each) for each in alert.actors if each not in alert.source_ips)
    if names:
        conditions.append(f"list_has_any(tp_usernames, [{names}])")
    if alert.source_ips:
        conditions.append(f"tp_source_ip in ({', '.join(map(literal, alert.source_ips))})")
    if not conditions:
        conditions.append(f"tp_id in ({', '.join(map(literal, alert.tp_ids[:10]))})")
    return " and ".join(conditions)


def _quoted(text: str) -> str:
    """Text as HCL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
