"""A full disk under the outbox: alerts wait, none is lost, and nobody is flooded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.alerts import after_collect
from tests.alerts.conftest import QUICK, found
from tests.services.receiver import WELL, Answer, Request
from tests.services.small_disk import SmallDisk, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.alerts.conftest import Desk


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """A small one, with Tailpipe's home on it; the lake is elsewhere."""
    with small_disk(tmp_path / "disk", 16) as made:
        monkeypatch.setenv("TAILPIPE_HOME", str(made.folder / "home"))
        yield made


def test_alerts_wait_for_room(desk: Desk, disk: SmallDisk) -> None:
    """What stands in the way is said; collecting goes on."""
    desk.deliver()
    disk.fill()
    desk.find(*map(found, range(200)))
    told = after_collect(desk.config, manner=QUICK)
    assert told.troubles
    assert "alerts wait until it can" in told.troubles[0]
    disk.empty()
    desk.until_done()

    assert len(desk.receiver.taken) == len(set(desk.receiver.keys)) == 200


def test_what_cannot_be_marked_is_not_sent_again_and_again(desk: Desk, disk: SmallDisk) -> None:
    """This process remembers what it sent, and marks it once there is room."""

    def answer(_: Request) -> Answer:
        disk.fill()
        return WELL

    desk.receiver.answer = answer
    desk.find(*map(found, range(30)))
    for _ in range(3):
        after_collect(desk.config, manner=QUICK)
    assert len(desk.receiver.taken) == len(set(desk.receiver.keys))
    desk.receiver.answer = lambda _: WELL
    disk.empty()
    desk.until_done()

    assert len(desk.receiver.taken) == len(set(desk.receiver.keys)) == 30
    assert len(desk.events()) == 30
