"""Two hundred alerts, a process that is killed again and again, and a receiver that fails and loses answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.alerts import worker
from tests.alerts.conftest import found
from tests.services.receiver import flaky

if TYPE_CHECKING:
    from tests.alerts.conftest import Desk

ROOT = Path(__file__).parents[2]
ALERTS = 200
KILLS = 6
PATIENCE = 120.0


def killed_after(desk: Desk, requests: int) -> None:
    """Let a process deliver until the receiver has seen so many more requests, and kill it."""
    before = seen(desk)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, worker.__file__, str(desk.folder / "tailpipe.hcl")], env=environment)
    try:
        deadline = time.monotonic() + PATIENCE
        while seen(desk) < before + requests:
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "nothing is delivered"
            time.sleep(0.001)
    finally:
        child.kill()
        child.wait()


def seen(desk: Desk) -> int:
    """Requests so far."""
    return len(desk.receiver.taken) + len(desk.receiver.refused)


@pytest.mark.slow
@pytest.mark.parametrize("is_lost", [False, True], ids=["outbox kept", "outbox lost"])
def test_every_alert_arrives_and_only_with_its_own_key(desk: Desk, home: Path, *, is_lost: bool) -> None:
    """Whenever it is killed; also when the outbox is lost on the way, as it is with a host."""
    desk.receiver.answer = flaky(7)
    desk.configure()
    desk.find(*map(found, range(ALERTS)))
    for number in range(KILLS):
        killed_after(desk, 11 + 7 * number)
    if is_lost:
        # Whoever lost the host had written down what it sent; what it had not is sent again.
        shutil.rmtree(home / "alerts")
    desk.until_done(worker.MANNER)

    keys = {each.json["alert_id"]: set[str]() for each in desk.receiver.taken}
    for each in desk.receiver.taken:
        keys[each.json["alert_id"]].add(each.headers["Idempotency-Key"])
    assert len(keys) == ALERTS
    assert all(len(each) == 1 for each in keys.values())
    events = [(each.alert_id, each.notifier, each.number) for each in desk.events() if each.event == "sent"]
    assert len(events) == len(set(events)) == ALERTS
    sent_again = len(desk.receiver.taken) - ALERTS
    print(f"{seen(desk)} requests, {len(desk.receiver.refused)} refused, {sent_again} taken in twice")
