"""A full disk stops work, loses nothing, and the next run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.errors import LakeError, LakeFullError
from tailpipe_resources.lake import commit, local_lake
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.space import check_space, free_bytes, in_units
from tailpipe_resources.model.schema import REJECTED_TABLE
from tailpipe_resources.query.engine import connect
from tests.lake.conftest import Workshop
from tests.services.small_disk import SmallDisk, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


HCL = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
MIB = 1 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """One that work may just begin on."""
    with small_disk(tmp_path / "disk", 110) as made:
        yield made


def test_little_space_is_told_before_work_starts(tmp_path: Path) -> None:
    """A warning when it may not do, an error when it cannot; with figures, also where there is no lake yet."""
    lake = local_lake(tmp_path / "not" / "there")
    free = free_bytes(lake)

    assert check_space(lake, 1, least=1) is None
    assert in_units(free * 3) in (check_space(lake, free * 3, least=1) or "")
    with pytest.raises(LakeFullError, match="make room and run again"):
        check_space(lake, least=free * 3)


def test_bytes_are_shown_in_units() -> None:
    """One digit behind the point is enough."""
    assert [in_units(each) for each in (12, 1536, 100 * MIB, 5 << 40)] == [
        "12 bytes",
        "1.5 KiB",
        "100.0 MiB",
        "5.0 TiB",
    ]


@pytest.mark.parametrize("left", [0, 4096, 8192, 12288, 20480])
def test_a_commit_on_a_full_disk_leaves_nothing_visible(disk: SmallDisk, left: int) -> None:
    """Wherever the space ran out: it is done whole, or not at all, and can be done again."""
    with connect(threads=1) as connection:
        workshop = Workshop(local_lake(disk.folder / "lake"), connection)
        workshop.make("t", REJECTED_TABLE)
        state = commit(connection, workshop.lake, workshop.state(), workshop.batch("a")).state
        batch = workshop.batch("b", "c")
        disk.fill(but=left)
        try:
            commit(connection, workshop.lake, state, batch)
        except LakeError:
            assert workshop.counts() == {"a": 3}
        disk.empty()

        state = workshop.state()
        missing = [name for name in "bc" if name not in state.known]
        if missing:
            commit(connection, workshop.lake, state, workshop.batch(*missing))

        assert workshop.counts() == {"a": 3, "b": 3, "c": 3}
        assert check(workshop.lake, "t", connection) == ()
