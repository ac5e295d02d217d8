"""Events that are delivered twice: in once, and never lost with the artifact that brought them first."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.pipeline.reindex import reindex
from tailpipe_resources.lake import Lake, open_lake
from tailpipe_resources.lake.copies import merge_copies
from tailpipe_resources.lake.ledger import write_base
from tailpipe_resources.lake.recovery import recover
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.lake.ledger import State
    from tests.services.project import Project
    from tests.services.s3 import S3Endpoint

COLLECTION = 'collection "aws_cloudtrail_log" "c" {\n  source = source.file.logs\n}\n'


def events(*names: str, day: int = 7, account: str = "1") -> str:
    """A CloudTrail object with an event of each id."""
    base = {"eventTime": f"2024-02-{day:02}T13:00:00Z", "recipientAccountId": account, "awsRegion": "eu-1"}
    return json.dumps({"Records": [{"eventID": name, **base} for name in names]})


def held(project: Project) -> list[tuple[str, str]]:
    """Every row: its event and the file it is from."""
    return [
        (name, file)
        for name, file in project.ask(
            "select event_id, parse_filename(tp_source_location) from aws_cloudtrail_log order by all"
        )
    ]


def ledger(project: Project, lake: Lake | None = None) -> State:
    """What the collection's ledger says."""
    with connect(threads=1) as connection:
        return recover(connection, lake or project.lake, "aws_cloudtrail_log", "c")


def counted(project: Project, lake: Lake | None = None) -> dict[str, tuple[int, int]]:
    """Rows and folded rows by file, as the ledger has them."""
    known = ledger(project, lake).known
    return {location.rsplit("/", 1)[1]: (each.rows, each.folded) for location, each in known.items()}


@pytest.fixture
def trail(project: Project) -> Project:
    """A collection of CloudTrail events."""
    project.configure(COLLECTION)
    return project


def test_the_same_event_in_two_objects_of_a_run_is_in_once(trail: Project) -> None:
    """From the first of them; the other one is counted as folded, in the result and in the ledger."""
    trail.write("a.json", events("1", "2"))
    trail.write("b.json", events("2", "3", "3"))

    result = trail.collect_one()

    assert held(trail) == [("1", "a.json"), ("2", "a.json"), ("3", "b.json")]
    assert (result.records, result.rows, result.folded, result.rejected) == (5, 3, 2, 0)
    assert result.days == {date(2024, 2, 7): 3}
    assert counted(trail) == {"a.json": (2, 0), "b.json": (1, 2)}


def test_the_first_committed_wins(trail: Project) -> None:
    """Whatever the names of the files say."""
    trail.write("b.json", events("1", "2"))
    trail.collect_one()
    trail.write("a.json", events("2", "3"))
    trail.write("c.json", events("1", "2", "3"))

    result = trail.collect_one()

    assert held(trail) == [("1", "b.json"), ("2", "b.json"), ("3", "a.json")]
    assert (result.rows, result.folded) == (1, 4)
    assert counted(trail) == {"a.json": (1, 1), "b.json": (2, 0), "c.json": (0, 3)}


def test_events_of_other_accounts_and_days_are_other_events(trail: Project) -> None:
    """The id alone does not make them the same."""
    trail.write("a.json", events("1"))
    trail.write("b.json", events("1", account="2"))
    trail.write("c.json", events("1", day=8))

    assert (trail.collect_one().rows, len(held(trail))) == (3, 3)


def test_each_collection_folds_for_itself(project: Project) -> None:
    """What another one holds does not count."""
    project.configure(COLLECTION + COLLECTION.replace('"c"', '"d"'))
    project.write("a.json", events("1", "1"))

    assert [(each.rows, each.folded) for each in project.collect()] == [(1, 1), (1, 1)]


def test_a_row_takes_the_place_of_the_one_it_was_folded_against(trail: Project) -> None:
    """When the first file is replaced by one without the event, or emptied, the event is still in."""
    trail.write("a.json", events("1", "2"))
    trail.write("b.json", events("1", "2", "3"))
    trail.write("c.json", events("1"))
    trail.collect_one()

    trail.write("a.json", events("2", "4"))
    second = trail.collect_one()

    assert held(trail) == [("1", "b.json"), ("2", "a.json"), ("3", "b.json"), ("4", "a.json")]
    assert (second.rows, second.replaced, second.folded) == (3, 2, 0)
    assert counted(trail) == {"a.json": (2, 0), "b.json": (2, 1), "c.json": (0, 1)}

    trail.write("a.json", "")
    trail.write("b.json", events("3"))
    trail.collect_one()

    assert held(trail) == [("1", "c.json"), ("3", "b.json")]
    assert counted(trail) == {"a.json": (0, 0), "b.json": (1, 0), "c.json": (1, 0)}


