"""What a run's findings say about it: a verdict for each severity of a collection's detections, and for some alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailpipe_assets.pipeline.own_checks import own_check
from tailpipe_assets.pipeline.quality import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.model.detection import Detection
    from tailpipe_resources.model.finding import Severity
    from tailpipe_resources.model.results import CollectResult

PREFIX: Final = "detections_"
EVERY_RULE: Final = "(all)"
"""In place of a detection: the evaluation itself failed."""

MOST: Final = 10


def detecting(ready: Plan) -> tuple[Detection, ...]:
    """The detections that look at a collection's rows as they come in."""
    return tuple(each.detection for each in ready.rules.rules) if ready.rules else ()


def severities(ready: Plan) -> tuple[Severity, ...]:
    """Those of the detections that look at a collection's rows, the most severe first."""
    return tuple(sorted({each.severity for each in detecting(ready)}, reverse=True))


def check_of(severity: Severity) -> str:
    """The name of a severity's check."""
    return f"{PREFIX}{severity}"


def own_checks(ready: Plan) -> Mapping[str, Detection]:
    """The detections that have a check of their own, by its name."""
    asking = [each for each in detecting(ready) if each.asset_check]
    return {own_check(each): each for each in asking}


def judge_findings(ready: Plan, result: CollectResult) -> tuple[Verdict, ...]:
    """A verdict a check: all is well when nothing was found that nothing suppresses, and no rule failed."""
    of_severities = (_of_severity(each, ready, result) for each in severities(ready))
    return (*of_severities, *(_of_detection(name, each, result) for name, each in own_checks(ready).items()))


def _of_severity(severity: Severity, ready: Plan, result: CollectResult) -> Verdict:
    mine = {each.address for each in detecting(ready) if each.severity == severity}
    return _verdict(check_of(severity), mine, f"--severity {severity}", result)


def _of_detection(name: str, detection: Detection, result: CollectResult) -> Verdict:
    return _verdict(name, {detection.address}, f"--detection {detection.address}", result)


def _verdict(name: str, mine: set[str], asked: str, result: CollectResult) -> Verdict:
    found = {address: number for address, number in result.by_detection.items() if address in mine}
    count = sum(found.values())
    faults = {rule: why for rule, why in result.rule_faults.items() if rule in mine or rule == EVERY_RULE}
    said = "1 finding" if count == 1 else f"{count:,} findings" if count else "Nothing new was found"
    said += f"; see them with `tailpipe finding list {asked}`." if count else "."
    if faults:
        said += " A detection failed on some rows and may have missed some: "
        said += "; ".join(f"{rule}: {why}" for rule, why in sorted(faults.items())[:MOST])
    figures = {
        "findings": count,
        "suppressed_in_run": result.suppressed,
        "errors": len(faults),
        "detections": len(mine),
    }
    return Verdict(name, not count and not faults, said, figures, _top(found))


def _top(found: Mapping[str, int]) -> tuple[Mapping[str, str], ...]:
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple({"detection": name, "new findings": f"{count:,}"} for name, count in ordered[:MOST])
