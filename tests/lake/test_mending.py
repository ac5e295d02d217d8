"""A log that a crash tore does not stop anybody: it is read around, and mended by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from tailpipe_resources.errors import LakeDamagedError
from tailpipe_resources.lake import commit, local_lake, snapshot
from tailpipe_resources.lake.log import read_log
from tailpipe_resources.lake.mend import mend, torn

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.lake.ledger import State
    from tests.lake.conftest import Workshop


def filled(workshop: Workshop) -> State:
    """Commits 1 to 3."""
    state = workshop.state()
    for name in "abc":
        state = commit(workshop.connection, workshop.lake, state, workshop.batch(name)).state
    return state


def log_file(workshop: Workshop, name: str) -> Path:
    """A file of the table's log."""
    return workshop.folder("t") / "_delta_log" / name


def tear(path: Path, keep: float) -> None:
    """Cut a file short."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


@pytest.mark.parametrize("keep", [0, 0.3, 0.9])
def test_a_torn_last_commit_is_read_around_and_moved(workshop: Workshop, keep: float) -> None:
    """Its rows and the note that they were collected are gone together, and can be collected again."""
    filled(workshop)
    tear(log_file(workshop, f"{3:020}.json"), keep)

    assert workshop.counts() == {"a": 3, "b": 3}

    moved = mend(workshop.lake, "t")

    assert [each.what for each in moved] == ["commit 3 is not whole"]
    assert list(workshop.folder("t").glob("_tailpipe/torn/*-*3.json"))
    state = workshop.state()
    assert set(state.known) == {"a", "b"}
    commit(workshop.connection, workshop.lake, state, workshop.batch("c"))
    assert workshop.counts() == {"a": 3, "b": 3, "c": 3}
    assert mend(workshop.lake, "t") == ()


@pytest.mark.parametrize("keep", [0, 0.5])
def test_several_torn_commits_go_together(workshop: Workshop, keep: float) -> None:
    """Two writers may have been cut off at once."""
    filled(workshop)
    for version in (2, 3):
        tear(log_file(workshop, f"{version:020}.json"), keep)

    mend(workshop.lake, "t")

    assert set(workshop.state().known) == {"a"}
    assert workshop.counts() == {"a": 3}


@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_torn_checkpoint_is_not_needed_while_commits_are_there(workshop: Workshop, keep: float) -> None:
    """It goes, with the file that names it, and nothing else."""
    state = filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    tear(log_file(workshop, f"{3:020}.checkpoint.parquet"), keep)

    moved = mend(workshop.lake, "t")

    assert len(moved) == 2
    assert workshop.state() == state
    assert workshop.counts() == {"a": 3, "b": 3, "c": 3}


def test_a_checkpoint_torn_in_its_middle_is_found_too(workshop: Workshop) -> None:
    """When the table cannot be opened, checkpoints are read whole."""
    state = filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    path = log_file(workshop, f"{3:020}.checkpoint.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 8) + content[-4:])
    with pytest.raises(LakeDamagedError, match="lake repair"):
        snapshot(workshop.lake, "t")

    assert len(mend(workshop.lake, "t")) == 2

    assert workshop.state() == state


@pytest.mark.parametrize("content", [b"", b'{"vers', b'{"version":77,"size":1}', b"[]"])
def test_a_wrong_name_of_the_checkpoint_goes(workshop: Workshop, content: bytes) -> None:
    """The checkpoint itself is found without it."""
    state = filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    log_file(workshop, "_last_checkpoint").write_bytes(content)

    mend(workshop.lake, "t")

    assert torn(workshop.lake, "t") == ()
    assert workshop.state() == state


def test_a_checkpoint_that_is_needed_stays(workshop: Workshop) -> None:
    """Without the commits before it nothing can be mended, and nothing is touched."""
    filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    log_file(workshop, f"{1:020}.json").unlink()
    tear(log_file(workshop, f"{3:020}.checkpoint.parquet"), 0.5)

    moved = mend(workshop.lake, "t")

    assert [each.key.rsplit("/", 1)[-1] for each in moved] == ["_last_checkpoint"]
    assert [each.needed for each in torn(workshop.lake, "t")] == [True]
    assert read_log(workshop.lake, "t").checkpoints


def test_a_commit_that_a_checkpoint_repeats_loses_nothing(workshop: Workshop) -> None:
    """The checkpoint was made after it, and is whole."""
    state = filled(workshop)
    DeltaTable(str(workshop.folder("t"))).create_checkpoint()
    tear(log_file(workshop, f"{3:020}.json"), 0.5)

    mend(workshop.lake, "t")

    assert workshop.state() == state
    state = commit(workshop.connection, workshop.lake, state, workshop.batch("d")).state
    assert workshop.counts() == {"a": 3, "b": 3, "c": 3, "d": 3}


def test_a_table_torn_at_its_making_is_made_again(workshop: Workshop) -> None:
    """There was nothing in it yet."""
    workshop.make("u")
    tear(workshop.folder("u") / "_delta_log" / f"{0:020}.json", 0.5)

    mend(workshop.lake, "u")
    workshop.make("u")

    assert workshop.counts("u") == {}


def test_what_is_whole_is_left_alone(workshop: Workshop, tmp_path: Path) -> None:
    """So is a lake that is not there."""
    filled(workshop)
    before = sorted(workshop.folder("t").rglob("*"))

    assert mend(workshop.lake, "t") == ()
    assert mend(local_lake(tmp_path / "nowhere"), "t") == ()

    assert sorted(workshop.folder("t").rglob("*")) == before
    assert not (tmp_path / "nowhere").exists()
