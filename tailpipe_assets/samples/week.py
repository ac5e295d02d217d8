"""A week of logs in three folders, and the exact counts of what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.samples import access_log, app_log, cloudtrail
from tailpipe_assets.samples.files import Written

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

EVENTS_PER_DAY = 2_860
"""Makes about 20,000 CloudTrail events and as many web requests a week."""


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """What a week of sample logs holds."""

    first: date
    last: date
    cloudtrail: Written
    nginx: Written
    app: Written
    """Records are the lines that fit the format."""

    app_misfits: int
    """Lines of stack traces in the application's log, which do not fit its format."""

    kms_decrypts: int
    """CloudTrail events that are KMS Decrypt."""

    root_events: int
    """CloudTrail events of root users."""


def write_week(
    folder: Path, *, end: date, days: int = 7, seed: int = 1, events_per_day: int = EVENTS_PER_DAY
) -> WeekSummary:
    """Write logs into `cloudtrail`, `nginx` and `app` under a folder; `end` is the last day.

    What a day holds depends on the seed and the day alone, so tomorrow's week repeats six days of today's.
    """
    week = [end - timedelta(days=back) for back in reversed(range(days))]
    trail, web, app = Written(), Written(), Written()
    for day in week:
        trail += cloudtrail.write_day(folder / "cloudtrail", day, events=events_per_day, seed=seed)
        trail += cloudtrail.write_intrusion(folder / "cloudtrail", day, seed=seed)
        web += access_log.write_day(folder / "nginx" / _access_name(day, end), day, lines=events_per_day, seed=seed)
        app += app_log.write_day(folder / "app" / f"shop-{day:%Y%m%d}.log", day, lines=events_per_day // 4, seed=seed)
    return WeekSummary(
        first=week[0],
        last=end,
        cloudtrail=trail,
        nginx=web,
        app=app,
        app_misfits=app.tally["traces"] * app_log.TRACE_LINES,
        kms_decrypts=trail.tally["kms_decrypts"],
        root_events=trail.tally["root_events"],
    )


def _access_name(day: date, end: date) -> str:
    """As logrotate leaves them: the current day plain, the days before it gzipped."""
    return "access.log" if day == end else f"access.log-{day:%Y%m%d}.gz"
