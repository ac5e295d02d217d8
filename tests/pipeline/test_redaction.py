"""Redaction: what is not to be seen is in no file of the lake, whatever way it could have come there."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import ConfigError

if TYPE_CHECKING:
    from tests.services.project import Project

KEY = "0123456789abcdef"
WHEN = "2024-02-07T12:00:00Z"
TRAIL = """
collection "aws_cloudtrail_log" "c" {
  source = source.file.logs
%s
}
"""
TABLE = """
table "t" {
  format = "jsonl"
  column "time" {}
%s
}
collection "t" "c" {
  source = source.file.logs
%s
}
"""


def redact(column: str, how: str, more: str = "") -> str:
    """A block of HCL."""
    secret = f'    secret = "{KEY}"\n' if how == "hash" else ""
    return f'  redact {{\n    column = "{column}"\n    how = "{how}"\n{secret}{more}  }}\n'


def digest(value: str, key: str = KEY) -> str:
    """What anybody who has the key finds for a value."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()


def event(**keys: Any) -> dict[str, Any]:
    """A CloudTrail record with no more than it needs."""
    return {"eventTime": WHEN, "eventID": "e", "recipientAccountId": "123456789012", **keys}


def collected(project: Project, hcl: str, *records: Any) -> None:
    """Collect records as JSON lines, or as CloudTrail's documents."""
    project.configure(hcl)
    is_trail = "cloudtrail" in hcl
    text = json.dumps({"Records": records}) if is_trail else "\n".join(map(json.dumps, records))
    project.write("x.json", text)
    project.collect_one()


def bytes_of(project: Project) -> bytes:
    """Everything the lake holds, its own files too; Parquet unpacked as text."""
    files = [each for each in (project.folder / "lake").rglob("*") if each.is_file()]
    rows = [
        str(project.ask(f"select * from read_parquet('{each}', hive_partitioning = false)")).encode()
        for each in files
        if each.suffix == ".parquet" and "_delta_log" not in each.parts
    ]
    return b"".join([*rows, *(each.read_bytes() for each in files)])


def problems(project: Project, hcl: str) -> list[str]:
    """What planning says of a configuration, without the paths."""
    project.configure(hcl)
    with pytest.raises(ConfigError) as caught:
        project.plans()
    return [each.message for each in caught.value.problems]


def test_values_are_dropped_masked_or_hashed(project: Project) -> None:
    """Nothing stays nothing; the digest is HMAC-SHA-256, which any tool can make again."""
    columns = '  column "a" {}\n  column "b" {}\n  column "n" {\n    type = "INTEGER"\n  }\n'
    rules = redact("a", "mask") + redact("b", "hash") + redact("n", "drop")

    collected(
        project,
        TABLE % (columns, rules),
        {"time": WHEN, "a": "x", "b": "bob", "n": 1},
        {"time": WHEN, "b": "é"},
        {"time": WHEN, "b": "bob"},
    )

    assert project.ask("select a, b, n from t order by tp_source_offset") == [
        ("***", digest("bob"), None),
        (None, digest("é"), None),
        (None, digest("bob"), None),
    ]


def test_what_is_made_of_a_redacted_column_is_made_of_what_is_stored(project: Project) -> None:
    """Common columns hold no more than the columns they come from; no file of the lake holds the value."""
    identity = {"type": "IAMUser", "userName": "bobby", "accessKeyId": "AKIAX", "arn": "arn:aws:iam::1:user/bobby"}
    rules = redact("user_identity.user_name", "hash") + redact("user_identity.arn", "mask")
    rules += redact("source_ip_address", "hash")

    collected(project, TRAIL % rules, event(userIdentity=identity, sourceIPAddress="203.0.113.77"), event(eventID="f"))

    address = digest("203.0.113.77")
    assert project.ask(
        "select user_identity.user_name, user_identity.arn, user_identity.type, tp_usernames, source_ip_address, "
        "tp_source_ip, tp_ips from aws_cloudtrail_log order by tp_source_offset"
    ) == [
        (digest("bobby"), "***", "IAMUser", ["AKIAX", digest("bobby")], address, address, [address]),
        (None, None, None, None, None, None, None),
    ]
    held = bytes_of(project)
    assert [word for word in (b"bobby", b"203.0.113.77", KEY.encode()) if word in held] == []
    assert b"AKIAX" in held


def test_keys_of_json_are_reached_by_paths(project: Project) -> None:
    """Deep ones too; a list on the way goes as a whole, and what is beside stays."""
    rules = redact("request_parameters.password", "mask") + redact("request_parameters.a.b", "drop")
    rules += redact("response_elements.n", "hash") + redact("additional_event_data", "mask")

    collected(
        project,
        TRAIL % rules,
        event(
            requestParameters={"password": "x", "a": {"b": 1, "c": 2}},
            responseElements={"n": 7},
            additionalEventData={"k": "v"},
        ),
        event(eventID="2", requestParameters={"password": None, "a": [{"b": "secret"}], "c": [1]}),
        event(eventID="3", requestParameters={"a": 1, "Password": "y"}, responseElements={}),
    )

    found = project.ask(
        "select request_parameters, response_elements, additional_event_data from aws_cloudtrail_log "
        "order by tp_source_offset"
    )
    assert [[None if each is None else json.loads(each) for each in row] for row in found] == [
        [{"password": "***", "a": {"c": 2}}, {"n": digest("7")}, "***"],
        [{"password": "***", "c": [1]}, None, None],
        [{"a": 1, "Password": "y"}, {}, None],
    ]


