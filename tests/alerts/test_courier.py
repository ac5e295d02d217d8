"""Beside a program that has other things to do, alerts leave right after their commit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tailpipe_assets.alerts import Courier
from tests.alerts.conftest import found
from tests.services.receiver import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Desk

PATIENCE = 30.0


def wait_until(is_so: Callable[[], bool]) -> float:
    """Seconds until something is so."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < PATIENCE, "it never was"
        time.sleep(0.005)
    return time.monotonic() - begun


def test_a_courier_delivers_when_it_is_woken(desk: Desk) -> None:
    """It waits for no interval."""
    with Courier(desk.config, lambda _: None) as courier:
        for number in range(3):
            desk.find(found(number))
            courier.wake(())
            seconds = wait_until(lambda number=number: len(desk.receiver.taken) == number + 1)  # type: ignore[misc]
            print(f"{seconds:.2f} s from the commit to the receiver")


def test_a_courier_delivers_a_last_time(desk: Desk) -> None:
    """What was found just before the end is told as well."""
    with Courier(desk.config, lambda _: None):
        desk.find(found(1))

    assert len(desk.receiver.taken) == 1


def test_a_courier_tries_again_by_itself(desk: Desk) -> None:
    """A receiver that is back gets what it missed, though nothing new was found."""
    answers = [Answer(500)]
    desk.receiver.answer = lambda _: answers.pop() if answers else Answer()
    desk.find(found(1))
    with Courier(desk.config, lambda _: None):
        wait_until(lambda: len(desk.receiver.taken) == 1)
