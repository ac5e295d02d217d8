"""Widening the types of columns: in one commit, and never over what others brought meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import CommitConflictError
from tailpipe_resources.lake import commit
from tailpipe_resources.lake.delta import Change, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.retype import retype, widenings
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.model.schema import Column
from tests.lake.conftest import BOTH, COLUMNS

if TYPE_CHECKING:
    from tests.lake.conftest import Workshop

WIDE = (*COLUMNS[:-1], Column("n", "DECIMAL(20,0)"))
TOLD = Told("widen")


@BOTH
def test_stored_values_have_the_wider_type(workshop: Workshop) -> None:
    """On a disk and in a bucket, in a file a slot; the narrow ones are out of sight, and the ledger goes on."""
    state = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a", "b")).state
    schema = delta_schema(workshop.connection, WIDE)
    changed = widenings(workshop.lake, "t", WIDE, schema)

    rows = retype(workshop.connection, workshop.lake, "t", changed, schema, told=TOLD)

    assert (rows, workshop.counts()) == (6, {"a": 3, "b": 3})
    assert workshop.ask("select distinct typeof(n) from t") == [("DECIMAL(20,0)",)]
    assert widenings(workshop.lake, "t", WIDE, schema) == ()
    assert workshop.state().known == state.known


def test_what_others_brought_meanwhile_is_not_taken_out(workshop: Workshop) -> None:
    """Whoever planned without a file of the table is told to plan again."""
    commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))
    found = open_table(workshop.lake, "t")
    assert found is not None
    planned = tuple(active_files(found).values())
    commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("b"))

    schema = delta_schema(workshop.connection, WIDE)
    for removed in (planned, ()):
        with pytest.raises(CommitConflictError, match="rewritten meanwhile"):
            commit_change(workshop.lake, "t", Change((), removed, new_batch(None), schema=schema))

    assert workshop.counts() == {"a": 3, "b": 3}
