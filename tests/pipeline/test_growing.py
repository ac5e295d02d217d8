"""Files that are written to while they are collected: whole lines, each once, whatever the writer does."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.lake.check import check
from tailpipe_resources.lake.delete import Deletion, delete
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from tests.services.project import Project

COLLECTION = """
collection "custom" "NAME" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\d+)`
}
"""
OVERWRITE = CollectOptions(overwrite=True)


def lines(*numbers: int) -> str:
    """Lines of a log."""
    return "".join(f"2024-02-07T12:00:00Z {n}\n" for n in numbers)


def numbers(project: Project, collection: str = "c") -> list[int]:
    """The lines that are in, sorted."""
    return [row[0] for row in project.ask(f"select n::bigint from t where tp_partition = '{collection}' order by 1")]


def append(path: Path, text: str) -> None:
    """Write at the end of a file, as a log is."""
    with path.open("a") as file:
        file.write(text)


@pytest.fixture
def log(project: Project) -> Project:
    """A folder of logs and the collection of their lines."""
    project.configure(COLLECTION.replace("NAME", "c"))
    return project


def consistent(project: Project) -> None:
    """Offsets lead to the lines, and no id is there twice."""
    for location, offset, time_, n in project.ask(
        "select tp_source_location, tp_source_offset, time, n from t where tp_source_version not like 'g%'"
    ):
        rest = Path(location).read_bytes()[offset:]
        assert rest.split(b"\n", 1)[0].decode() == f"{time_} {n}"
    assert project.one("select count(*) - count(distinct tp_id) from t") == 0


def test_only_what_was_added_is_read(log: Project) -> None:
    """Its rows join the others, which are not replaced, at offsets of the whole file."""
    path = log.write("x.log", lines(*range(1000)))
    log.collect_one()
    append(path, lines(1000, 1001))

    result = log.collect_one()

    assert (result.rows, result.replaced, result.artifacts) == (2, 0, 1)
    assert result.bytes_in == len(lines(1000, 1001))
    assert numbers(log) == list(range(1002))
    consistent(log)
    assert log.collect_one().artifacts == 0


def test_half_a_line_waits_for_its_end(log: Project) -> None:
    """It is neither a row nor a reject before."""
    path = log.write("x.log", lines(1) + "2024-02-07T12:0", idle=0)
    log.collect_one()
    assert numbers(log) == [1]
    append(path, "0:00Z 2\n2024")
    log.collect_one()
    assert numbers(log) == [1, 2]
    append(path, "-02-07T12:00:00Z 3\n")

    log.collect_one()

    assert numbers(log) == [1, 2, 3]
    assert log.one("select count(*) from tailpipe_rejected") == 0
    consistent(log)


def test_a_last_line_without_an_end_comes_with_the_next_run(log: Project) -> None:
    """When nobody has written to the file since; the run after that has nothing to do."""
    log.write("x.log", lines(1, 2).rstrip(), idle=0)

    runs = [log.collect_one() for _ in range(3)]

    assert [(each.rows, each.waiting) for each in runs] == [(1, 1), (1, 0), (0, 0)]
    assert numbers(log) == [1, 2]
    consistent(log)


def test_a_last_line_of_a_file_long_left_alone_comes_at_once(log: Project) -> None:
    """As do those of packed files, which nobody appends to."""
    log.write("x.log", lines(1, 2).rstrip(), idle=120)
    log.write("y.log.gz", gzip.compress(lines(3, 4).rstrip().encode()), idle=0)

    log.collect_one()

    assert numbers(log) == [1, 2, 3, 4]


def test_a_line_taken_too_early_is_put_right(log: Project) -> None:
    """Its half goes when the rest is there, be it a row or a reject; and the ledger counts right."""
    rows = log.write("rows.log", lines(1) + "2024-02-07T12:00:00Z 2", idle=120)
    rejects = log.write("rejects.log", lines(11) + "2024-02-07T12:00", idle=120)
    log.collect_one()
    assert numbers(log) == [1, 2, 11]
    assert log.one("select count(*) from tailpipe_rejected") == 1
    append(rows, "34\n")
    append(rejects, ":00Z 12\n")

    result = log.collect_one()

    assert numbers(log) == [1, 11, 12, 234]
    assert result.replaced == 1
    assert log.one("select count(*) from tailpipe_rejected") == 0
    consistent(log)


def test_a_file_touched_and_not_changed_stays_as_it_is(log: Project) -> None:
    """Its last line, once taken, is not let go again."""
    path = log.write("x.log", lines(1, 2).rstrip(), idle=120)
    log.collect_one()
    path.touch()

    log.collect_one()

    assert numbers(log) == [1, 2]


@pytest.mark.parametrize("more", [0, 1, 5, 200])
def test_what_copytruncate_took_away_stays_and_the_new_comes(log: Project, more: int) -> None:
    """Shorter, as long or longer than before: old lines stay, new ones are in once, and it goes on growing."""
    path = log.write("x.log", lines(*range(5)))
    log.collect_one()
    path.write_text(lines(*range(100, 100 + more)))
    log.collect_one()
    append(path, lines(7, 8))

    result = log.collect_one()

    expected = [*range(5), 7, 8, *range(100, 100 + more)]
    assert numbers(log) == expected
    assert (result.rows, result.replaced) == (2, 0)
    assert log.one("select count(distinct tp_id) from t") == len(expected)


def test_equal_lines_of_two_generations_are_two_rows(log: Project) -> None:
    """They have the same place and time, and are not the same."""
    path = log.write("x.log", lines(1, 2, 3, 4, 5))
    log.collect_one()
    path.write_text("")
    log.collect_one()
    path.write_text(lines(1, 2))

    log.collect_one()

    assert numbers(log) == [1, 1, 2, 2, 3, 4, 5]
    assert log.one("select count(distinct tp_id) from t") == 7


def test_overwriting_replaces_what_the_file_held(log: Project) -> None:
    """Also by other lines altogether: asked for, it is no new log in the place of the old one."""
    path = log.write("x.log", lines(1, 2, 3))
    log.collect_one()
    path.write_text(lines(21, 22))

    result = log.collect_one(options=OVERWRITE)

    assert (result.rows, result.replaced) == (2, 3)
    assert numbers(log) == [21, 22]


def test_overwriting_replaces_what_the_file_holds_now(log: Project) -> None:
    """Lines that are gone from it stay, as they could not be read again."""
    path = log.write("x.log", lines(1, 2, 3))
    log.collect_one()
    path.write_text(lines(21, 22))
    log.collect_one()
    before = log.ask("select tp_id from t order by 1")

    result = log.collect_one(options=OVERWRITE)

    assert (result.rows, result.replaced) == (2, 2)
    assert log.ask("select tp_id from t order by 1") == before


@pytest.mark.parametrize(
    "mended",
    [
        lines(0, 1, 2) + lines(33) + lines(4, 5),
        lines(0, 1, 2, 4, 5),
        lines(99, 1, 2, 3, 4, 5),
        lines(0, 1, 2, 3, 4, 5, 6).replace(" 2\n", " 2222\n"),
        lines(4, 5),
    ],
    ids=["changed", "shorter", "first", "changed and grown", "its start cut off"],
)
def test_a_mended_file_replaces_its_rows(log: Project, mended: str) -> None:
    """Whatever was changed in it, it is still the same log."""
    path = log.write("x.log", lines(0, 1, 2) + "nonsense\n" + lines(4, 5))
    log.collect_one()
    path.write_text(mended)

    log.collect_one()

    assert numbers(log) == sorted(int(line.split()[1]) for line in mended.splitlines())
    assert log.one("select count(*) from tailpipe_rejected") == 0


def test_a_line_that_was_all_of_a_file_can_be_mended(log: Project) -> None:
    """Nothing of it was in, so nothing is lost with it."""
    path = log.write("x.log", "nonsense\n")
    log.collect_one()
    path.write_text(lines(1))

    log.collect_one()

    assert numbers(log) == [1]
    assert log.one("select count(*) from tailpipe_rejected") == 0


def test_equal_rejects_of_two_generations_are_two(log: Project) -> None:
    """Each has an id of its own, so that nothing takes one for a copy of the other."""
    path = log.write("x.log", "nonsense\n" + lines(1))
    log.collect_one()
    path.write_text("")
    log.collect_one()
    path.write_text("nonsense\n" + lines(2))
    log.collect_one()

    assert log.ask("select count(*), count(distinct tp_id) from tailpipe_rejected") == [(2, 2)]


def test_mending_after_a_truncation_leaves_the_older_lines_alone(log: Project) -> None:
    """Rows and rejects of each generation are its own."""
    path = log.write("x.log", lines(1, 2) + "old nonsense\n")
    log.collect_one()
    path.write_text(lines(11, 12) + "new nonsense\n")
    log.collect_one()
    assert log.one("select count(*) from tailpipe_rejected") == 2
    path.write_text(lines(11, 12, 13))

    log.collect_one()

    assert numbers(log) == [1, 2, 11, 12, 13]
    assert log.ask("select record from tailpipe_rejected") == [("old nonsense",)]


def test_a_collection_that_joins_later_reads_from_the_start(log: Project) -> None:
    """And the other one goes on where it was."""
    path = log.write("x.log", lines(1, 2))
    log.collect_one()
    append(path, lines(3))
    log.configure(COLLECTION.replace("NAME", "c") + COLLECTION.replace("NAME", "d"))

    first, second = log.collect()

    assert (first.rows, second.rows) == (1, 3)
    assert numbers(log, "c") == numbers(log, "d") == [1, 2, 3]


def test_a_file_that_becomes_packed_is_read_whole(log: Project) -> None:
    """And a text with a mark of its encoding too, at offsets as they always were."""
    path = log.write("x.log", lines(1, 2))
    marked = log.write("y.log", "\ufeff" + lines(3))
    log.collect_one()
    path.write_bytes(gzip.compress(lines(1, 2, 4).encode()))
    append(marked, lines(5))

    log.collect_one()

    assert numbers(log) == [1, 2, 3, 4, 5]
    assert log.ask("select tp_source_offset from t where n = '5'") == [(len(lines(3)),)]


def test_a_large_file_that_grows_is_read_on_piece_by_piece(log: Project) -> None:
    """Offsets are those of the whole file, and half a line waits here too."""
    count = 700_000
    path = log.write("x.log", lines(*range(count)) + "2024-02", idle=0)
    first = log.collect_one()
    append(path, "-07T12:00:00Z 1\n" + lines(*range(count)))

    second = log.collect_one()

    assert (first.rows, second.rows, second.replaced) == (count, count + 1, 0)
    assert log.ask("select count(*), count(distinct tp_id), max(tp_source_offset) from t") == [
        (2 * count + 1, 2 * count + 1, path.stat().st_size - len(lines(count - 1)))
    ]


WRITER = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    for n in range(int(sys.argv[2])):
        line = f"2024-02-07T12:00:00Z {n}\\n".encode()
        cut = n * 7 % len(line)
        file.write(line[:cut])
        if n % 20 == 0:
            time.sleep(0.05)
        file.write(line[cut:])
"""


def test_every_line_of_a_writer_is_in_once(log: Project) -> None:
    """A process appends piece by piece while collecting goes on; nothing is lost, doubled or cut in two."""
    path = log.write("x.log", "")
    count, seen = 2000, 0
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(count)])
    while writer.poll() is None:
        seen += log.collect_one().rows > 0

    log.collect_one()

    assert seen > 3
    assert numbers(log) == list(range(count))
    assert log.one("select count(*) from tailpipe_rejected") == 0
    consistent(log)


def on_day(day: int, *numbers: int) -> str:
    """Lines of a log that were written on a day of February."""
    return lines(*numbers).replace("-07T", f"-{day:02}T")


@pytest.mark.parametrize(
    ("day", "left"), [(1, range(100, 105)), (9, range(20))], ids=["of what was there before", "of what is there now"]
)
def test_a_day_of_a_file_begun_afresh_is_deleted_and_counted(log: Project, day: int, left: range) -> None:
    """The ledger counts what is left, and reading all again doubles none of it."""
    path = log.write("x.log", on_day(1, *range(20)))
    log.collect_one()
    path.write_text(on_day(9, *range(100, 105)))
    log.collect_one()

    with connect(threads=1) as connection:
        delete(connection, log.lake, Deletion("t", "c", Told("retention"), frozenset({date(2024, 2, day)})))
        assert numbers(log) == list(left)
        assert list(check(log.lake, "t", connection)) == []
        log.collect_one(options=OVERWRITE)
        assert numbers(log) == sorted({*left, *range(100, 105)})
        assert list(check(log.lake, "t", connection)) == []
