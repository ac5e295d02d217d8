"""SQL of JSON columns: the quick ways come to what the plain ones do, whatever a record holds."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tailpipe_assets.tables.json_columns import (
    distinct,
    distinct_and,
    distinct_at,
    first_of,
    named,
    only_if,
    texts_at,
)
from tests.services.one_table import OneTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VALUES = (
    *(
        "null",
        '"text"',
        '""',
        '"null"',
        "5",
        "1.50",
        "1e400",
        "12345678901234567890123",
        "true",
        "[]",
        "{}",
        "[1, null]",
    ),
    *('{"a": {"b": "\\u00e9\\n\\u0000"}}', '{"a": null}', '{"a": "1", "a": "2"}', '{"a": [{"b": 1}, {"b": 2}]}'),
    *('{"A": 1}', '{"a": {"b": null}, "a": {"b": 1}}', '{"a": "日本", "b": {"c": [true]}}'),
)
PATHS = ("$.a", "$.a.b", '$."b"', "$.b.c", "$.a[0].b")
FINDING = {"accountId": "1", "id": "f", "updatedAt": "2024-02-07T12:00:00Z"}
EVENT = {"eventTimestamp": "2024-02-07T12:00:00Z", "eventDataId": "e"}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with JSON values of every kind, and none."""
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE held (value JSON)")
        opened.executemany("INSERT INTO held VALUES (?)", [[value] for value in (*VALUES, None)])
        yield opened


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_list_of_names_is_their_set(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """In the same order too, as rows that are stored have it."""
    names = [f"n{number}" for number in range(count)]
    rows = ", ".join(str(row).replace("None", "NULL::VARCHAR") for row in product((None, "x", "y", "z"), repeat=count))
    rows = rows.replace(",)", ")")

    listed = ", ".join(names)
    plain = f"nullif(list_distinct([{listed}]), [])"

    found = connection.sql(f"SELECT {named(*names)}, {plain} FROM (VALUES {rows}) v({listed})").fetchall()

    assert len(found) == 4**count
    assert all(quick == plain for quick, plain in found)


def test_parts_taken_together_are_those_taken_alone(connection: duckdb.DuckDBPyConnection) -> None:
    """Of absent keys, other kinds, keys named twice and null."""
    alone = ", ".join(f"json_extract_string(value, '{path}')" for path in PATHS)
    quick = only_if("value IS NOT NULL", texts_at("value", PATHS))

    found = connection.sql(f"SELECT value IS NULL, {quick}, [{alone}] FROM held").fetchall()

    assert [quick for missing, quick, _ in found if missing] == [None]
    assert all(quick == plain for missing, quick, plain in found if not missing)


LISTS = [None, [], *(list(each) for size in (1, 2, 3) for each in product((None, "x", "y"), repeat=size))]


@pytest.mark.parametrize(
    ("quick", "plain"),
    [
        (distinct("texts"), "list_distinct(texts)"),
        (distinct_at("texts", 3), "list_distinct(texts)"),
        (distinct_and("texts", "other"), "list_distinct(list_append(coalesce(texts, []), other))"),
    ],
)
def test_what_a_list_holds_comes_once_however_it_is_worked_out(quick: str, plain: str) -> None:
    """Of none, one and several texts, some of them NULL, and with another beside them."""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE held (texts VARCHAR[], other VARCHAR)")
    connection.executemany("INSERT INTO held VALUES (?, ?)", [*product(LISTS, (None, "x", "z"))])

    found = connection.sql(f"SELECT {quick}, nullif({plain}, []) FROM held").fetchall()

    assert len(found) == 3 * len(LISTS)
    assert all(quick == plain for quick, plain in found)


def test_the_first_text_found_is_the_first_that_is_there(connection: duckdb.DuckDBPyConnection) -> None:
    """Where the value is none, nothing is."""
    quick = f"coalesce({first_of(texts_at('value', PATHS), len(PATHS))})"
    alone = [f"json_extract_string(value, '{path}')" for path in PATHS]
    plain = f"coalesce({', '.join(alone)})"

    assert connection.sql(f"SELECT {quick} IS NOT DISTINCT FROM {plain} FROM held").distinct().fetchall() == [(True,)]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ('"text"', {}),
        ("[1]", {}),
        ('{"archived": "maybe", "count": "many", "eventFirstSeen": "noon", "evidence": null}', {}),
        ('{"count": "7", "count": "8", "evidence": "é", "userFeedback": {"a": 1}}',
         {"count": 7, "evidence": '"é"', "user_feedback": '{"a":1}'}),
        ('{"action": null}', {"action": {"action_type": None, "action_details": '{"actionType":null}'}}),
        ('{"action": {"actionType": "A"}}', {"action": {"action_type": "A", "action_details": None}}),
        ('{"action": {"actionType": 5, "a": null}}', {"action": {"action_type": "5", "action_details": '{"a":null}'}}),
    ],
)  # fmt: skip
def test_a_finding_tells_what_its_service_says(service: str, expected: dict[str, Any], tmp_path: Path) -> None:
    """What is of another kind than it should be is NULL there, and the rest of it stays."""
    line = json.dumps(FINDING)[:-1] + f', "service": {service}}}'

    ((found,),) = OneTable("aws_guardduty_finding", tmp_path).rows("service", line)

    assert {name: value for name, value in found.items() if value is not None} == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("[]", (None, None, '{"resourceType":null,"accessKeyDetails":null}')),
        ('{"resourceType": "AccessKey", "accessKeyDetails": null}', ("AccessKey", [None] * 4, None)),
        ('{"accessKeyDetails": {"userName": ["x"], "userName": "y"}, "a": {"b": 1}}',
         (None, [None, None, '["x"]', None], '{"a":{"b":1}}')),
    ],
)  # fmt: skip
def test_a_finding_tells_what_its_resource_says(resource: str, expected: tuple[Any, ...], tmp_path: Path) -> None:
    """The credentials for themselves, and all that depends on its kind as JSON."""
    line = json.dumps(FINDING)[:-1] + f', "resource": {resource}}}'

    ((found,),) = OneTable("aws_guardduty_finding", tmp_path).rows("resource", line)

    details = found["access_key_details"]
    assert (
        found["resource_type"],
        None if details is None else list(details.values()),
        found["resource_details"],
    ) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"identity": "text"}, (None, None, None)),
        ({"identity": {"authorization": None, "claims": None}}, ([None] * 3, "null", None)),
        ({"identity": {"authorization": "text", "claims": ["x"]}}, ([None] * 3, '["x"]', None)),
        ({"identity": {"authorization": {"action": 1, "evidence": {"role": None}}, "claims": {"appid": "é"}}},
         (["1", None, None], '{"appid":"é"}', "é")),
        ({"authorization": {"role": "r"}, "identity": {"authorization": {"role": "s", "scope": "t"}}, "caller": "me"},
         ([None, "t", "r"], None, "me")),
        ({"authorization": {"action": "a"}}, (["a", None, None], None, None)),
    ],
)  # fmt: skip
def test_azure_tells_who_was_allowed_what(keys: dict[str, Any], expected: tuple[Any, ...], tmp_path: Path) -> None:
    """As the API and the export say it, or only one of them, or neither as it should."""
    line = json.dumps({**EVENT, **keys}, ensure_ascii=False)

    ((allowed, claims, caller),) = OneTable("azure_activity_log", tmp_path).rows(
        "authorization_info, claims, caller", line
    )

    assert (None if allowed is None else list(allowed.values()), claims, caller) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (False, False), (None, None), ("true", True), ("false", False), (1, True)]
)
def test_what_says_true_or_false_in_another_way_is_taken(value: object, expected: bool | None, tmp_path: Path) -> None:
    """As text or as a number; a record that says something else there does not fit."""
    line = json.dumps({"insertId": "i", "timestamp": "2024-02-07T12:00:00Z", "traceSampled": value})

    assert OneTable("gcp_audit_log", tmp_path).rows("trace_sampled", line) == [(expected,)]
