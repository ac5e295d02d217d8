"""Logs that are rotated while they are collected: every line is in once, under whatever name it lies by then."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.pipeline.rotation import family_of
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.delete import Deletion, delete
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.query.engine import connect
from tests.pipeline.test_growing import COLLECTION, OVERWRITE, append, lines, numbers

if TYPE_CHECKING:
    from tests.services.project import Project

WRITER = Path(__file__).parents[1] / "services" / "rotating_writer.py"
SALVAGE = CollectOptions(salvage=True)
LINES, ROTATIONS = 100_000, 20


@pytest.fixture
def log(project: Project) -> Project:
    """A folder of logs and the collection of their lines."""
    project.configure(COLLECTION.replace("NAME", "c"))
    return project


def rotate(project: Project, *, keep: int = 9, packed_from: int = 99, copy: bool = False) -> None:
    """As logrotate does: every file gets the next number, the oldest goes, and the log begins anew."""
    for number in range(keep, 0, -1):
        for suffix in ("", ".gz"):
            old = project.logs / f"x.log.{number}{suffix}"
            if old.exists():
                old.rename(project.logs / f"x.log.{number + 1}{suffix}")
    for last in project.logs.glob(f"x.log.{keep + 1}*"):
        last.unlink()
    log, first = project.logs / "x.log", project.logs / "x.log.1"
    if copy:
        shutil.copyfile(log, first)
    else:
        log.rename(first)
    log.write_bytes(b"")
    plain = project.logs / f"x.log.{packed_from}"
    if plain.exists():
        plain.with_name(f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()


@pytest.mark.parametrize("copy", [False, True], ids=["renamed", "copied and truncated"])
def test_what_was_written_before_a_rotation_is_found_under_the_next_name(log: Project, copy: bool) -> None:
    """Only what was not taken yet is read there."""
    path = log.write("x.log", lines(*range(100)), idle=0)
    log.collect_one()
    append(path, lines(100, 101))
    rotate(log, copy=copy)
    append(path, lines(102))

    result = log.collect_one()

    assert (result.rows, result.replaced) == (3, 0)
    assert numbers(log) == list(range(103))
    assert log.one("select count(*) - count(distinct tp_id) from t") == 0
    assert log.collect_one().rows == 0


@pytest.mark.parametrize("packed_from", [1, 2, 99], ids=["packed at once", "packed later", "never packed"])
def test_names_that_are_handed_on_bring_nothing_twice(log: Project, packed_from: int) -> None:
    """A dozen rotations, several between two runs, the oldest deleted: what was taken stays, once."""
    path, written = log.write("x.log", "", idle=0), 0
    for turn in range(12):
        for _ in range(2):
            append(path, lines(*range(written, written + 5)))
            written += 5
            if turn % 3 != 1:
                log.collect_one()
        rotate(log, keep=4, packed_from=packed_from)
    log.collect_one()

    assert numbers(log) == list(range(written))
    assert log.one("select count(*) - count(distinct tp_id) from t") == 0
    assert log.collect_one().rows == 0


@pytest.mark.parametrize("copy", [False, True], ids=["renamed", "copied and truncated"])
@pytest.mark.parametrize("packed_from", [1, 99], ids=["packed", "not packed"])
def test_a_line_taken_too_early_is_put_right_where_rotation_moved_it(
    log: Project, copy: bool, packed_from: int
) -> None:
    """Its half, row or reject, lies under the other name, and goes when the rest comes."""
    path = log.write("x.log", lines(1) + "2024-02-07T12:00:00Z 2")
    other = log.write("y.log", lines(11) + "2024-02-07T12:00")
    log.collect_one()
    assert numbers(log) == [1, 2, 11]
    append(path, "34\n" + lines(3))
    rotate(log, packed_from=packed_from, copy=copy)
    append(path, lines(4))
    append(other, ":00Z 12\n")
    other.rename(log.logs / "y.log.1")

    result = log.collect_one()

    assert (result.rows, result.replaced) == (4, 1)
    assert numbers(log) == [1, 3, 4, 11, 12, 234]
    assert log.one("select count(*) from tailpipe_rejected") == 0
    assert sound(log)
    assert log.collect_one().rows == 0


def test_half_a_line_that_was_taken_stays_until_the_rest_is_there(log: Project) -> None:
    """Though more of it is written under the next name; and where it was all, it stays for good."""
    path = log.write("x.log", lines(1) + "2024-02-07T12:00:00Z 2")
    log.collect_one()
    moved = path.rename(log.logs / "x.log.1")
    log.collect_one()
    assert numbers(log) == [1, 2]
    log.write("x.log.1", moved.read_text() + "3", idle=0)
    log.collect_one()
    assert numbers(log) == [1, 2]
    append(moved, "4\n")

    log.collect_one()

    assert numbers(log) == [1, 234]
    assert sound(log)


def test_what_is_packed_and_deleted_keeps_its_rows(log: Project) -> None:
    """Another content under an old name takes the place of nothing."""
    log.write("x.log.1.gz", gzip.compress(lines(1, 2).encode()))
    log.write("x.log.2.gz", gzip.compress(lines(0).encode()))
    log.collect_one()
    log.write("x.log.2.gz", gzip.compress(lines(1, 2).encode()))
    log.write("x.log.1.gz", gzip.compress(lines(3).encode()))

    result = log.collect_one()

    assert (result.rows, result.replaced) == (1, 0)
    assert numbers(log) == [0, 1, 2, 3]


def test_a_packed_file_that_was_mended_replaces_its_rows(log: Project) -> None:
    """As a plain one does."""
    log.write("x.log.1.gz", gzip.compress(lines(*range(50)).encode()))
    log.collect_one()
    log.write("x.log.1.gz", gzip.compress(lines(*range(40), 990).encode()))

    result = log.collect_one()

    assert result.replaced == 50
    assert numbers(log) == [*range(40), 990]


def test_a_packed_file_by_itself_replaces_its_rows_whatever_it_holds(log: Project) -> None:
    """Nothing of its name or beside it tells of rotation."""
    log.write("x.log.gz", gzip.compress(lines(*range(50)).encode()))
    log.collect_one()
    log.write("x.log.gz", gzip.compress(lines(70, 71).encode()))

    assert log.collect_one().replaced == 50
    assert numbers(log) == [70, 71]


def test_a_packed_file_that_is_added_to_is_read_on(log: Project) -> None:
    """Members of gzip may follow each other."""
    path = log.write("x.log.gz", gzip.compress(lines(1, 2).encode()))
    log.collect_one()
    log.write("x.log.gz", path.read_bytes() + gzip.compress(lines(3).encode()))

    assert log.collect_one().rows == 1
    assert numbers(log) == [1, 2, 3]
    assert log.collect_one().artifacts == 0


def test_a_large_packed_file_is_recognized(log: Project) -> None:
    """It is looked at before it is read, and not held in memory."""
    text = "".join(f"2024-02-07T12:00:00Z {n} {'x' * 1000}\n" for n in range(70_000)).encode()
    log.configure(COLLECTION.replace("NAME", "c").replace(r"(?P<n>\\d+)", r"(?P<n>\\d+) x+"))
    log.write("x.log", text[: text.rindex(b"\n", 0, 60_000_000) + 1], idle=0)
    first = log.collect_one().rows
    (log.logs / "x.log").unlink()
    log.write("x.log.1.gz", gzip.compress(text, 1))

    assert log.collect_one().rows == 70_000 - first
    assert log.one("select count(*) = 70000 and count(distinct n) = 70000 from t")
    assert log.collect_one().artifacts == 0


def test_two_that_begin_alike_are_told_apart(log: Project) -> None:
    """The second is left for the next run, in case it is the first one moved; then it is known not to be."""
    same = lines(*range(100))
    log.write("x.log.1", same + lines(100))
    log.write("x.log.2", same + lines(200, 201))

    first, second = log.collect_one(), log.collect_one()

    assert (first.rows, first.waiting) == (101, 1)
    assert (second.rows, second.waiting) == (102, 0)


def test_overwriting_takes_all_that_begin_alike(log: Project) -> None:
    """What was taken of each tells them apart, be somebody writing to them or not."""
    for day in range(1, 6):
        log.write(f"x-2024-02-0{day}.log", lines(*range(100), *[100 + day] * day))
    while log.collect_one().waiting:
        pass
    for path in log.logs.iterdir():
        path.touch()
    before = numbers(log)
    log.configure(FILTERED)

    result = log.collect_one(options=OVERWRITE)

    assert (result.waiting, result.replaced) == (0, 515)
    assert numbers(log) == [each for each in before if each % 2 == 0]
    assert sound(log)


def test_overwriting_takes_a_copy_and_its_original_once(log: Project) -> None:
    """Whichever has the rows; no next run is promised that would bring the other."""
    path = log.write("x.log", lines(1, 2))
    log.collect_one()
    shutil.copyfile(path, log.logs / "x.log.1")
    log.collect_one()
    assert log.collect_one().waiting == 0

    for _ in range(2):
        result = log.collect_one(options=OVERWRITE)

        assert (result.rows, result.waiting) == (2, 0)
        assert numbers(log) == [1, 2]
        assert sound(log)


def cut(text: str, share: float = 0.6) -> bytes:
    """Packed, and broken off after so much of it."""
    packed = gzip.compress(text.encode())
    return packed[: int(len(packed) * share)]


def test_salvage_takes_nothing_that_was_taken_under_another_name(log: Project) -> None:
    """Nor the lines before those that follow it, and none twice when the file is moved, or mended."""
    path = log.write("x.log", lines(*range(2000)))
    log.collect_one()
    path.unlink()
    log.write("x.log", lines(5000))
    log.write("x.log.1.gz", cut(lines(*range(2000))))
    log.collect_one()

    assert log.collect_one(options=SALVAGE).rows == 0
    log.write("x.log.1.gz", cut(lines(*range(4000)), 0.9))
    salvaged = log.collect_one(options=SALVAGE).rows
    assert 0 < salvaged < 2000
    assert numbers(log) == [*range(2000 + salvaged), 5000]

    (log.logs / "x.log.1.gz").rename(log.logs / "x.log.2.gz")
    log.write("x.log.1.gz", gzip.compress(lines(*range(6000, 6010)).encode()))
    for _ in range(2):
        log.collect_one(options=SALVAGE)
        assert numbers(log) == [*range(2000 + salvaged), 5000, *range(6000, 6010)]
    log.write("x.log.2.gz", gzip.compress(lines(*range(4000)).encode()))
    log.collect_one()
    assert numbers(log) == [*range(4000), 5000, *range(6000, 6010)]
    assert sound(log)


def test_salvage_takes_what_follows_in_a_large_broken_file(log: Project) -> None:
    """It is not held in memory, and looked at before it is read."""
    text = "".join(f"2024-02-07T12:00:00Z {n} {'x' * 1000}\n" for n in range(70_000))
    log.configure(COLLECTION.replace("NAME", "c").replace(r"(?P<n>\\d+)", r"(?P<n>\\d+) x+"))
    log.write("x.log", text[: text.index("\n", 40_000_000) + 1])
    first = log.collect_one().rows
    (log.logs / "x.log").unlink()
    packed = gzip.compress(text.encode(), 1)
    log.write("x.log.1.gz", packed[: len(packed) // 3])
    assert log.collect_one(options=SALVAGE).rows == 0
    log.write("x.log.1.gz", packed[: len(packed) - 1000])

    result = log.collect_one(options=SALVAGE)

    assert first < first + result.rows < 70_000
    assert log.one("select count(*) = count(distinct n) and max(n::int) = count(*) - 1 from t")
    assert log.one("select count(*) from t") == first + result.rows
    log.write("x.log.1.gz", packed)
    log.collect_one()
    assert log.ask("select count(*), count(distinct n) from t") == [(70_000, 70_000)]
    assert log.one("select count(*) from tailpipe_rejected") == 0
    assert sound(log)


def test_what_was_salvaged_is_replaced_by_the_whole(log: Project) -> None:
    """And nothing is set aside of it any more; what breaks again takes no row away."""
    log.write("x.log.1.gz", cut(lines(*range(2000))))
    salvaged = log.collect_one(options=SALVAGE).rows
    assert 0 < salvaged < 2000
    assert numbers(log) == list(range(salvaged))
    log.write("x.log.1.gz", gzip.compress(lines(*range(2000)).encode()))

    assert log.collect_one().replaced == salvaged
    assert numbers(log) == list(range(2000))
    assert log.one("select count(*) from tailpipe_rejected") == 0

    log.write("x.log.1.gz", cut(lines(*range(2000))))
    log.collect_one(options=SALVAGE)
    assert numbers(log) == list(range(2000))
    assert sound(log)


def test_logs_of_different_names_may_be_alike(log: Project) -> None:
    """Only what rotation makes of a name is a family."""
    for name in ("a.log", "b.log", "host/a.log"):
        log.write(name, lines(1, 2))

    assert log.collect_one().rows == 6


def test_overwriting_takes_no_line_twice(log: Project) -> None:
    """What was taken under another name is not taken again under this one."""
    path = log.write("x.log", lines(1, 2), idle=0)
    log.collect_one()
    append(path, lines(3))
    rotate(log)
    append(path, lines(4))
    log.collect_one()

    log.collect_one(options=CollectOptions(overwrite=True))

    assert numbers(log) == [1, 2, 3, 4]


FILTERED = COLLECTION.replace("NAME", "c").replace("\n}", '\n  filter = "n::int % 2 = 0"\n}')


def sound(project: Project) -> bool:
    """Whether no row is there twice, and the ledger counts what the lake holds."""
    with connect(threads=1) as connection:
        return list(check(project.lake, "t", connection)) == []


@pytest.mark.parametrize("copy", [False, True], ids=["renamed", "copied and truncated"])
def test_overwriting_brings_rotated_lines_anew(log: Project, copy: bool) -> None:
    """Their rows, which lie under the name that the lines had, go in the same commit; what was rejected too."""
    path = log.write("x.log", lines(1, 2, 3) + "nonsense\n")
    log.collect_one()
    append(path, lines(4, 5))
    rotate(log, copy=copy)
    append(path, lines(6, 7))
    log.collect_one()
    log.configure(FILTERED)

    result = log.collect_one(options=OVERWRITE)

    assert (result.replaced, result.rows, result.filtered) == (7, 3, 4)
    assert numbers(log) == [2, 4, 6]
    assert log.ask("select parse_filename(artifact), record from tailpipe_rejected") == [("x.log.1", "nonsense")]
    assert sound(log)
    assert log.collect_one().rows == 0


def test_overwriting_right_after_a_rotation_loses_nothing(log: Project) -> None:
    """What the name held before is found where it is now."""
    path = log.write("x.log", lines(1, 2))
    log.collect_one()
    rotate(log)
    append(path, lines(3))

    log.collect_one(options=OVERWRITE)

    assert numbers(log) == [1, 2, 3]
    assert sound(log)


def test_overwriting_leaves_what_no_file_holds_any_more(log: Project) -> None:
    """There is nothing to read it from."""
    path = log.write("x.log", lines(1, 2))
    log.collect_one()
    path.write_text(lines(31, 32))
    log.collect_one()
    rotate(log)
    append(path, lines(51, 52))
    log.collect_one()
    log.configure(FILTERED)

    log.collect_one(options=OVERWRITE)

    assert numbers(log) == [1, 2, 32, 52]
    assert sound(log)


def test_overwriting_brings_back_a_day_that_was_deleted(log: Project) -> None:
    """Of a log that was rotated since, too."""
    path = log.write("x.log", lines(1, 2))
    log.collect_one()
    rotate(log)
    append(path, lines(3))
    log.collect_one()
    with connect(threads=1) as connection:
        delete(connection, log.lake, Deletion("t", "c", Told("delete"), frozenset({date(2024, 2, 7)})))
    assert numbers(log) == []

    log.collect_one(options=OVERWRITE)

    assert numbers(log) == [1, 2, 3]
    assert sound(log)


@pytest.mark.parametrize("packed_from", [1, 99], ids=["packed at once", "never packed"])
def test_overwriting_after_many_rotations_doubles_nothing(log: Project, packed_from: int) -> None:
    """Every line that is still there comes anew; but of the oldest nobody knows any more where all their rows lie."""
    path, written = log.write("x.log", "", idle=0), 0
    for turn in range(14):
        for part in range(2):
            append(path, lines(*range(written, written + 5)))
            written += 5
            if part or turn % 3 != 1:
                log.collect_one()
        append(path, lines(written))
        written += 1
        rotate(log, keep=20, packed_from=packed_from)
        if turn == 9:
            log.collect_one(options=OVERWRITE)
    log.collect_one()
    log.configure(FILTERED)
    assert numbers(log) == list(range(written))
    oldest = range(1, 11, 2)

    for _ in range(2):
        log.collect_one(options=OVERWRITE)

        assert numbers(log) == sorted([*range(0, written, 2), *oldest])
        assert sound(log)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("access.log", "access.log"),
        ("access.log.1", "access.log"),
        ("access.log.12.gz", "access.log"),
        ("access.log-20240201", "access.log"),
        ("access.log-20240201.gz", "access.log"),
        ("access-2024-02-01.log", "access.log"),
        ("access.2024-02-01T13.log.zst", "access.log"),
        ("access.log-1706788800", "access.log"),
        ("app.1.log", "app.log"),
        ("web-1.log", "web-1.log"),
        ("ip-10-0-0-1.log", "ip-10-0-0-1.log"),
        ("2024.log", "2024.log"),
    ],
)
def test_families(name: str, family: str) -> None:
    """Names that rotation makes of one, and some that it does not."""
    assert family_of(f"/var/log/{name}") == f"/var/log/{family}"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["rename", "copytruncate"])
def test_a_writer_that_rotates_while_it_is_read(log: Project, how: str) -> None:
    """A process writes 100,000 lines and rotates twenty times; collecting all the while loses and doubles none."""
    command = [sys.executable, str(WRITER), str(log.logs / "x.log"), str(LINES), str(ROTATIONS), how]
    with subprocess.Popen(command) as writer:
        while writer.poll() is None:
            log.collect_one()
    assert writer.returncode == 0
    runs = [log.collect_one() for _ in range(3)]

    assert runs[-1].rows == 0
    found = log.ask("select n::bigint, count(*) from t group by 1 having count(*) > 1 limit 5")
    assert found == []
    assert log.one("select count(distinct n::bigint) from t") == LINES