def test_json_within_text_hides_nothing(project: Project) -> None:
    """What looks like JSON goes as a whole where a path leads into it; other text stays."""
    rules = redact("request_parameters.password", "mask") + redact("response_elements.body.token", "hash")

    collected(
        project,
        TRAIL % rules,
        event(requestParameters='{"password": "x"}', responseElements={"body": ' [{"token": "x"}]', "n": 1}),
        event(eventID="2", requestParameters="plain", responseElements={"body": "plain", "n": 2}),
        event(eventID="3", requestParameters='"{\\"password\\": 1}"', responseElements={"body": {"token": None}}),
    )

    found = project.ask(
        "select request_parameters, response_elements from aws_cloudtrail_log order by tp_source_offset"
    )
    assert [[None if each is None else json.loads(each) for each in row] for row in found] == [
        [None, {"n": 1}],
        ["plain", {"body": "plain", "n": 2}],
        [None, {"body": {}}],
    ]


def test_lists_are_redacted_element_by_element(project: Project) -> None:
    """Of text, and of structs; common columns can be named themselves."""
    columns = '  column "tags" {\n    type = "VARCHAR[]"\n  }\n  column "tp_ips" {\n    source = "ips"\n'
    columns += '    type = "VARCHAR[]"\n  }\n'

    collected(
        project,
        TABLE % (columns, redact("tags", "hash") + redact("tp_ips", "mask")),
        {"time": WHEN, "tags": ["a", None], "ips": ["::1"]},
        {"time": WHEN},
    )

    assert project.ask("select tags, tp_ips from t order by tp_source_offset") == [
        ([digest("a"), None], ["***"]),
        (None, None),
    ]


def test_the_folder_of_an_index_tells_no_more_than_the_column(project: Project) -> None:
    """A redacted index is a digest in paths too, and the Delta log."""
    collected(project, TRAIL % redact("recipient_account_id", "hash"), event(recipientAccountId="987654321098"))

    assert project.ask("select tp_index, recipient_account_id from aws_cloudtrail_log") == [
        (digest("987654321098"), digest("987654321098"))
    ]
    names = [str(each) for each in (project.folder / "lake").rglob("*")]
    assert [each for each in names if "987654321098" in each] == []
    assert b"987654321098" not in bytes_of(project)


def test_an_index_can_be_redacted_by_itself(project: Project) -> None:
    """Dropped, it is the default one."""
    hcl = TABLE % ('  column "who" {}\n', redact("tp_index", "drop") + redact("who", "mask") + '  tp_index = "who"\n')

    collected(project, hcl, {"time": WHEN, "who": "bob"})

    assert project.ask("select tp_index, who from t") == [("default", "***")]


BAD_LINES = [
    '{"time": "not bobby", "a": "bobby"}',
    '{"time": "2024-02-07T12:00:00Z", "a": "bobby", "n": "bobby"}',
    "bobby",
    '{"time": "2024-02-07T12:00:00Z", "a": "1", "n": 1}',
]


@pytest.mark.parametrize("kept", [None, False, True])
def test_rejected_text_is_kept_only_when_asked_for(project: Project, kept: bool | None) -> None:
    """Without it, the reason and the place remain, and nothing else of the record."""
    more = "" if kept is None else f"  keep_rejected = {str(kept).lower()}\n"
    columns = '  column "a" {}\n  column "n" {\n    type = "INTEGER"\n  }\n'
    project.configure(TABLE % (columns, redact("a", "mask") + more))
    project.write("x.json", "\n".join(BAD_LINES).encode() + b"\n\xffbobby")

    result = project.collect_one()

    found = project.ask("select position is not null, reason, record from tailpipe_rejected order by position")
    reasons = ["its time cannot be read", "n is no INTEGER", "the record is no valid JSON", "not UTF-8"]
    assert (result.rows, result.rejected) == (1, 4)
    assert [row[1].partition(":")[0] for row in found] == reasons
    assert all(row[0] for row in found)
    assert (b"bobby" in bytes_of(project)) is (kept is True)
    if not kept:
        assert found == [(True, reason, None) for reason in reasons]


def test_a_broken_artifact_is_named_without_its_text(project: Project) -> None:
    """In the ledger, in the rejects and in what the run says."""
    project.configure(TRAIL % redact("user_agent", "drop"))
    project.write("x.json", "bobby was here")

    result = project.collect_one()

    assert [each.reason for each in result.faults] == ["not JSON"]
    assert b"bobby" not in bytes_of(project)


