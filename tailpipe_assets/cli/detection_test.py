"""`tailpipe detection test`: what came of the tests that detections have within them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_assets.pipeline.rule_tests import Branch, Tried

_SHOWN_EVENTS = 3


def run_tests(rules: Sequence[Rule], plans: Sequence[Plan], *, require_both: bool, output: str) -> int:
    """Run the tests of rules and write what came of them.

    Args:
        rules: whose.
        plans: the collections.
        require_both: whether each rule must have one that expects a finding and one that expects none.
        output: `pretty` or `json`.
    """
    from tailpipe_assets.pipeline.rule_tests import run_tests as tested_of

    missing = list(_missing(rules)) if require_both else []
    done = []
    for tested in tested_of(rules, plans):
        done.append(tested)
        if output == "pretty":
            _print(tested)
    failed = sum(not each.passed for each in done)
    if output == "json":
        print_json({"tests": [_row(each) for each in done], "missing": missing})
    else:
        for each in missing:
            print(f"FAIL  {each['detection']}  {each['place']}: has no test with expect = {each['expect']}")
        print(_summary(rules, len(done), failed))
    return Exit.FAILED if failed or missing else Exit.OK


def _missing(rules: Iterable[Rule]) -> Iterable[dict[str, str]]:
    for rule in rules:
        expected = {test.expect for test in rule.detection.tests}
        for each in (True, False):
            if each not in expected:
                detection = rule.detection
                yield {
                    "detection": detection.address,
                    "expect": str(each).lower(),
                    "place": str(detection.place),
                }


def _summary(rules: Sequence[Rule], count: int, failed: int) -> str:
    without = sum(not rule.detection.tests for rule in rules)
    said = f"{count} tests of {len(rules) - without} detections: {failed or 'none'} failed"
    return f"{said}; {without} detections have no test" if without else said


def _row(tested: Tried) -> dict[str, Any]:
    return {
        "detection": tested.detection,
        "test": tested.test.name,
        "place": str(tested.test.place),
        "passed": tested.passed,
        "expected": tested.test.expect,
        "findings": tested.found,
        "suppressed_by": list(tested.suppressed_by),
        "problem": tested.problem,
        "events": list(tested.events),
        "branches": [
            {"condition": each.condition, "true": each.true, "false": each.false, "null": each.null}
            for each in tested.branches
        ],
    }


def _print(tested: Tried) -> None:
    print(f"{'ok  ' if tested.passed else 'FAIL'}  {tested.detection}  {tested.test.name}")
    if tested.passed:
        return
    lines = [f"{tested.test.place}: {tested.problem or _came(tested)}"]
    lines += [f"event      {json.dumps(event, ensure_ascii=False)}" for event in tested.events[:_SHOWN_EVENTS]]
    more = len(tested.events) - _SHOWN_EVENTS
    lines += [f"           and {more} more"] if more > 0 else []
    lines += [f"{_said(each, len(tested.events)):<9}  {' '.join(each.condition.split())}" for each in tested.branches]
    lines += [f"covered by {each}" for each in tested.suppressed_by]
    print("".join(f"      {line}\n" for line in lines), end="")
    sys.stdout.flush()


def _came(tested: Tried) -> str:
    expected = "a finding" if tested.test.expect else "no finding"
    if tested.found:
        return f"expected {expected}, got {tested.found}"
    return f"expected {expected}, got {'only suppressed ones' if tested.suppressed_by else 'none'}"


def _said(branch: Branch, rows: int) -> str:
    """A branch's value; over several rows, of how many it is true."""
    if rows > 1:
        return f"{branch.true} of {rows}"
    return "true" if branch.true else "false" if branch.false else "null"
