"""A field of a rule is found among a table's columns by its name in the log."""

from __future__ import annotations

import json

import duckdb
import pytest

from tailpipe_assets.detections.rules import RuleTable
from tailpipe_assets.detections.sigma.converting import Converter
from tailpipe_assets.detections.sigma.fields import UnknownFieldError, resolve, snake
from tailpipe_assets.pipeline.rules import rule_table
from tailpipe_resources import plugins
from tailpipe_resources.model.schema import Column

TABLE = RuleTable(
    "firewall",
    (
        Column("src_ip", "VARCHAR"),
        Column("bytes_out", "BIGINT"),
        Column("user_identity", "STRUCT(user_name VARCHAR, more JSON, keys STRUCT(key_id VARCHAR)[])"),
        Column("request", "JSON"),
        Column("labels", "MAP(VARCHAR, VARCHAR)"),
    ),
)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("sourceIPAddress", "source_ip_address"),
        ("eventID", "event_id"),
        ("ec2RoleDelivery", "ec2_role_delivery"),
        ("awsRegion", "aws_region"),
        ("cs-method", "cs_method"),
        ("already_ours", "already_ours"),
    ],
)
def test_names_of_logs_become_ours(name: str, ours: str) -> None:
    """Acronyms are one word."""
    assert snake(name) == ours


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("srcIP", '"src_ip"'),
        ("bytesOut", 'CAST("bytes_out" AS VARCHAR)'),
        ("userIdentity.userName", '"user_identity"."user_name"'),
        ("userIdentity", 'CAST(to_json("user_identity") AS VARCHAR)'),
        ("userIdentity.more.someKey", """json_extract_string("user_identity"."more", '$."someKey"')"""),
        ("userIdentity.keys.keyId", """json_extract_string(to_json("user_identity"."keys"), '$."key_id"')"""),
        ("request.It's.a\"b", """json_extract_string("request", '$."It''s"."a\\"b"')"""),
        ("labels.someKey", """json_extract_string(to_json("labels"), '$."someKey"')"""),
    ],
)
def test_a_path_is_followed_by_type(name: str, sql: str) -> None:
    """Fields of structs by our names, keys of JSON by the log's."""
    assert resolve(name, TABLE).text == sql


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("srcIPs", 'field "srcIPs" is not in firewall; near: src_ip'),
        ("wholly.different", 'field "wholly.different" is not in firewall'),
        ("userIdentity.nobody", 'field "userIdentity.nobody": "user_identity" has no field "nobody"'),
        ("srcIP.deeper", 'field "srcIP.deeper": "src_ip" has no field "deeper"'),
    ],
)
def test_an_unknown_field_is_named_with_what_is_near(name: str, message: str) -> None:
    """So that a mapping that is missing is seen at once."""
    with pytest.raises(UnknownFieldError) as raised:
        resolve(name, TABLE)
    assert str(raised.value) == message


def test_what_rules_write_before_fields_is_passed_over() -> None:
    """The audit log of Google Cloud has several forms in the wild."""
    table = rule_table(plugins.load("table", "gcp_audit_log"))
    for name in ("gcp.audit.method_name", "data.protoPayload.methodName", "protoPayload.methodName", "methodName"):
        assert resolve(name, table).text == '"method_name"'


@pytest.mark.parametrize(
    ("said", "is_found"),
    [
        ({"tags": "PROD"}, True),
        ({"tags": ["test", "dev"]}, True),
        ({"tags|startswith": "de"}, True),
        ({"tags|re": "^dev$"}, True),
        ({"tags": "prod,dev"}, False),
        ({"addresses|cidr": "10.0.0.0/8"}, True),
        ({"ports": 443}, True),
        ({"ports|gt": 443}, False),
        ({"nothing": None}, True),
        ({"empty": None}, True),
        ({"empty|exists": True}, False),
        ({"price": 5}, True),
    ],
)
def test_a_list_is_asked_for_each_of_its_elements(said: dict[str, object], is_found: bool) -> None:
    """As arrays in JSON are, and a decimal number is a number."""
    values = {
        "tags": ("VARCHAR[]", "['prod', 'dev']"),
        "addresses": ("VARCHAR[]", "['198.51.100.7', '10.0.0.1']"),
        "ports": ("INTEGER[]", "[80, 443]"),
        "nothing": ("VARCHAR[]", "NULL"),
        "empty": ("VARCHAR[]", "[]"),
        "price": ("DECIMAL(10,2)", "5.00"),
    }
    table = RuleTable("mine", tuple(Column(name, kind) for name, (kind, _) in values.items()))
    rule = {"logsource": {"product": "mine"}, "detection": {"it": said, "condition": "it"}}
    row = ", ".join(f"CAST({value} AS {kind}) AS {name}" for name, (kind, value) in values.items())
    with duckdb.connect() as connection:
        found = Converter(connection, table, {}, "trial").convert(json.dumps(rule))
        assert not found.reason
        counted = connection.execute(f"SELECT count(*) FROM (SELECT {row}) WHERE {found.where}").fetchall()
    assert counted == [(int(is_found),)]
