"""Planning: everything wrong is found before anything is read, all of it at once, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailpipe_assets.pipeline import plan
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Problems

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, so that places read the same everywhere."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_wrong_is_said_at_once(here: Path) -> None:
    """To the letter."""
    (here / "x.hcl").write_text((GOLDEN / "mistakes.hcl").read_text())

    problems = Problems()

    plan(load(["x.hcl"], problems=problems), problems=problems)

    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    assert f"{caught.value}\n" == (GOLDEN / "mistakes.txt").read_text()


@pytest.mark.parametrize(
    "condition",
    [
        "true) or (true",
        "true union select true",
        "true group by all",
        "true order by 1",
        "true limit 1",
        "distinct true",
        "true as x",
        "true, true",
        "row_number() over () = 1",
        "event_name in (select 'x')",
        "event_name in (from read_text('/etc/hostname'))",
        "getenv('HOME') = ''",
        "*",
        "columns(*) = ''",
        "$1",
        "?",
        "",
        "-- nothing",
        "copy (select 1) to 'x'",
        "set threads = 1",
        "error('boom')",
        "regexp_matches(event_name, '(')",
        "user_identity.typ = 'x'",
        "user_identity = 'x'",
        "unnest([true])",
        "'text'",
    ],
)
def test_what_is_not_one_condition_over_the_row_is_refused(here: Path, condition: str) -> None:
    """Statements, queries, files, the environment, and what fails on a row of nothing."""
    (here / "x.hcl").write_text(
        'source "file" "logs" {\n  path = "."\n}\ncollection "aws_cloudtrail_log" "c" {\n  source = source.file.logs\n'
        f"  filter {{\n    where = `{condition}`\n  }}\n}}\n"
    )

    with pytest.raises(ConfigError, match=r"^x\.hcl:7: filter: "):
        plan(load(["x.hcl"]))


@pytest.mark.parametrize(
    "condition",
    [
        "event_name = 'a' -- why not",
        "user_identity.session_context.session_issuer.user_name is not null",
        "request_parameters ->> '$.bucketName' like 'x%'",
        "tp_date >= DATE '2024-02-07' and tp_index = '1'",
        "list_contains(tp_usernames, 'ada')",
        "len(list_filter(tp_ips, lambda ip: ip like '10.%')) > 0",
        "event_time > now() - INTERVAL 7 DAYS",
        "CAST(event_name AS INTEGER) > 3",
        "null",
    ],
)
def test_conditions_of_all_kinds_are_taken(here: Path, condition: str) -> None:
    """Whatever looks at one row."""
    (here / "x.hcl").write_text(
        'source "file" "logs" {\n  path = "."\n}\ncollection "aws_cloudtrail_log" "c" {\n  source = source.file.logs\n'
        f"  filter {{\n    where = `{condition}`\n  }}\n}}\n"
    )

    (ready,) = plan(load(["x.hcl"]))

    assert ready.filters == (condition,)


def test_collections_that_cut_bytes_alike_share_a_format(here: Path) -> None:
    """The same format with the same options is one object, so that one pass cuts an artifact once for all of them."""
    block = 'collection "{}" "{}" {{\n  source = source.file.logs\n{}}}\n'
    (here / "x.hcl").write_text(
        'source "file" "logs" {\n  path = "."\n}\n'
        + block.format("http_log", "a", '  format = "combined"\n')
        + block.format(
            "http_log", "b", '  format = "combined"\n  enabled = false\n  filter {\n    where = "true"\n  }\n'
        )
        + block.format("http_log", "c", '  format = "common"\n')
        + block.format("aws_cloudtrail_log", "d", "")
    )

    formats = [each.format for each in plan(load(["x.hcl"]))]

    assert formats[0] is formats[1]
    assert len({id(each) for each in formats}) == 3


def test_what_is_wrong_with_a_format_is_said_at_its_line_and_in_our_words(here: Path) -> None:
    """As of any other block: what the attribute must be, and what it is."""
    (here / "x.hcl").write_text(
        'format "syslog" "a" {\n  timezone = "UTC"\n  year     = "x"\n}\n'
        'source "file" "x" {\n  path = "."\n}\n'
        'collection "syslog" "a" {\n  source = source.file.x\n  format = format.syslog.a\n}\n'
    )
    problems = Problems()

    plan(load(["x.hcl"], problems=problems), problems=problems)

    assert [str(each) for each in problems] == ['x.hcl:3: format syslog "year" must be a whole number, not a string']
