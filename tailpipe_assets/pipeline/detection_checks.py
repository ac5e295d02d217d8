"""What a run's findings say about it: one verdict for each severity that a collection's detections have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tailpipe_assets.pipeline.quality import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.model.finding import Severity
    from tailpipe_resources.model.results import CollectResult

PREFIX: Final = "detections_"
EVERY_RULE: Final = "(all)"
"""In place of a detection: the evaluation itself failed."""

MOST: Final = 10


def severities(ready: Plan) -> tuple[Severity, ...]:
    """Those of the detections that look at a collection's rows, the most severe first."""
    rules = ready.rules.rules if ready.rules else ()
    return tuple(sorted({each.detection.severity for each in rules}, reverse=True))


def check_of(severity: Severity) -> str:
    """The name of a severity's check."""
    return f"{PREFIX}{severity}"


def judge_findings(ready: Plan, result: CollectResult) -> tuple[Verdict, ...]:
    """A verdict for each severity: all is well when nothing was found that nothing suppresses, and no rule failed."""
    rules = ready.rules.rules if ready.rules else ()
    return tuple(
        _verdict(severity, {each.detection.address for each in rules if each.detection.severity == severity}, result)
        for severity in severities(ready)
    )


def _verdict(severity: Severity, mine: set[str], result: CollectResult) -> Verdict:
    count = result.findings.get(str(severity), 0)
    faults = {name: why for name, why in result.rule_faults.items() if name in mine or name == EVERY_RULE}
    said = "1 finding" if count == 1 else f"{count:,} findings" if count else "Nothing new was found"
    said += f"; see them with `tailpipe finding list --severity {severity}`." if count else "."
    if faults:
        said += " A detection failed on some rows and may have missed some: "
        said += "; ".join(f"{name}: {why}" for name, why in sorted(faults.items())[:MOST])
    found = {name: number for name, number in result.by_detection.items() if name in mine}
    figures = {
        "findings": count,
        "suppressed_in_run": result.suppressed,
        "errors": len(faults),
        "detections": len(mine),
    }
    return Verdict(check_of(severity), not count and not faults, said, figures, _top(found))


def _top(found: Mapping[str, int]) -> tuple[Mapping[str, str], ...]:
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple({"detection": name, "new findings": f"{count:,}"} for name, count in ordered[:MOST])
