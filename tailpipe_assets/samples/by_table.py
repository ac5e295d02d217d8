"""A made-up log of any built-in table: as many records of a day as wanted, the same for the same seed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tailpipe_assets.samples import audit_logs, aws_text_logs
from tailpipe_assets.samples.chance import moments, seeded
from tailpipe_assets.samples.files import Written, instant, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime
    from pathlib import Path
    from random import Random

LINES: Final[Mapping[str, Callable[[Random, datetime], str]]] = {
    "aws_alb_access_log": aws_text_logs.alb_access,
    "aws_clb_access_log": aws_text_logs.clb_access,
    "aws_nlb_access_log": aws_text_logs.nlb_access,
    "aws_s3_server_access_log": aws_text_logs.s3_access,
    "aws_vpc_flow_log": aws_text_logs.flow,
}
EVENTS: Final[Mapping[str, Callable[[Random, datetime], audit_logs.Event]]] = {
    "aws_guardduty_finding": audit_logs.guardduty,
    "aws_waf_traffic_log": audit_logs.waf,
    "azure_activity_log": audit_logs.azure,
    "gcp_audit_log": audit_logs.gcp,
    "github_audit_log": audit_logs.github,
    "okta_system_log": audit_logs.okta,
    "pipes_audit_log": audit_logs.pipes,
    "slack_audit_log": audit_logs.slack,
}
TABLES: Final = (*LINES, *EVENTS)
"""Those there is a generator for."""


def write_day(table: str, path: Path, day: date, *, records: int, seed: int = 1) -> Written:
    """One day of a table's log, a record a line. A name that ends in `.gz` is gzipped."""
    rng = seeded(seed, table, day)
    seconds = moments(rng, records, 0, 86_400)
    times = (instant(day, second) for second in seconds)
    if table in LINES:
        lines = [LINES[table](rng, time) for time in times]
    else:
        lines = [json.dumps(EVENTS[table](rng, time), separators=(",", ":")) for time in times]
    header = [aws_text_logs.FLOW_HEADER] if table == "aws_vpc_flow_log" else []
    text = "\n".join([*header, *lines, ""])
    return write(path, text, records=len(lines), modified=instant(day, seconds[-1] if seconds else 0))
