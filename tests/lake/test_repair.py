"""Repairing beside others at work: nothing they do is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.lake import Lake, commit, snapshot
from tailpipe_resources.lake.cleanup import put_away
from tailpipe_resources.lake.compact import compact, small_slots
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.local import LocalStore
from tailpipe_resources.lake.repair import repair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.lake.stored import Stored
    from tests.lake.conftest import Workshop


class Compacting(LocalStore):
    """Files of a lake that somebody compacts just before they are listed."""

    shop: Workshop

    def listing(self, prefix: str) -> Mapping[str, Stored]:
        """The files, once they are compacted."""
        compact(self.shop.connection, self.shop.lake, "t", small_slots(self.shop.lake, "t"), told=Told("compact"))
        return super().listing(prefix)


def test_what_a_compaction_puts_away_is_not_put_back(workshop: Workshop) -> None:
    """A file that the repair still sees stays until it is done, and then goes as it would have gone."""
    state = workshop.state()
    for name in "abcd":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    store = Compacting(workshop.lake.root)
    store.shop = workshop

    done = list(repair(workshop.connection, Lake(store), ["t"]))

    assert done == []
    put_away(workshop.lake, "t")
    found = snapshot(workshop.lake, "t")
    assert found is not None
    assert len(found.files) == 1
    assert workshop.parquet() == set(found.files)
    assert workshop.counts() == dict.fromkeys("abcd", 3)