BY_REGION = COLLECTION.replace("}", '  tp_index = "aws_region"\n}')


def indexes(project: Project) -> list[tuple[str, str]]:
    """Every row: its event and the index value it lies under."""
    return [
        (name, index) for name, index in project.ask("select event_id, tp_index from aws_cloudtrail_log order by all")
    ]


def test_a_row_comes_back_under_the_index_its_event_had_moved_to(trail: Project) -> None:
    """What is kept aside stays where it is when rows move, and is found all the same."""
    trail.write("a.json", events("1", "2"))
    trail.write("b.json", events("2", "3"))
    trail.write("c.json", events("2", day=8))
    trail.collect_one()
    trail.configure(BY_REGION)
    reindex(trail.plans()[0])

    trail.write("a.json", events("1"))
    trail.collect_one()

    assert held(trail) == [("1", "a.json"), ("2", "b.json"), ("2", "c.json"), ("3", "b.json")]
    assert indexes(trail) == [("1", "eu-1"), ("2", "eu-1"), ("2", "eu-1"), ("3", "eu-1")]
    assert counted(trail) == {"a.json": (1, 0), "b.json": (2, 0), "c.json": (1, 0)}


def test_an_event_under_another_index_is_the_same_event(trail: Project) -> None:
    """After the index of a collection changed, before and after its rows are moved."""
    trail.write("a.json", events("1", "2"))
    trail.collect_one()
    trail.configure(BY_REGION)
    trail.write("b.json", events("2", "3"))
    first = trail.collect_one()
    reindex(trail.plans()[0])
    trail.write("c.json", events("1", "4"))
    second = trail.collect_one()

    assert (first.rows, first.folded, second.rows, second.folded) == (1, 1, 1, 1)
    assert held(trail) == [("1", "a.json"), ("2", "a.json"), ("3", "b.json"), ("4", "c.json")]


def test_rows_come_back_to_the_index_of_each(trail: Project) -> None:
    """One artifact's rows may lie under many; each comes back once, from the first that has it."""
    names = [str(number) for number in range(30)]
    records = [json.loads(events(name, account=name))["Records"][0] for name in names]
    for file in ("a.json", "b.json", "c.json"):
        trail.write(file, json.dumps({"Records": records}))
        trail.collect_one()

    trail.write("a.json", events("x"))
    trail.collect_one()

    assert held(trail) == sorted([*((name, "b.json") for name in names), ("x", "a.json")])
    assert indexes(trail) == sorted([*((name, name) for name in names), ("x", "1")])


def test_what_was_folded_of_an_older_version_stays_away(trail: Project) -> None:
    """A copy counts only while the file it stood in holds it."""
    trail.write("a.json", events("1"))
    trail.write("b.json", events("1", "2"))
    trail.collect_one()
    trail.write("b.json", events("2"))
    trail.collect_one()

    trail.write("a.json", events("5"))
    trail.collect_one()

    assert held(trail) == [("2", "b.json"), ("5", "a.json")]


def test_overwriting_folds_the_same_again(trail: Project) -> None:
    """Nothing is doubled, nothing lost, and the figures are as they were."""
    trail.write("a.json", events("1", "2"))
    trail.write("b.json", events("2", "3"))
    trail.collect_one()
    before, figures = held(trail), counted(trail)

    result = trail.collect_one(options=CollectOptions(overwrite=True))

    assert (held(trail), counted(trail)) == (before, figures)
    assert (result.rows, result.folded, result.replaced) == (3, 1, 3)


def test_a_broken_copy_leaves_what_it_had_folded(trail: Project) -> None:
    """Its last whole version still stands in for the first file."""
    trail.write("a.json", events("1"))
    trail.write("b.json", events("1"))
    trail.collect_one()
    trail.write("b.json", events("1")[:-10])
    trail.collect_one()

    trail.write("a.json", events("9"))
    trail.collect_one()

    assert held(trail) == [("1", "b.json"), ("9", "a.json")]


