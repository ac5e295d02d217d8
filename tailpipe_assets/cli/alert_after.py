"""Telling of alerts right after something was collected."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tailpipe_resources.model.home import outbox_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from tailpipe_assets.alerts import Courier
    from tailpipe_assets.scheduled import DueResult
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.results import CollectResult


def deliver_after(config: Config, results: Sequence[CollectResult], asked: Sequence[DueResult] = ()) -> None:
    """Note how things are, and deliver what is due. What goes wrong is said, and changes no exit code."""
    is_bad = any(each.is_troubled for each in results) or any(each.failure for each in asked)
    if config.alerting.is_silent and not is_bad and not outbox_file().exists():
        return
    from tailpipe_assets.alerts import after_collect

    told = after_collect(config, results, asked=asked)
    if told.left or told.dead:
        print(f"alerts: {told.left} left to deliver, {told.dead} given up; tailpipe alert status", file=sys.stderr)
    for trouble in told.troubles:
        print(f"alerts: {trouble}", file=sys.stderr)


def courier_of(config: Config, tell: Callable[[str], None]) -> AbstractContextManager[Courier]:
    """What notes how things are, and delivers, while logs are followed."""
    from tailpipe_assets.alerts import Courier

    return Courier(config, lambda text: tell(f"alerts: {text}"))
