"""Sample logs: a seeded week of a small company's CloudTrail, web and application logs, with an intrusion in it."""

from __future__ import annotations

from tailpipe_assets.samples.week import WeekSummary, write_week

__all__ = ["WeekSummary", "write_week"]
