"""JSON audit logs: a whole record of each vendor, column by column, and what does not fit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.one_table import OneTable
from tests.tables import records

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One table's record, and what it comes to."""

    name: str
    record: Record
    columns: Record
    common: Record
    time: str
    """The key its time is under."""

    number: str | None = None
    """A key that must be a number."""

    struct: str | None = None
    """A key that must be an object."""


CASES = [
    Case("aws_waf_traffic_log", *records.WAF, "timestamp", "responseCodeSent", "httpRequest"),
    Case("aws_guardduty_finding", *records.GUARDDUTY, "updatedAt", "severity"),
    Case("github_audit_log", *records.GITHUB, "@timestamp", "actor_id"),
    Case("okta_system_log", *records.OKTA, "published", None, "client"),
    Case("gcp_audit_log", *records.GCP, "timestamp", None, "protoPayload"),
    Case("azure_activity_log", *records.AZURE, "eventTimestamp", None, "httpRequest"),
    Case("slack_audit_log", *records.SLACK, "date_create", None, "actor"),
    Case("pipes_audit_log", *records.PIPES, "created_at"),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """One of the tables."""
    found: Case = request.param
    return found


def test_a_whole_record_fills_every_column(case: Case, tmp_path: Path) -> None:
    """Each by value, and none is left empty."""
    table = OneTable(case.name, tmp_path)

    row = table.row(json.dumps(case.record))

    assert row == case.columns
    assert list(row) == [each.name for each in table.table.columns]


def test_the_common_columns_are_filled(case: Case, tmp_path: Path) -> None:
    """Time, index, addresses, names and global ids."""
    found = OneTable(case.name, tmp_path).common(json.dumps(case.record))

    assert {key: sorted(value) if isinstance(value, list) else value for key, value in found.items()} == case.common


def test_a_record_of_little_more_than_a_time_is_a_row(case: Case, tmp_path: Path) -> None:
    """What is absent is NULL: no struct of nothing, no list of nobody."""
    table = OneTable(case.name, tmp_path)
    bare = {case.time: case.record[case.time], "brandNew": {"deep": [1]}}

    row = table.row(json.dumps(bare))
    common = table.common(json.dumps(bare))

    assert all(value == row["timestamp"] for name, value in row.items() if name == "timestamp")
    assert set(row) <= {"timestamp", "published", "event_timestamp", "created_at", "updated_at", "date_create",
                        "additional_fields"}  # fmt: skip
    assert common == {"tp_timestamp": case.common["tp_timestamp"], "tp_index": "default"}


def test_the_same_event_is_one_row_wherever_it_stands(case: Case, tmp_path: Path) -> None:
    """It has an id of its own."""
    table = OneTable(case.name, tmp_path)
    line = json.dumps(case.record)

    assert len(table.rows("tp_id", line, line)) == 1


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("aws_cloudtrail_log", {"eventTime": "2024-02-07T12:00:00Z", "eventID": "", "recipientAccountId": "1"}),
        ("aws_guardduty_finding", {"updatedAt": "2024-02-07T12:00:00Z", "accountId": "1", "id": ""}),
        ("aws_waf_traffic_log", {"timestamp": 1707307200000, "webaclId": "a", "httpRequest": {"requestId": ""}}),
        ("azure_activity_log", {"eventTimestamp": "2024-02-07T12:00:00Z", "eventDataId": ""}),
        ("gcp_audit_log", {"timestamp": "2024-02-07T12:00:00Z", "insertId": ""}),
        ("github_audit_log", {"@timestamp": 1707307200000, "_document_id": ""}),
        ("okta_system_log", {"published": "2024-02-07T12:00:00Z", "uuid": ""}),
        ("pipes_audit_log", {"created_at": "2024-02-07T12:00:00Z", "id": ""}),
        ("slack_audit_log", {"date_create": 1707307200, "id": ""}),
    ],
)
def test_an_empty_id_is_none(name: str, record: Record, tmp_path: Path) -> None:
    """Events whose exporter left the id empty are not taken for one another."""
    line = json.dumps(record)

    assert len(OneTable(name, tmp_path).rows("tp_id", line, line)) == 2


def test_records_that_do_not_fit_are_set_aside_one_by_one(case: Case, tmp_path: Path) -> None:
    """With the reason; those around them are rows."""
    table = OneTable(case.name, tmp_path)
    bad = {
        json.dumps({"without": "time"}): "it has no time",
        json.dumps({case.time: "noon"}): "its time cannot be read: noon",
        '["list"]': "the record is no JSON object",
        '{"broken": ': "the record is no valid JSON",
    }
    if case.number:
        bad[json.dumps({**case.record, case.number: "many"})] = f"{case.number} is no number"
    if case.struct:
        bad[json.dumps({**case.record, case.struct: "text"})] = f"{case.struct} is no object"
    first, last = {case.time: case.record[case.time]}, case.record

    assert dict(table.rejects(json.dumps(first), *bad, json.dumps(last))) == bad
    assert table.project.one(f"select count(*) from {case.name}") == 2


def test_documents_and_lines_come_to_the_same(case: Case, tmp_path: Path) -> None:
    """As the API answers and as files hold them."""
    table = OneTable(case.name, tmp_path, '  format = "json"\n')
    key = table.table.format_options.get("records")

    whole = table.rows("tp_id", json.dumps({key: [case.record]} if key else [case.record]))

    assert whole == table.rows("tp_id", json.dumps(case.record))


def test_azure_exports_are_read_like_answers_of_its_api(tmp_path: Path) -> None:
    """The same columns from other keys."""
    table = OneTable("azure_activity_log", tmp_path)
    record, columns, common = records.AZURE_EXPORT

    assert table.row(json.dumps(record)) == columns
    assert {key: sorted(value) if isinstance(value, list) else value for key, value in table.common(
        json.dumps(record)).items()} == common  # fmt: skip


@pytest.mark.parametrize(
    ("category", "stored"),
    [("{brace", "{brace"), ({"value": "Policy"}, "Policy"), ({"name": "x"}, '{"name":"x"}'), ("", ""), (None, None)],
)
def test_an_azure_name_is_text_or_an_object_with_a_value(category: object, stored: str | None, tmp_path: Path) -> None:
    """Whatever else it is stays as it is, and stops no other record."""
    table = OneTable("azure_activity_log", tmp_path)
    lines = [{"eventTimestamp": "2024-02-07T12:00:00Z", "category": each} for each in (category, "Administrative")]

    assert table.rows("category", *map(json.dumps, lines)) == [(stored,), ("Administrative",)]


def test_a_finding_that_was_updated_is_another_row(tmp_path: Path) -> None:
    """GuardDuty keeps its id; each state of it is evidence."""
    table = OneTable("aws_guardduty_finding", tmp_path)
    first = records.GUARDDUTY[0]

    later = {**first, "updatedAt": "2024-02-07T18:00:00Z"}

    assert len(table.rows("tp_id", json.dumps(first), json.dumps(later))) == 2
