"""What is done about alerts once something was collected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tailpipe_assets.alerts.delivery import USUAL, Delivered, deliver_due
from tailpipe_assets.alerts.health import note, of_asked, of_results, of_rules
from tailpipe_assets.alerts.looking import left_over
from tailpipe_assets.alerts.outbox import Outbox
from tailpipe_resources.errors import BusyError, OutboxError
from tailpipe_resources.model.home import outbox_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tailpipe_assets.alerts.delivery import Manner
    from tailpipe_assets.scheduled import DueResult
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.results import CollectResult


def after_collect(
    config: Config,
    results: Iterable[CollectResult] = (),
    *,
    asked: Iterable[DueResult] = (),
    run: str = "",
    manner: Manner = USUAL,
) -> Delivered:
    """Note how collections are, also where nobody is to be told, and tell whom it concerns of what is due.

    It never raises: what was collected is collected. What could not be told is told next time, and what stood in the
    way is among the troubles.

    Args:
        config: whom to tell of what.
        results: what was collected.
        asked: detections that were asked by their schedules.
        run: identifies the run, where there is one.
        manner: how to deliver.
    """
    try:
        _note_results(config, list(results), list(asked), run, manner)
        return deliver_due(config, manner)
    except BusyError:
        # Whoever delivers right now, or the next one, delivers this too.
        return Delivered()
    except OutboxError as error:
        return Delivered(troubles=[str(error)])


def _note_results(
    config: Config, results: Sequence[CollectResult], asked: Sequence[DueResult], run: str, manner: Manner
) -> None:
    """Remember how collections and detections are: for `tailpipe status`, and to be told once they are bad for long."""
    conditions = [*of_results(results, run), *of_asked(asked)]
    # What is well matters only where something was noted before.
    if any(each.trouble for each in conditions) or ((results or asked) and outbox_file().exists()):
        with Outbox() as outbox:
            over = [*of_rules(outbox, results), *left_over(outbox, config, manner.lake)]
            note(outbox, [*over, *conditions], datetime.now(UTC))
