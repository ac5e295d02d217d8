"""Telling of alerts right after something was collected."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from tailpipe_assets.alerts import Courier
    from tailpipe_assets.scheduled import DueResult
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.results import CollectResult


def deliver_after(config: Config, results: Sequence[CollectResult], asked: Sequence[DueResult] = ()) -> None:
    """Deliver what is due, where somebody is to be told. What goes wrong is said, and changes no exit code."""
    if config.alerting.is_silent:
        return
    from tailpipe_assets.alerts import after_collect

    told = after_collect(config, results, asked=asked)
    if told.left or told.dead:
        print(f"alerts: {told.left} left to deliver, {told.dead} given up; tailpipe alert status", file=sys.stderr)
    for trouble in told.troubles:
        print(f"alerts: {trouble}", file=sys.stderr)


def courier_of(config: Config, tell: Callable[[str], None]) -> AbstractContextManager[Courier | None]:
    """What delivers while logs are followed; nobody, where nobody is to be told of anything."""
    if config.alerting.is_silent:
        return nullcontext()
    from tailpipe_assets.alerts import Courier

    return Courier(config, lambda text: tell(f"alerts: {text}"))