def test_a_filter_that_fails_keeps_no_text(project: Project) -> None:
    """Filters see what is stored."""
    columns = '  column "a" {}\n  column "b" {}\n'
    more = redact("a", "mask") + "  filter {\n    where = \"a = '***' and cast(b as integer) > 0\"\n  }\n"

    collected(
        project, TABLE % (columns, more), {"time": WHEN, "a": "x", "b": "1"}, {"time": WHEN, "a": "x", "b": "bobby"}
    )

    assert project.ask("select a, b from t") == [("***", "1")]
    assert project.ask("select reason, record from tailpipe_rejected") == [
        ("a filter of the collection fails on it", None)
    ]


def test_a_secret_of_the_environment_is_needed_when_it_is_used(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading needs none; collecting without one stops before anything is read. Long keys are hashed first."""
    rule = '  redact {\n    column = "a"\n    how = "hash"\n    secret = env("REDACTION_KEY")\n  }\n'
    project.configure(TABLE % ('  column "a" {}\n', rule))
    project.write("x.json", json.dumps({"time": WHEN, "a": "x"}))

    (failed,) = project.collect()
    monkeypatch.setenv("REDACTION_KEY", "")
    (empty,) = project.collect()
    monkeypatch.setenv("REDACTION_KEY", "k" * 100)
    project.collect_one()

    assert "the environment variable REDACTION_KEY is not set" in str(failed.failure)
    assert "is empty" in str(empty.failure)
    assert project.one("select a from t") == digest("x", "k" * 100)


def test_what_cannot_be_redacted_is_said_before_anything_is_read(project: Project) -> None:
    """All of it at once, with the nearest name."""
    rules = [
        redact("user_agnt", "drop"),
        redact("user_identity.user_nam", "mask"),
        redact("user_agent.x", "drop"),
        redact("read_only", "mask"),
        redact("tp_id", "drop"),
        redact("event_time", "hash"),
    ]

    assert problems(project, TRAIL % "".join(rules)) == [
        'redact: there is no column "user_agnt"; did you mean "user_agent"?',
        'redact: "user_identity.user_nam": there is no field "user_nam"; did you mean "user_name"?',
        'redact: "user_agent.x": what holds "x" is VARCHAR, which has no fields',
        'redact: "read_only" is BOOLEAN; only text can be stored as mask; how = "drop" leaves it out',
        'redact: there is no column "tp_id"; did you mean "tp_index"?',
        'redact: "event_time" is TIMESTAMP WITH TIME ZONE; only text can be stored as hash; how = "drop" leaves it out',
    ]


def test_the_same_field_is_not_forgotten_elsewhere(project: Project) -> None:
    """A common column, another column and an expression that hold it must be redacted too."""
    columns = '  column "client" {}\n  column "tp_source_ip" {\n    source = "client"\n  }\n'
    columns += '  column "upper" {\n    transform = "upper(client)"\n  }\n  column "other" {}\n'

    found = problems(project, TABLE % (columns, redact("client", "hash")))

    assert found == [
        f'redact: column "{name}" is made of the same field, "client"; redact it too, or take it out'
        for name in ("tp_source_ip", "upper")
    ]


def test_nothing_is_made_of_the_whole_record(project: Project) -> None:
    """Its text and all of it at once hold what is redacted, whatever they are called inside."""
    columns = '  column "a" {}\n  column "b" {\n    source = "tp_raw"\n  }\n'
    columns += "".join(
        f'  column "{name}" {{\n    transform = "{made}"\n  }}\n'
        for name, made in {"c": "raw", "d": "upper(r.a)", "e": "tp_raw", "f": "tp_record"}.items()
    )

    found = problems(project, TABLE % (columns, redact("a", "mask")))

    assert [each.partition(";")[0] for each in found[:4]] == [
        'column "c": there is no field "raw"',
        'column "d": Referenced table "r" not found!',
        'column "e": there is no field "tp_raw"',
        'column "f": there is no field "tp_record"',
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ('column = "a"\n how = "encrypt"', "\"how\" must be 'drop', 'mask' or 'hash'"),
        ('column = "a"\n how = "hash"', 'how = "hash" needs "secret"'),
        ('column = "a"\n how = "mask"\n secret = "x"', '"secret" is for how = "hash", not "mask"'),
        ('column = "a..b"\n how = "mask"', '"column" "a..b" is no column and fields after dots'),
        ('how = "mask"', 'redact needs "column"'),
        ('column = "a"\n how = "mask"\n colum = "b"', 'redact has no attribute "colum"; did you mean "column"?'),
    ],
)
def test_blocks_say_what_they_need(project: Project, block: str, message: str) -> None:
    """Where it is written."""
    found = problems(project, TABLE % ('  column "a" {}\n', f"  redact {{\n {block}\n  }}\n"))

    assert [each for each in found if message in each], found


def test_a_column_is_redacted_once(project: Project) -> None:
    """The second block is named."""
    found = problems(project, TABLE % ('  column "a" {}\n', redact("a", "mask") + redact("a", "drop")))

    assert [each.partition(";")[0] for each in found] == ['"a" is redacted twice']
