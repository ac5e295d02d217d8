"""Values, times and files that nobody expects: each has a documented result, and nothing is lost."""

from __future__ import annotations

import gzip
import os
import re
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.rows import MANY
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.lake.delta import active_files, open_table

if TYPE_CHECKING:
    from tests.services.project import Project

NOON = "2024-02-07T12:00:00Z"
HCL = """
collection "custom" "odd" {
  table_name = "events"
  source = source.file.logs
  format = "^(?P<at>[^\\t]*)\\t(?P<owner>[^\\t]*)\\t(?P<word>.*)$"
  timestamp = "at"
  tp_index = "owner"
  %s
}
"""
KEPT = [
    "../../x",
    "a=b/c",
    "é",
    "🦊",
    "100%",
    "'; DROP TABLE x; --",
    ".",
    "..",
    " ",
    "tp_index=x",
    "a\\b",
    "x" * 240,
    "A",
    "a",
]
REFUSED = ["x" * 300, "🦊" * 25, "__HIVE_DEFAULT_PARTITION__"]


def configured(project: Project, more: str = "") -> Project:
    """A collection of lines of a time, an owner to index by, and a word."""
    project.configure(HCL % more)
    return project


def test_index_values_of_any_kind_are_kept_or_set_aside(project: Project) -> None:
    """None leaves its folder; empty is `default`; what no folder can be called is rejected with the reason."""
    configured(project).write("a.log", "".join(f"{NOON}\t{each}\tw\n" for each in [*KEPT, "", *REFUSED]))

    result = project.collect_one()

    assert (result.rows, result.rejected) == (len(KEPT) + 1, len(REFUSED))
    assert {row[0] for row in project.ask("select tp_index from events")} == {*KEPT, "default"}
    assert {row[0] for row in project.ask("select owner from events where tp_index = 'A'")} == {"A"}
    assert project.ask("select distinct reason from tailpipe_rejected") == [
        ("its index value cannot be a folder's name",)
    ]
    assert {each.name for each in project.folder.iterdir()} <= {"lake", "logs", "home", "tailpipe.hcl"}
    assert project.collect_one().rows == 0


