"""Superseded files are put away once, by whoever comes first, and never under a reader."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.cleanup import _delete, _move_unread, put_away
from tailpipe_resources.lake.delta import active_files, open_table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lake.conftest import Workshop


def replaced(workshop: Workshop) -> None:
    """An artifact whose rows were replaced once."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))
    commit(workshop.connection, workshop.lake, first.state, workshop.batch("a", replaced=frozenset("a")))


def waiting(workshop: Workshop) -> list[Path]:
    """The notes of files that are to be put away."""
    return sorted((workshop.folder("t") / "_tailpipe" / "superseded" / "waiting").iterdir())


def test_the_last_version_is_kept_for_its_reader(workshop: Workshop) -> None:
    """A reader of the version just before a replacement keeps its file, and nobody keeps it after that."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))
    with ExitStack() as until:
        found = snapshot(workshop.lake, "t", until)
        assert found is not None
        commit(workshop.connection, workshop.lake, first.state, workshop.batch("a", replaced=frozenset("a")))
        assert set(found.files) < workshop.parquet()

    put_away(workshop.lake, "t")

    table = open_table(workshop.lake, "t")
    assert table is not None
    assert workshop.parquet() == {f"{workshop.folder('t')}/{path}" for path in active_files(table)}


def test_a_note_that_is_just_being_written_is_left_alone(workshop: Workshop) -> None:
    """Also when whoever wrote it is gone for good."""
    first = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a"))
    folder = workshop.folder("t") / "_tailpipe" / "superseded" / "waiting"
    folder.mkdir(parents=True)
    (folder / ".000000000000001-x.json.99.tmp").write_text('{"version"')

    commit(workshop.connection, workshop.lake, first.state, workshop.batch("a", replaced=frozenset("a")))

    assert [path.name for path in waiting(workshop)] == [".000000000000001-x.json.99.tmp"]
    assert len(workshop.parquet()) == 1


@pytest.mark.parametrize("done", [_delete, _move_unread])
def test_what_somebody_else_has_put_away_is_done(workshop: Workshop, done: object) -> None:
    """Two processes see the same note, and the second one finds it gone."""
    replaced(workshop)
    key = "t/_tailpipe/superseded/waiting/000000000000001-gone.json"

    if done is _delete:
        _delete(workshop.lake, [key], "t/")
    else:
        _move_unread(workshop.lake, "t", [key], None)

    assert workshop.counts() == {"a": 3}
