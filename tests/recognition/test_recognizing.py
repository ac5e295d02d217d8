"""What `try` proposes is collected and asked: every record it says fits is a row, whatever the log is."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailpipe_assets.recognition.known import tables
from tailpipe_assets.recognition.recognize import Recognized, recognize
from tests.recognition.conftest import collected
from tests.services.project import Project, shared_data

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(tables())
LOG4J = """\
2024-02-07 12:00:00,123 [main] INFO  com.example.App - started, all is well
2024-02-07 12:00:01,456 [pool-1] ERROR com.example.Db - lost
java.lang.IllegalStateException: lost
\tat com.example.Db.ask(Db.java:42)
2024-02-07 12:00:02,789 [main] WARN  com.example.App - again
"""
EVENTS = [{"at": "2024-02-07T12:00:00Z", "who": {"name": "ada"}, "count": 1, "ok": True}] * 3
CEF = "Feb  7 12:00:00 fw CEF:0|Acme|Wall|1.0|100|worm stopped|10|rt=1707307200000 src=203.0.113.9 spt=4242\n"
W3C = """\
#Software: Microsoft Internet Information Services 10.0
#Fields: date time c-ip sc-status
2024-02-07 12:00:00 203.0.113.9 200
2024-02-07 12:00:01 203.0.113.9 404
"""
CLOUDFRONT = """\
#Version: 1.0
#Fields: date time x-edge-location sc-bytes c-ip cs(User-Agent)
2024-02-07\t12:00:00\tFRA6\t1045\t203.0.113.9\tMozilla/5.0%20(X11)
2024-02-07\t12:00:01\tFRA6\t88\t2001:db8::9\tcurl/8
"""
LOGFMT = """\
ts=2024-02-07T12:00:00Z level=info msg="user logged in" took=1.25
ts=2024-02-07T12:00:01Z level=warn msg=slow took=9.5
"""
PLAIN = "2024/02/07 12:00:00 error: failed\n" * 3
NANO = '{"ts": 1707307200123456789, "lvl": 1}\n'


def only(found: Recognized) -> tuple[str, int, int]:
    """Table, rows and rejects of a single proposal."""
    (proposal,) = found.proposals
    return proposal.table, proposal.tried.records - len(proposal.tried.misfits), len(proposal.tried.misfits)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("table", NAMES)
def test_a_table_is_known_by_its_log(table: str, packed: bool, project: Project) -> None:
    """The sample of each table is recognized as that table, and what is proposed collects it whole."""
    sample = tables()[table].sample
    name = {"apache_access_log": "apache.log", "nginx_access_log": "nginx.log"}.get(table, "sample.log")
    project.write(name + (".gz" if packed else ""), gzip.compress(sample) if packed else sample)

    found = recognize(str(project.logs))

    assert only(found)[0] == table
    assert only(found)[2] == 0
    assert collected(project, found) == {table: only(found)[1]}


@pytest.mark.parametrize(
    ("folder", "table"),
    [("cloudtrail", "aws_cloudtrail_log"), ("stratus", "aws_cloudtrail_log"), ("access", "apache_access_log")],
)
def test_real_logs_are_known(folder: str, table: str, project: Project) -> None:
    """Logs that nobody here wrote are recognized, and collected without a reject."""
    found = recognize(str(shared_data(folder)))

    assert only(found)[0] == table
    assert only(found)[2] == 0
    assert collected(project, found)[table] >= only(found)[1]


@pytest.mark.parametrize(
    ("name", "content", "rows", "what", "types"),
    [
        (
            "doors.csv",
            "When,User Name,seconds,ok\n2024-02-07T12:00:00Z,ada,12,true\n2024-02-07T12:01:00Z,bob,-,false\n",
            2,
            "comma-separated text, a header names the columns",
            {"When": "TIMESTAMP WITH TIME ZONE", "user_name": "VARCHAR", "seconds": "BIGINT", "ok": "BOOLEAN"},
        ),
        (
            "doors.tsv",
            "2024-02-07 12:00:00\tada\t1.5\n2024-02-07 12:00:01\tbob\t2\n",
            2,
            "tab-separated text without a header",
            {"column_1": "TIMESTAMP WITH TIME ZONE", "column_2": "VARCHAR", "column_3": "DOUBLE"},
        ),
        (
            "iis.log",
            W3C,
            2,
            "delimited text, a comment names the columns",
            {"c_ip": "VARCHAR", "sc_status": "BIGINT"},
        ),
        (
            "E123.2024-02-07-12.abcd.log",
            CLOUDFRONT,
            2,
            "delimited text, a comment names the columns",
            {"c_ip": "VARCHAR", "sc_bytes": "BIGINT", "cs_user_agent": "VARCHAR", "time": "VARCHAR"},
        ),
        (
            "service.log",
            LOGFMT,
            2,
            "name=value pairs (logfmt)",
            {"ts": "TIMESTAMP WITH TIME ZONE", "msg": "VARCHAR", "took": "DOUBLE"},
        ),
        ("wall.log", CEF * 3, 3, "CEF events", {"device_product": "VARCHAR", "src": "VARCHAR", "spt": "BIGINT"}),
        (
            "export.json",
            json.dumps({"warnings": [{"a": 1}], "data": {"items": EVENTS}, "next": None}),
            3,
            "JSON documents, records under data.items",
            {"at": "TIMESTAMP WITH TIME ZONE", "who": "JSON", "count": "BIGINT", "ok": "BOOLEAN"},
        ),
        (
            "events.json",
            json.dumps(EVENTS, indent=2),
            3,
            "JSON documents, an array of records",
            {"at": "TIMESTAMP WITH TIME ZONE", "ok": "BOOLEAN"},
        ),
        (
            "one.json",
            json.dumps({**EVENTS[0], "parts": []}, indent=2),
            1,
            "one JSON object a file",
            {"at": "TIMESTAMP WITH TIME ZONE", "ok": "BOOLEAN"},
        ),
        (
            "nested.jsonl",
            '{"meta": {"time": "2024-02-07T12:00:00Z"}, "tp_x": 1, "ID": 1, "id": "b"}\n' * 2,
            2,
            "JSON lines",
            {"meta": "JSON", "log_tp_x": "BIGINT", "ID": "BIGINT"},
        ),
        ("nano.jsonl", NANO, 1, "JSON lines", {"ts": "VARCHAR", "lvl": "BIGINT"}),
        (
            "zeek.log",
            "#fields\tts\tid.orig_h\torig_bytes\n1707307200.123456\t203.0.113.9\t-\n1707307201.5\t203.0.113.9\t12\n",
            2,
            "delimited text, a comment names the columns",
            {"ts": "TIMESTAMP WITH TIME ZONE", "id_orig_h": "VARCHAR", "orig_bytes": "BIGINT"},
        ),
        (
            "fortigate.log",
            '<189>date=2024-02-07 time=12:00:00 action="deny"\n<190>date=2024-02-07 time=12:00:01 action="deny"\n',
            2,
            "name=value pairs (logfmt)",
            {"date": "VARCHAR", "action": "VARCHAR", "syslog_priority": "BIGINT"},
        ),
        (
            "app.log",
            "2024/02/07 12:00:00 error: failed\n2024/02/07 12:00:01 warn: slow\n",
            2,
            "lines of text: time, level, message",
            {"level": "VARCHAR", "message": "VARCHAR"},
        ),
        (
            "us.csv",
            "stamp;what\n02/07/2024 12:00:00;a\n02/17/2024 12:00:01;b\n",
            2,
            "text separated by ;, a header names the columns",
            {"stamp": "VARCHAR", "what": "VARCHAR"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and len(value) < 20 else "",
)
def test_a_log_nobody_knows_gets_a_table(
    name: str, content: str, rows: int, what: str, types: dict[str, str], project: Project
) -> None:
    """What is proposed for it collects every record, in columns of the types its values have."""
    project.write(name, content)

    found = recognize(str(project.logs))

    assert found.proposals[0].what == what
    assert only(found)[1:] == (rows, 0)
    assert found.proposals[0].tried.types.items() >= types.items()
    assert list(collected(project, found).values()) == [rows]


@pytest.mark.parametrize(
    ("days", "expected", "is_sure"),
    [
        (["25/12/2024", "26/12/2024"], "2024-12-25", True),
        (["02/12/2024"] * 150 + ["13/12/2024"] * 50, "2024-12-02", True),
        (["03/12/2024"] * 9 + ["13/12/2024"], "2024-12-03", True),
        (["12/13/2024", "12/02/2024"], "2024-12-02", True),
        (["02/12/2024", "03/12/2024"], "2024-02-12", False),
        (["02-12-2024", "03-12-2024"], "2024-12-02", False),
        (["02.12.2024", "03.12.2024"], "2024-12-02", True),
    ],
)
def test_the_layout_that_fits_most_times_is_proposed(
    days: list[str], expected: str, is_sure: bool, project: Project
) -> None:
    """Day or month first, as all values tell; where they do not tell, it is said that the other fits too."""
    project.write("app.log", "".join(f"{day} 10:00:00 INFO hi\n" for day in days))

    found = recognize(str(project.logs))
    (proposal,) = found.proposals
    collected(project, found)

    assert project.one(f"select min(tp_timestamp)::date::varchar from {proposal.table}") == expected
    assert project.one(f"select count(*) from {proposal.table}") == len(days)
    assert ("fits them all the same" in proposal.remark) is not is_sure


def test_lines_of_text_are_taken_apart_at_their_time(project: Project) -> None:
    """Time, level and message become columns, and lines of a stack trace are shown as what would be rejected."""
    project.write("app.log", LOG4J)

    found = recognize(str(project.logs))

    (proposal,) = found.proposals
    assert proposal.tried.rows[0]["level"] == "INFO"
    assert proposal.tried.rows[0]["message"] == "started, all is well"
    assert {each.reason for each in proposal.tried.misfits} == {"the line does not fit the format"}
    assert collected(project, found) == {"logs_log": 3}
    assert project.one("SELECT min(tp_timestamp)::VARCHAR FROM logs_log") == "2024-02-07 12:00:00.123+00"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(range(256)) * 20, "it is neither text nor Parquet"),
        (b"PK\x03\x04\x14\x00" + PLAIN.encode(), "it is a zip archive; unpack it, and try what is in it"),
        (b"a.log".ljust(257, b"\0") + b"ustar\0" * 50, "it is a tar archive; unpack it, and try what is in it"),
        (b"hello\nworld\n", "no line has a time in it that we know"),
        (b'{"name": "ada"}\n{"name": "bob"}\n', "it looks like JSON lines, and no field of its records tells the time"),
        (
            b'{\n  "name": "ada"\n}\n',
            "it looks like one JSON object a file, and no field of its records tells the time",
        ),
    ],
    ids=["binary", "zip", "tar", "no time", "no time field", "a single object"],
)
def test_what_nothing_fits_is_named_with_its_line(content: bytes, reason: str, project: Project) -> None:
    """Nothing is proposed, and the reason is said with the line that shows it."""
    file = project.write("thing", content)

    found = recognize(str(project.logs))

    (unknown,) = found.unknown
    assert found.proposals == ()
    assert (unknown.location, unknown.reason) == (str(file), reason)
    assert unknown.line


def test_an_empty_folder_proposes_nothing(project: Project) -> None:
    """Neither does it fail."""
    found = recognize(str(project.logs))

    assert (found.listing.count, found.proposals, found.unknown) == (0, (), ())


def test_each_of_several_logs_gets_its_own_source(project: Project) -> None:
    """Logs that lie side by side are told apart: each collection reads its own files and no others."""
    cloudtrail = tables()["aws_cloudtrail_log"].sample
    for number in range(3):
        project.write(f"trail/2024/02/0{number}/events{number}.json.gz", gzip.compress(cloudtrail))
        project.write(f"web/access-{number}.log", tables()["http_log"].sample)
        project.write(f"web/app{number}.log", LOG4J)
    project.write("web/core", bytes(range(256)) * 20)

    found = recognize(str(project.logs))

    rows = collected(project, found)
    assert rows == {"aws_cloudtrail_log": 2, "http_log": 9, "app_log": 9}
    assert [each.location for each in found.unknown] == [str(project.logs / "web" / "core")]
    assert project.one("SELECT count(*) FROM tailpipe_rejected WHERE artifact NOT LIKE '%/app_.log'") == 0


def test_parquet_is_read_by_its_own_types(project: Project) -> None:
    """A row of a Parquet file is a record, and what is nested in it stays JSON."""
    when = datetime(2024, 2, 7, 12, tzinfo=UTC)
    pq.write_table(pa.table({"when": [when] * 2, "n": [1, 2], "s": [{"a": 1}] * 2}), project.logs / "x.parquet")

    found = recognize(str(project.logs))

    assert found.proposals[0].what == "Parquet"
    assert collected(project, found) == {"logs_log": 2}
    assert project.one("SELECT min(tp_timestamp)::VARCHAR FROM logs_log") == "2024-02-07 12:00:00+00"


def test_a_document_that_is_cut_off_is_still_known(project: Project) -> None:
    """Of a large document of one line the records that were read are enough."""
    event = json.loads(tables()["aws_cloudtrail_log"].sample)["Records"][0]
    project.write("large.json", json.dumps({"Records": [{**event, "eventID": str(each)} for each in range(2000)]}))

    found = recognize(str(project.logs))

    assert only(found)[0] == "aws_cloudtrail_log"
    assert only(found)[2] == 0
    assert collected(project, found) == {"aws_cloudtrail_log": 2000}


def test_a_log_without_a_record_is_no_stranger(project: Project) -> None:
    """A document whose array is empty, as CloudTrail leaves them, is of the kind of the others."""
    project.write("0.json", b'{"Records": []}')
    project.write("1.json", tables()["aws_cloudtrail_log"].sample)

    found = recognize(str(project.logs))

    assert [each.table for each in found.proposals] == ["aws_cloudtrail_log"]
    assert found.unknown == ()


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a": ' * 100_000,
        'a,b,"' + "x,y\n" * 60_000,
        "#Fields: date time time\n2024-02-07 12:00:00 12:00:00\n",
        '{"": [{"": 1}], ".": [{"time": "2024-02-07T12:00:00Z"}]}',
        "a=1 " * 50_000,
        "\x1b[31m2024-02-07 12:00:00\x1b[0m red\n",
        "\ufeff\n\r\n",
        "PAR1",
        "\x1f\x8b\x08",
        "",
    ],
    ids=["brackets", "braces", "quote", "twice", "no key", "pairs", "colors", "mark", "parquet", "gzip", "nothing"],
)
def test_nonsense_is_taken_calmly(content: str, project: Project) -> None:
    """Whatever lies there, it is either named or proposed as something that can be collected."""
    project.write("thing", content.encode("latin-1") if content.startswith("\x1f") else content)

    found = recognize(str(project.logs))

    assert not (found.proposals and found.unknown)
    if found.proposals:
        assert sum(collected(project, found).values()) == only(found)[1]


def test_text_that_identifies_stays_text(project: Project) -> None:
    """Digits of an account may begin with a zero in another line, which a number would reject."""
    project.write("a.csv", "time,account_id,count\n2024-02-07T12:00:00Z,123456789012,1\n2024-02-07T12:00:01Z,9,2\n")

    types = recognize(str(project.logs)).proposals[0].tried.types

    assert (types["account_id"], types["count"]) == ("VARCHAR", "BIGINT")


def test_what_was_not_looked_at_is_said(project: Project) -> None:
    """Of more places than are looked at, where logs differ, those without a collection are named."""
    for number in range(40):
        letters = f"{chr(97 + number // 20)}{chr(97 + number % 20)}"
        project.write(f"{letters}/x.log", LOG4J if number % 2 else tables()["http_log"].sample)

    found = recognize(str(project.logs))

    assert found.looked_at == 20
    assert len(found.unseen) == 20
    assert sum(collected(project, found).values()) == 60


def test_nothing_outside_of_the_place_is_collected(tmp_path: Path) -> None:
    """A number in the path that was typed is no wildcard, as those below it may be."""
    for year in ("2023", "2024"):
        folder = tmp_path / year / "logs"
        folder.mkdir(parents=True)
        (folder / "app1.log").write_text(LOG4J)
        (folder / "web1.log").write_bytes(tables()["http_log"].sample)

    found = recognize(str(tmp_path / "2024" / "logs"))

    assert collected(Project(tmp_path), found) == {"app_log": 3, "http_log": 3}
    assert f'"{tmp_path}/2024/logs/app*.log"' in found.text


def test_an_ending_is_not_the_start_of_another(project: Project) -> None:
    """Files ending in `.jsonl` are not taken along with those in `.json`; packed and rotated ones are."""
    cloudtrail = tables()["aws_cloudtrail_log"].sample
    project.write("a.json", cloudtrail)
    project.write("b.json.gz", gzip.compress(cloudtrail))
    project.write("c.jsonl", NANO)
    project.write("d.jsonl.1", NANO)

    found = recognize(str(project.logs))

    assert collected(project, found) == {"aws_cloudtrail_log": 2, "c_log": 2}
    assert project.one("SELECT count(*) FROM tailpipe_rejected") == 0


def test_logs_of_one_kind_of_name_are_told_apart_by_their_names(project: Project) -> None:
    """Where numbers alone differ, and what is in the files, no pattern is proposed; others of the name are said."""
    project.write("web1/app.log", PLAIN)
    project.write("web2/app.log", tables()["http_log"].sample)

    found = recognize(str(project.logs))

    assert collected(project, found) == {"app_log": 3, "http_log": 3}
    assert project.one("select count(*) from tailpipe_rejected") == 0
    assert found.unseen == ()
    for number in range(3, 40):
        project.write(f"web{number}/app.log", PLAIN if number % 2 else tables()["http_log"].sample)
    (unseen,) = recognize(str(project.logs)).unseen
    assert unseen.endswith("/logs/web*/app.log")


@pytest.mark.parametrize("below", ["", "/s[1]"])
def test_names_that_look_like_patterns_are_what_they_are(below: str, project: Project) -> None:
    """Folders, files and endings, typed and found."""
    place = f"od?d [1] *{below}"
    project.write(f"{place}/x[1]/a.log", PLAIN)
    project.write(f"{place}/x[1]/b.jsonl", NANO)
    project.write(f"{place}/x[1]/c*", NANO)
    project.write("odd 1 x/s1/x1/a.log", PLAIN)

    assert collected(project, recognize(str(project.logs / place / "x[1]/a.log"))) == {"a_log": 3}
    found = recognize(str(project.logs / place))

    assert sum(collected(project, found).values()) == 5, found.text
    assert project.one("select count(*) from tailpipe_rejected") == 0
