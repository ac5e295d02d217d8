"""Superseded files are put away once, by whoever comes first, and never under a reader."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake import commit, snapshot
from tailpipe_resources.lake.cleanup import _delete, _move_unread, _new_note, _write, put_away
from tailpipe_resources.lake.delta import Change, Told, active_files, commit_change, open_table
from tailpipe_resources.lake.ledger import new_batch

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
        _delete(workshop.lake, "t", [key], "t/")
    else:
        _move_unread(workshop.lake, "t", [key], None)

    assert workshop.counts() == {"a": 3}


def test_a_run_that_dies_right_after_its_commit_leaves_no_file(workshop: Workshop) -> None:
    """What a commit is about to take out is noted before, so that the next one puts it away."""
    state = commit(workshop.connection, workshop.lake, workshop.state(), workshop.batch("a")).state
    table = open_table(workshop.lake, "t")
    assert table is not None
    removed = tuple(active_files(table).values())
    _write(workshop.lake, _new_note("t", 60.0), None, [each.path for each in removed])
    commit_change(workshop.lake, "t", Change((), removed, new_batch(None), told=Told("compact")))

    commit(workshop.connection, workshop.lake, state, workshop.batch("b"))
    put_away(workshop.lake, "t")

    assert workshop.counts() == {"b": 3}
    assert len(workshop.parquet()) == 1


def test_a_commit_that_never_came_takes_nothing_out(workshop: Workshop) -> None:
    """Its note is dropped once nobody can be about to make it any more."""
    replaced(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    key = _new_note("t", -1.0)
    note = {"version": None, "made": 0.0, "paths": list(active_files(table))}
    workshop.lake.store.write(key, json.dumps(note).encode())

    put_away(workshop.lake, "t")

    assert workshop.counts() == {"a": 3}
    assert waiting(workshop) == []


def test_a_note_that_is_newer_than_what_was_looked_at_is_left_whole(workshop: Workshop) -> None:
    """Its commit was made after the table was opened, which still shows the files: nothing is struck from it."""
    replaced(workshop)
    table = open_table(workshop.lake, "t")
    assert table is not None
    key, paths = _new_note("t", 60.0), list(active_files(table))
    _write(workshop.lake, key, table.version() + 1, paths)

    put_away(workshop.lake, "t")

    assert json.loads(workshop.lake.store.read(key))["paths"] == paths
    assert workshop.counts() == {"a": 3}