def test_folding_outlives_the_ledgers_bases(trail: Project) -> None:
    """Copies are remembered when the state is written down whole."""
    trail.write("a.json", events("1"))
    trail.write("b.json", events("1"))
    trail.collect_one()
    write_base(trail.lake, trail.lake.stream("aws_cloudtrail_log", "c"), ledger(trail))

    trail.write("a.json", events("2"))
    trail.collect_one()

    assert held(trail) == [("1", "b.json"), ("2", "a.json")]


def test_merged_copies_take_the_place_of_the_first_ones(trail: Project) -> None:
    """As they would have before: the oldest that counts, and none of a file that was read anew."""
    trail.write("a.json", events("1", "2"))
    trail.collect_one()
    for name in ("d", "c", "b"):
        trail.write(f"{name}.json", events("1", "2"))
        trail.collect_one()
    trail.write("d.json", events("2", "3"))
    trail.collect_one()
    merge(trail)

    trail.write("a.json", events("4"))
    trail.collect_one()

    assert held(trail) == [("1", "c.json"), ("2", "c.json"), ("3", "d.json"), ("4", "a.json")]
    assert counted(trail) == {"a.json": (1, 0), "b.json": (0, 2), "c.json": (2, 0), "d.json": (1, 1)}
    trail.write("c.json", events("5"))
    trail.collect_one()
    assert held(trail) == [("1", "b.json"), ("2", "b.json"), ("3", "d.json"), ("4", "a.json"), ("5", "c.json")]


def merge(project: Project) -> None:
    """Write the state down whole, with its copies merged."""
    key = ("aws_cloudtrail_log", "c")
    with connect(threads=1) as connection:
        merged = merge_copies(connection, project.lake, *key, ledger(project))
    assert len(merged.copies) == 1
    write_base(project.lake, project.lake.stream(*key), merged)


def test_what_a_crash_left_of_folded_rows_is_swept(trail: Project) -> None:
    """A file of copies that no commit knows of goes with the next run; the others stay."""
    trail.write("a.json", events("1", "1"))
    trail.collect_one()
    folder: Path = trail.stored("aws_cloudtrail_log") / "_tailpipe" / "folded" / "c"
    (kept,) = folder.iterdir()
    (folder / "orphan.rows").write_bytes(b"torn")

    trail.collect_one()

    assert list(folder.iterdir()) == [kept]


def test_many_copies_of_several_days_are_folded(trail: Project) -> None:
    """Each day for itself, in few statements whatever their number."""
    for day in (1, 2, 3):
        names = [f"{day}-{n}" for n in range(2000)]
        trail.write(f"{day}.json", events(*names, day=day))
        trail.write(f"{day}again.json", events(*reversed(names), day=day))

    result = trail.collect_one()

    assert (result.rows, result.folded) == (6000, 6000)
    assert result.days == {date(2024, 2, day): 2000 for day in (1, 2, 3)}
    assert trail.one("select count(distinct tp_id) from aws_cloudtrail_log") == 6000


FAR = """
credential "aws" "store" {
  access_key       = "test"
  secret_key       = "test"
  region           = "us-east-1"
  endpoint_url     = "URL"
  force_path_style = true
}

destination "parquet" "far" {
  path       = "s3://BUCKET/lake"
  credential = credential.aws.store
}
"""


@pytest.mark.service
def test_a_lake_in_s3_folds_and_restores_too(project: Project, s3_endpoint: S3Endpoint) -> None:
    """What is kept aside lies beside the ledger there as well."""
    far = FAR.replace("URL", s3_endpoint.url).replace("BUCKET", s3_endpoint.bucket())
    project.configure(far + COLLECTION.replace("logs\n", "logs\n  destination = destination.parquet.far\n"))
    project.write("a.json", events("1", "2"))
    project.write("b.json", events("1", "3"))

    first = project.collect_one()
    project.write("a.json", events("2"))
    second = project.collect_one()

    assert (first.rows, first.folded) == (3, 1)
    assert (second.rows, second.replaced) == (2, 2)
    lake = open_lake(project.plans()[0].collection.destination)
    assert counted(project, lake) == {"a.json": (1, 0), "b.json": (2, 0)}
