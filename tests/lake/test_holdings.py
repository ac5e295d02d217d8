"""What a lake holds is told while others are at work on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailpipe_resources.lake import Batch, Lake, commit
from tailpipe_resources.lake.holdings import holdings
from tailpipe_resources.lake.intent import Entry
from tailpipe_resources.lake.ledger import BASE_EVERY, newest_ledger
from tailpipe_resources.lake.local import LocalStore
from tests.lake.conftest import RUN

if TYPE_CHECKING:
    from tailpipe_resources.lake.ledger import State
    from tests.lake.conftest import Workshop


def met(workshop: Workshop, state: State, location: str) -> State:
    """The state once an artifact without a row was collected."""
    batch = Batch("t", "c", RUN, consumed=(Entry(location, "1", "ok"),))
    return commit(workshop.connection, workshop.lake, state, batch).state


class MovingOn(LocalStore):
    """Files of a lake where somebody writes the ledger down whole just before it is read, for so many times."""

    shop: Workshop
    state: State
    times: int

    def keys(self, prefix: str) -> list[str]:
        """The files, once there is a new state and what led up to it is gone."""
        found = super().keys(prefix)
        if prefix.endswith("/streams/c") and self.times:
            self.times -= 1
            self.state = met(self.shop, replace(self.state, depth=BASE_EVERY - 1), f"more{self.times}")
        return found


def test_a_ledger_that_moves_on_while_it_is_read_is_read_again(workshop: Workshop) -> None:
    """What a collection holds is known whoever tidies its ledger up at the same time."""
    store = MovingOn(workshop.lake.root)
    store.shop, store.state, store.times = workshop, met(workshop, workshop.state(), "a"), 2

    (found,) = holdings(Lake(store))

    assert found.key == ("t", "c")
    assert store.times == 0
    assert newest_ledger(workshop.lake, "t", "c").state.known.keys() == {"a", "more0", "more1"}
