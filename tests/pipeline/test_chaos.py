"""Broken files among good ones: everything good is in, everything bad is named, and mending doubles nothing."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline import CollectOptions

if TYPE_CHECKING:
    from tests.services.project import Project

SALVAGE = CollectOptions(salvage=True)
RETRY = CollectOptions(retry_quarantined=True)


def trail(*names: str) -> bytes:
    """A CloudTrail object with an event of each id."""
    records = [{"eventTime": "2024-02-07T13:00:00Z", "eventID": each, "recipientAccountId": "1"} for each in names]
    return json.dumps({"Records": records}).encode()


def many(prefix: str) -> bytes:
    """One that is large enough to be cut in the middle."""
    return trail(*(f"{prefix}{n:05}" for n in range(3000)))


@pytest.fixture
def chaos(project: Project) -> Project:
    """A folder with all kinds of damage, and the collection that meets it."""
    project.configure('collection "aws_cloudtrail_log" "c" {\n  source = source.file.logs\n}\n')
    packed = gzip.compress(many("cut"))
    project.write("good1.json", trail("a", "b"))
    project.write("good2.json.gz", gzip.compress(trail("c", "d")))
    project.write("cut.json.gz", packed[: len(packed) // 2])
    project.write("crc.json.gz", packed[:-8] + b"\0" * 8)
    project.write("empty.json", b"")
    project.write("empty.json.gz", gzip.compress(b""))
    project.write("binary.json", bytes(range(256)) * 100)
    project.write("plain.json.gz", trail("e"))
    project.write("cut.json", trail("f", "g")[:-20])
    project.write("huge.json", trail("h", "x" * 20_000_000, "i"))
    project.write("latin.json", trail("j", "?", "k").replace(b'"?"', b'"\xe9"'))
    project.write("nothing.json", b"{}")
    return project


GOOD = set("abcdehijk")
BROKEN = {
    "cut.json.gz": "the gzip stream is cut off at byte ",
    "crc.json.gz": "the gzip stream has a bad checksum",
    "binary.json": "not JSON: it starts with ",
    "cut.json": "the JSON document ends inside record 1",
}


def ids(project: Project) -> list[str]:
    """The events that are in, sorted."""
    return [row[0] for row in project.ask("select event_id from aws_cloudtrail_log order by 1")]


def rejects(project: Project) -> dict[tuple[str, Any], str]:
    """Reasons by file and position."""
    found = project.ask("select parse_filename(artifact), position, reason from tailpipe_rejected")
    told = {(name, position): reason for name, position, reason in found}
    assert len(told) == len(found)
    return told


def test_everything_good_is_in_and_everything_bad_is_named(chaos: Project) -> None:
    """Artifacts in the summary and, like single records, in `tailpipe_rejected`."""
    result = chaos.collect_one()

    assert set(ids(chaos)) == GOOD
    assert (result.rows, result.rejected, result.artifacts) == (9, 3, 12)
    assert {each.location.rsplit("/", 1)[1] for each in result.faults} == set(BROKEN)
    assert {each.status for each in result.faults} == {"quarantined"}
    told = rejects(chaos)
    for name, reason in BROKEN.items():
        assert told.pop((name, None)).startswith(reason), name
    assert told == {
        ("huge.json", 1): "the record is 20,000,079 bytes long; at most 16,777,216 are taken",
        ("latin.json", 1): "not UTF-8: byte 0xe9 at 50",
        ("nothing.json", 0): "it has no time",
    }
    assert chaos.ask("select record from tailpipe_rejected where parse_filename(artifact) = 'latin.json'") == [
        ('{"eventTime": "2024-02-07T13:00:00Z", "eventID": "\\xe9", "recipientAccountId": "1"}',)
    ]
    again = chaos.collect_one()
    assert (again.artifacts, again.skipped, again.rows, again.faults) == (0, 12, 0, ())
    assert len(rejects(chaos)) == 7


def test_mended_files_come_in_once_and_their_rejects_go(chaos: Project) -> None:
    """Nothing is counted twice; what is still broken stays named."""
    chaos.collect_one()
    chaos.write("cut.json.gz", gzip.compress(many("cut")))
    chaos.write("cut.json", trail("f", "g"))
    chaos.write("latin.json", trail("j", "é", "k"))
    chaos.write("huge.json", trail("h", "y", "i"))

    result = chaos.collect_one()

    assert sorted(set(ids(chaos)) - {f"cut{n:05}" for n in range(3000)}) == sorted(GOOD | {"f", "g", "é", "y"})
    assert len(ids(chaos)) == 3000 + len(GOOD) + 4
    assert (result.artifacts, result.replaced, result.rows) == (4, 4, 3008)
    assert set(rejects(chaos)) == {("crc.json.gz", None), ("binary.json", None), ("nothing.json", 0)}


def test_salvage_takes_what_can_be_read_and_takes_it_once(chaos: Project) -> None:
    """The artifact is still named as broken; mended later, its rows replace what was salvaged."""
    chaos.collect_one()

    first = chaos.collect_one(options=SALVAGE)
    second = chaos.collect_one(options=SALVAGE)

    saved = set(ids(chaos)) - GOOD
    cut = {each for each in saved if each.startswith("cut")}
    assert first.artifacts == 4
    assert cut == {f"cut{n:05}" for n in range(len(cut))}
    assert first.rows == len(ids(chaos)) - len(GOOD)
    assert saved - cut == {"f"}
    assert 1000 < len(cut) < 3000
    assert (second.artifacts, second.rows) == (0, 0)
    assert {name for name, position in rejects(chaos) if position is None} == set(BROKEN)

    chaos.write("cut.json.gz", gzip.compress(many("new")))
    chaos.write("crc.json.gz", gzip.compress(trail("z")))
    chaos.collect_one()

    assert {each[:3] for each in set(ids(chaos)) - GOOD - {"f"}} == {"new", "z"}
    assert len(ids(chaos)) == len(GOOD) + 1 + 3000 + 1


def test_quarantined_files_are_tried_again_when_asked(chaos: Project) -> None:
    """Still broken, they are named again, not twice; nothing else is read."""
    chaos.collect_one()
    before = rejects(chaos)

    result = chaos.collect_one(options=RETRY)

    assert (result.artifacts, result.skipped, len(result.faults), result.rows) == (4, 8, 4, 0)
    assert rejects(chaos) == before
    assert set(ids(chaos)) == GOOD


def test_a_good_file_that_breaks_keeps_its_rows(chaos: Project) -> None:
    """What was collected stays until something whole takes its place."""
    chaos.collect_one()
    chaos.write("good1.json", trail("a", "b")[:-30])

    result = chaos.collect_one()

    assert [each.status for each in result.faults] == ["quarantined"]
    assert set(ids(chaos)) == GOOD
    chaos.write("good1.json", trail("a", "l"))
    assert chaos.collect_one().replaced == 2
    assert set(ids(chaos)) == GOOD - {"b"} | {"l"}


def test_a_file_that_changes_replaces_its_rows(chaos: Project) -> None:
    """And one that is emptied takes them out."""
    chaos.collect_one()
    chaos.write("good1.json", trail("a"))
    chaos.write("good2.json.gz", b"")

    result = chaos.collect_one()

    assert (result.rows, result.replaced) == (1, 4)
    assert set(ids(chaos)) == GOOD - {"b", "c", "d"}


def test_overwriting_reads_all_again_and_doubles_nothing(chaos: Project) -> None:
    """Rows and rejects are the same afterwards, to the id."""
    chaos.collect_one()
    before, named = chaos.ask("select tp_id from aws_cloudtrail_log order by 1"), rejects(chaos)

    result = chaos.collect_one(options=CollectOptions(overwrite=True))

    assert (result.artifacts, result.rows, result.replaced, result.skipped) == (12, 9, 9, 0)
    assert chaos.ask("select tp_id from aws_cloudtrail_log order by 1") == before
    assert rejects(chaos) == named


def test_rejects_of_what_was_read_stay_when_it_breaks(chaos: Project) -> None:
    """Like its rows; only that it is broken is said anew, and all goes once it can be read again."""
    broken = gzip.compress(many("torn"))
    chaos.write("late.json.gz", gzip.compress(trail("l", "?").replace(b'"?"', b'"\xe9"')))
    chaos.collect_one()
    before = of_late(chaos)
    assert [position is None for position, _ in before] == [False]

    reasons = []
    for left in (9, 4000):
        chaos.write("late.json.gz", broken[:-left])
        chaos.collect_one()
        records = [each for each in of_late(chaos) if each[0] is not None]
        reasons += [reason for position, reason in of_late(chaos) if position is None]
        assert records == before
        assert {"l"} <= set(ids(chaos))

    assert len(reasons) == len(set(reasons)) == 2
    chaos.write("late.json.gz", gzip.compress(trail("n")))
    chaos.collect_one()
    assert of_late(chaos) == []


def of_late(project: Project) -> list[tuple[int | None, str]]:
    """What was set aside of one file."""
    found = project.ask(
        "select position, reason from tailpipe_rejected where parse_filename(artifact) = 'late.json.gz' order by all"
    )
    return [(position, reason) for position, reason in found]
