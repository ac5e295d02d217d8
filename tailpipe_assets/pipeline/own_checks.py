"""Which detections have a check of their own, and which cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tailpipe_assets.detections.rules import Bound
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.detection import Detection
    from tailpipe_resources.model.place import Problems

OWN: Final = "detection_"
"""How the check of one detection begins, before its name."""


def own_check(detection: Detection) -> str:
    """The name of its check. Dashes are no part of what Dagster lets checks be called."""
    return f"{OWN}{detection.name.replace('-', '_')}"


def check_asked(config: Config, rules: Bound, problems: Problems) -> None:
    """Note the detections that ask for a check and cannot have one.

    Args:
        config: what was loaded.
        rules: its detections as they are after overrides, with those of packs; some may be missing for other reasons.
        problems: receives everything wrong.
    """
    known = [each.key for each in (*config.collections, *config.drafts)]
    first: dict[tuple[str, str], Detection] = {}
    asked = {each.address: each for each in config.detections.detections}
    asked |= {each.detection.address: each.detection for each in rules.rules}
    for each in asked.values():
        if not each.asset_check or not each.enabled:
            continue
        other = first.setdefault((each.table, own_check(each)), each)
        why = ""
        if each.kind == "scheduled":
            why = "is made of the rows of a run, and this is asked by a schedule; leave it out, or write a where"
        elif not any(table == each.table and each.covers(name) for table, name in known):
            why = f"no collection brings the rows of {each.table} that it looks at; add one, or leave it out"
        elif other is not each:
            why = f"its check would be called like that of {other.name} at {other.place}; rename one of them"
        if why:
            problems.add(each.place_of("asset_check"), f"detection.{each.address}: asset_check: {why}")
