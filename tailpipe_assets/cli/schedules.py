"""Asking the detections that are due: right after something was collected, and while it is followed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from tailpipe_assets.pipeline import Plan
    from tailpipe_assets.scheduled import Clockwork, DueResult

BUDGET_SECONDS = 60.0
"""Whoever collects waits no longer for what was missed; the rest is asked next time."""


def ask_after(plans: Sequence[Plan]) -> tuple[DueResult, ...]:
    """Ask what is due. What came of it is said, and changes no exit code."""
    if not any(each.scheduled for each in plans):
        return ()
    from tailpipe_assets.scheduled import ask_due

    asked = ask_due(plans, run="collect", budget=BUDGET_SECONDS)
    for line in lines_of(asked):
        print(line, file=sys.stderr)
    return asked


def clockwork_of(
    plans: Sequence[Plan], on_results: Callable[[Sequence[DueResult]], None]
) -> AbstractContextManager[Clockwork]:
    """What asks while logs are followed."""
    from tailpipe_assets.scheduled import Clockwork

    return Clockwork(plans, on_results)


def lines_of(asked: Sequence[DueResult]) -> Iterator[str]:
    """What is said of detections that were asked; nothing of those that found nothing."""
    for each in asked:
        name = f"detection {each.name}"
        if each.failure:
            yield f"{name} fails: {each.failure}"
        if each.findings:
            found = ", ".join(f"{count} {severity}" for severity, count in each.findings.items())
            yield f"{name} found {found}"
        if each.missed:
            yield f"{name}: {each.missed}"
        if each.is_left:
            yield f"{name}: some windows are left to be asked next time"