def test_times_of_any_kind_are_kept_or_set_aside(project: Project) -> None:
    """1970 and 2199 are days like others; no time, an unreadable one and one before 1970 are set aside."""
    good = ["1970-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "9999-12-31T00:00:00Z"]
    times = [*good, "", "soon", "1969-12-31T23:59:59Z"]
    configured(project).write("a.log", "".join(f"{each}\tme\tw\n" for each in times))

    result = project.collect_one()

    assert (result.rows, result.rejected) == (3, 3)
    assert project.ask("select tp_year, tp_month, tp_day from events order by all") == [
        (1970, 1, 1),
        (2199, 12, 31),
        (9999, 12, 31),
    ]
    reasons = sorted(row[0] for row in project.ask("select reason from tailpipe_rejected"))
    assert [reason.split(":")[0] for reason in reasons] == [
        "it has no time",
        "its time cannot be read",
        "its time is out of range",
    ]


@pytest.mark.parametrize("condition", ["", "word <> 'w3'", "word <> 'w3' and cast(owner[2:] as int) % 10 <> 9 "])
def test_many_index_values_in_one_batch_are_what_few_are(project: Project, condition: str) -> None:
    """Written at once: the same rows, in a file a slot with its bounds, counted the same by artifact."""
    more = f'filter {{\n    where = "{condition}"\n  }}' if condition else ""
    count = 3 * MANY
    lines = [f"{NOON}\tu{number}\tw{number % 7}\n" for number in range(count)]
    broken = f"{NOON}\tux\tw1\n"
    configured(project, more)
    project.write("a.log", "".join([*lines[:MANY], broken]))
    project.write("b.log", "".join([*lines[MANY:], "no line\n"]))

    result = project.collect_one()

    fails = "cast" in condition
    kept = {
        f"u{number}"
        for number in range(count)
        if not condition or (number % 7 != 3 and not (fails and number % 10 == 9))
    } | (set() if fails else {"ux"})
    assert {row[0] for row in project.ask("select tp_index from events where owner = tp_index")} == kept
    assert project.one("select count(*) from events") == len(kept) == result.rows == result.files
    assert (result.rejected, result.filtered) == (1 + fails, count + 1 - len(kept) - fails)
    table = open_table(project.lake, "events")
    assert table is not None
    assert len(active_files(table)) == len(kept)
    actions = table.get_add_actions(flatten=True)
    assert {str(each)[:10] for each in actions["min.tp_timestamp"].to_pylist()} == {"2024-02-07"}
    assert {each.rsplit("/", 1)[-1] for each in actions["max.tp_source_location"].to_pylist()} == {"a.log", "b.log"}
    assert not [*project.stored("events").rglob("*.tmp")]
    assert project.collect_one().rows == 0


@pytest.mark.slow
def test_ten_thousand_index_values_in_one_batch(project: Project) -> None:
    """Take one statement, and none is lost."""
    lines = (f"{NOON}\tu{number}\tw\n" for number in range(10_000))
    configured(project).write("a.log", "".join(lines))

    result = project.collect_one()

    assert (result.rows, result.files) == (10_000, 10_000)
    assert project.one("select count(distinct tp_index) from events where owner = tp_index") == 10_000


@pytest.mark.slow
def test_a_bomb_is_set_aside_with_the_limit(project: Project) -> None:
    """The file is quarantined, the reason names the limit, and other files come in."""
    configured(project)
    line = f"{NOON}\tme\t{'a' * 100_000}\n".encode()
    with gzip.open(project.logs / "bomb.log.gz", "wb") as file:
        for _ in range(2000):
            file.write(line * 5)
    project.write("good.log", f"{NOON}\tme\tw\n")

    result = project.collect_one()

    assert result.rows == 1
    (fault,) = result.faults
    assert (fault.status, fault.location) == ("quarantined", str(project.logs / "bomb.log.gz"))
    assert "200 times its size" in fault.reason
    assert project.collect_one().rows == 0


def test_links_and_what_is_no_file_are_left_alone(project: Project) -> None:
    """Loops end, links that lead out are not followed, and pipes and devices are not opened."""
    configured(project).write("day/good.log", f"{NOON}\tme\tw\n")
    secret = project.folder / "secret.log"
    secret.write_text(f"{NOON}\tme\tsecret\n")
    logs = project.logs
    (logs / "day" / "up").symlink_to(logs)
    (logs / "self.log").symlink_to(logs / "self.log")
    (logs / "out.log").symlink_to(secret)
    (logs / "outside").symlink_to(project.folder)
    (logs / "gone.log").symlink_to(logs / "nowhere.log")
    (logs / "device.log").symlink_to("/dev/zero")
    os.mkfifo(logs / "pipe.log")
    (logs / "to-pipe.log").symlink_to(logs / "pipe.log")

    result = project.collect_one()

    assert (result.artifacts, result.rows, result.faults) == (1, 1, ())
    assert project.ask("select word from events") == [("w",)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../x", "is not a label; use letters"),
        ("a=b/c", "is not a label; use letters"),
        ("🦊", "is not a label; use letters"),
        ("", "is not a label; use letters"),
        ("x" * 300, "is too long for a label; use 100 letters at most"),
        ("__HIVE_DEFAULT_PARTITION__", "cannot be a label: to readers of hive folders it means no value"),
    ],
)
def test_collections_that_no_folder_can_be_called_are_refused(project: Project, name: str, words: str) -> None:
    """With file and line, before anything is read; the table's name alike."""
    configured(project)
    text = (project.folder / "tailpipe.hcl").read_text()
    for place in ('"odd"', '"events"'):
        (project.folder / "tailpipe.hcl").write_text(text.replace(place, f'"{name}"'))
        expected = words if place == '"odd"' else words.replace("label", "name")

        with pytest.raises(ConfigError, match=rf"tailpipe\.hcl:\d+: .*{re.escape(expected)}"):
            project.plans()

    assert not project.lake.store.scratch.exists()


def test_the_longest_names_work(project: Project) -> None:
    """A table and a collection of a hundred letters each."""
    configured(project).write("a.log", f"{NOON}\tme\tw\n")
    text = (project.folder / "tailpipe.hcl").read_text()
    (project.folder / "tailpipe.hcl").write_text(
        text.replace('"odd"', f'"{"c" * 100}"').replace('"events"', f'"{"t" * 100}"')
    )

    assert project.collect_one().rows == 1
    assert project.one(f"select count(*) from {'t' * 100}") == 1
