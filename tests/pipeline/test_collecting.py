"""Collecting, step by step: filters, indexes, places, ids, and doing it twice."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_assets.pipeline import CollectOptions
from tailpipe_assets.pipeline.rows import MANY
from tailpipe_resources.model.window import Window
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = """
collection "custom" "c" {
  source     = source.file.logs
  table_name = "t"
  format     = `(?P<time>\\S+) (?P<n>\\S+)`
}
"""


def events(*events: dict[str, Any]) -> str:
    """A CloudTrail object."""
    base = {"eventTime": "2024-02-07T13:00:00Z", "recipientAccountId": "1"}
    return json.dumps({"Records": [{"eventID": str(n), **base, **each} for n, each in enumerate(events)]})


def trail(*filters: str, more: str = "") -> str:
    """A collection of events that pass filters."""
    blocks = "".join(f"  filter {{\n    where = `{each}`\n  }}\n" for each in filters)
    return f'collection "aws_cloudtrail_log" "c" {{\n  source = source.file.logs\n{more}{blocks}}}\n'


def test_filters_are_anded_and_null_is_no(project: Project) -> None:
    """A row must pass every one; what is not known to be true is left out, counted and never stored."""
    project.configure(trail("event_name <> 'b'", "event_name < 'd' or false -- a comment"))
    project.write("x.json", events(*({"eventName": name} for name in ("a", "b", "c", "d", None))))

    result = project.collect_one()

    assert (result.records, result.rows, result.filtered, result.rejected) == (5, 2, 3, 0)
    assert project.ask("select event_name from aws_cloudtrail_log order by 1") == [("a",), ("c",)]


def test_filters_see_all_columns(project: Project) -> None:
    """Structs, common ones, and those of the path."""
    project.configure(
        trail(
            "user_identity.type = 'Root' and tp_index = '1' and tp_partition = 'c' and tp_date = DATE '2024-02-07' "
            "and tp_source_type = 'file' and request_parameters ->> 'k' = 'v' and tp_id is not null"
        )
    )
    project.write("x.json", events({"userIdentity": {"type": "Root"}, "requestParameters": {"k": "v"}}, {}))

    assert (project.collect_one().rows, project.collect_one().rows) == (1, 0)


@pytest.mark.parametrize("days", [1, MANY + 1], ids=["few files", "many files"])
def test_what_is_one_text_in_all_rows_is_stored_as_text(project: Project, days: int) -> None:
    """Readers of the files see the table's name and the source's type like any other text, with their bounds."""
    project.configure(trail())
    start = datetime(2024, 2, 7, tzinfo=UTC)
    times = ((start + timedelta(days=day)).isoformat() for day in range(days))
    project.write("x.json", events(*({"eventTime": time} for time in times)))

    assert project.collect_one().rows == days

    files = list(project.stored("aws_cloudtrail_log").rglob("*.parquet"))
    assert len(files) == days
    for file in map(pq.ParquetFile, files):
        group = file.metadata.row_group(0)
        places = {group.column(number).path_in_schema: number for number in range(group.num_columns)}
        for name, text in (("tp_table", "aws_cloudtrail_log"), ("tp_source_type", "file")):
            found = group.column(places[name]).statistics
            assert file.schema_arrow.field(name).type == pa.string()
            assert (found.min, found.max, found.null_count) == (text, text, 0)
            assert file.read([name])[name].to_pylist() == [text] * file.metadata.num_rows


def test_a_filter_that_fails_on_one_value_rejects_that_record(project: Project) -> None:
    """The others go where they belong."""
    project.configure(trail("CAST(event_name AS INTEGER) > 3", "aws_region = 'here'"))
    project.write(
        "x.json",
        events(
            {"eventName": "5", "awsRegion": "here"},
            {"eventName": "many", "awsRegion": "here"},
            {"eventName": "1", "awsRegion": "here"},
            {"eventName": "5", "awsRegion": "there"},
            {"eventName": None, "awsRegion": "here"},
        ),
    )

    result = project.collect_one()

    assert (result.rows, result.filtered, result.rejected) == (1, 3, 1)
    assert project.ask("select position, reason from tailpipe_rejected") == [
        (1, "a filter of the collection fails on it")
    ]


@pytest.mark.parametrize(
    "filters",
    [
        ("event_name <> 'skip'", "CAST(event_name AS INTEGER) > 3"),
        ("CAST(event_name AS INTEGER) > 3", "event_name <> 'skip'"),
        ("event_name <> 'skip' and CAST(event_name AS INTEGER) > 3",),
        ("(CAST(event_name AS INTEGER) > 3) AND (event_name <> 'skip' or null) -- é",),
        ("/* é */ aws_region = 'é' or (event_name <> 'skip' and CAST(event_name AS INTEGER) > 3)",),
    ],
)
def test_what_a_filter_leaves_out_is_not_rejected_whatever_its_neighbours_are(
    project: Project, filters: Sequence[str]
) -> None:
    """A record is rejected when filters fail on it and none says no; what it lies beside changes nothing."""
    project.configure(trail(*filters))
    names = ["skip", "many", "5", "1", None]
    alone = []
    for number, name in enumerate(names):
        project.write(f"{number}.json", events({"eventName": name, "eventID": name}))
        alone.append(project.collect_one())

    shutil.rmtree(project.folder / "lake")
    together = project.collect_one()

    assert [(each.rows, each.filtered, each.rejected) for each in alone] == [
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 0),
        (0, 1, 0),
        (0, 1, 0),
    ]
    assert (together.rows, together.filtered, together.rejected) == (1, 3, 1)
    assert project.ask("select record ->> 'eventName' from tailpipe_rejected") == [("many",)]


def test_another_index_can_be_chosen(project: Project) -> None:
    """Whatever its values are, each is one folder; nothing is lost."""
    values = ["a/b", "..", "../../x", "a b", "é", "%", "'", None, "", "x" * 240]
    project.configure(trail(more='  tp_index = "event_name"\n'))
    project.write(
        "x.json", events(*({"eventName": each} for each in (*values, "__HIVE_DEFAULT_PARTITION__", "é" * 50)))
    )

    result = project.collect_one()

    expected = Counter(each or "default" for each in values)
    assert dict(project.ask("select tp_index, count(*) from aws_cloudtrail_log group by all")) == expected
    assert result.indexes == expected
    assert project.ask("select position, reason from tailpipe_rejected order by 1") == [
        (10, "its index value cannot be a folder's name"),
        (11, "its index value cannot be a folder's name"),
    ]
    assert {each.name for each in project.folder.iterdir()} == {"home", "logs", "lake", "tailpipe.hcl"}


def test_a_row_says_where_it_is_from(project: Project) -> None:
    """A line's offset leads to that line; a record's number to that record."""
    project.configure(LINES)
    text = "2024-02-07 é\r\n\n2024-02-08 two\nnonsense\n2024-02-09 three"
    path = project.write("x.log", text)
    project.collect_one()

    rows = project.ask("select tp_source_location, tp_source_version, tp_source_offset, time, n, tp_source_type from t")

    for location, version, offset, time, n, kind in rows:
        assert (location, kind) == (str(path), "file")
        assert version.startswith(f"{len(text.encode()):x}-")
        assert path.read_bytes()[offset:].decode().splitlines()[0] == f"{time} {n}"
    assert project.ask("select position, record, artifact from tailpipe_rejected") == [(31, "nonsense", str(path))]


def test_ids_are_the_same_in_every_lake(project: Project) -> None:
    """They depend on what was collected and nothing else."""
    project.configure(LINES + trail().replace('"c"', '"d"'))
    project.write("x.log", "2024-02-07 a\n2024-02-07 a\n")
    project.write("x.json", events({}, {"recipientAccountId": "2"}))
    query = "select tp_id from t union all select tp_id from aws_cloudtrail_log order by 1"
    project.collect()
    first = project.ask(query)
    shutil.rmtree(project.folder / "lake")

    project.collect()

    assert project.ask(query) == first
    assert len(set(first)) == len(first) == 4


def test_a_window_selects_artifacts_not_rows(project: Project) -> None:
    """A dated file comes whole, with rows of other days; the rest is left for later."""
    for day in (6, 7, 8):
        project.write(f"2024-02-{day:02}.log", f"2024-02-{day:02}T23:59:59Z a\n2024-02-{day + 1:02}T00:00:01Z b\n")
    source = f'source "file" "days" {{\n  path = "{project.logs}"\n  file_layout = `%{{YEAR:year}}-%{{MONTHNUM:month}}-%{{MONTHDAY:day}}.log`\n}}\n'  # noqa: E501
    project.configure(
        source + LINES.replace("file.logs", "file.days").replace("table_name", 'lookback = "0"\n  table_name')
    )
    seventh = Window(datetime(2024, 2, 7, tzinfo=UTC), datetime(2024, 2, 8, tzinfo=UTC))

    (result,) = project.collect(window=seventh)

    assert {day.day: rows for day, rows in result.days.items()} == {7: 1, 8: 1}
    (again,) = project.collect(window=seventh, options=CollectOptions(overwrite=True))
    assert (again.artifacts, again.rows, again.replaced) == (1, 2, 2)
    (rest,) = project.collect()
    assert (rest.rows, rest.skipped) == (4, 1)
    assert project.one("select count(*) from t") == 6


@examples(max_examples=8)
@given(
    st.lists(
        st.tuples(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)), st.text("ab é\"'\\{}", min_size=1)),  # noqa: DTZ001
        max_size=12,
    ),
    st.integers(1, 4),
    st.booleans(),
)
def test_collecting_twice_is_collecting_once(records: list[tuple[datetime, str]], files: int, lines: bool) -> None:
    """Any records, however they are spread over files: exactly these rows, each once."""
    with TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.configure(trail())
        made: Sequence[dict[str, str]] = [
            {"eventTime": f"{time.isoformat()}Z", "eventID": str(n), "eventName": name}
            for n, (time, name) in enumerate(records)
        ]
        for number in range(files):
            mine = made[number::files]
            text = "\n".join(map(json.dumps, mine)) if lines else json.dumps({"Records": mine})
            project.write(f"{number}.json", text)
        expected = sorted((each["eventID"], each["eventName"]) for each in made)
        query = "select event_id, event_name from aws_cloudtrail_log order by all"

        first = project.collect_one()
        once = project.ask(query)
        second = project.collect_one()

        assert (first.rows, first.rejected) == (len(records), 0)
        assert once == expected
        assert (second.rows, project.ask(query)) == (0, expected)
