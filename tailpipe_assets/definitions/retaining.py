"""Retention as a part of compaction: what is past its time goes, as `tailpipe compact` lets it go."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.definitions.collecting import PASSING
from tailpipe_assets.pipeline import Resources
from tailpipe_assets.pipeline.expire import expire, expiries_of

if TYPE_CHECKING:
    import dagster as dg

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.dagster_resources import LakeStore


def expired(context: dg.AssetExecutionContext, ready: Plan, lakes: LakeStore) -> dict[str, int | float]:
    """Let the days of a collection go that are past its retention, and say how many days, rows and files that was.

    What cannot be done now because another run is at work is left for the next compaction, with a warning. Nothing is
    said of a collection whose rows are kept for ever.
    """
    collection = ready.collection
    name = ".".join(collection.key)
    if not (collection.retention or collection.destination.retention or collection.rejected_retention):
        return {}
    figures: Counter[str] = Counter(expired_days=0)
    try:
        for expiry in expiries_of(ready, lakes.open(collection.destination), datetime.now(UTC)):
            for hold in expiry.holds:
                days = sum(map(hold.keeps, expiry.held))
                context.log.info("%s: days past retention that stay: %s, %s", name, days, hold)
            gone = expire(expiry, Resources(lake=lakes.open), run=context.run.run_id)
            figures.update(
                expired_days=len(gone.days),
                expired_rows=gone.rows,
                expired_files=gone.files,
                expired_rejects=gone.rejected,
                held_days=len(expiry.held),
            )
    except PASSING as error:
        context.log.warning("%s: %s; its retention is left for the next compaction", name, error)
    return dict(figures)
