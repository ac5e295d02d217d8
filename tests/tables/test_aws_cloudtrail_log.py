"""CloudTrail events: the columns queries rely on, and what stands in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.tables.aws_cloudtrail_log import AWS_CLOUDTRAIL_LOG

if TYPE_CHECKING:
    from tests.services.project import Project

TEXT = "VARCHAR"
WHEN = "TIMESTAMP WITH TIME ZONE"
ISSUER = "STRUCT(account_id VARCHAR, arn VARCHAR, principal_id VARCHAR, type VARCHAR, user_name VARCHAR)"
SESSION = (
    "STRUCT(attributes STRUCT(creation_date BIGINT, mfa_authenticated VARCHAR), ec2_role_delivery VARCHAR, "
    f"session_issuer {ISSUER}, web_id_federation_data STRUCT(attributes JSON, federated_provider VARCHAR))"
)
COLUMNS = {
    "additional_event_data": "JSON",
    "api_version": TEXT,
    "aws_region": TEXT,
    "edge_device_details": "JSON",
    "error_code": TEXT,
    "error_message": TEXT,
    "event_category": TEXT,
    "event_id": TEXT,
    "event_name": TEXT,
    "event_source": TEXT,
    "event_time": WHEN,
    "event_type": TEXT,
    "event_version": TEXT,
    "management_event": "BOOLEAN",
    "read_only": "BOOLEAN",
    "recipient_account_id": TEXT,
    "request_id": TEXT,
    "request_parameters": "JSON",
    "resources": "JSON",
    "response_elements": "JSON",
    "service_event_details": "JSON",
    "session_credential_from_console": TEXT,
    "shared_event_id": TEXT,
    "source_ip_address": TEXT,
    "tls_details": "STRUCT(cipher_suite VARCHAR, client_provided_host_header VARCHAR, tls_version VARCHAR)",
    "user_agent": TEXT,
    "user_identity": (
        "STRUCT(access_key_id VARCHAR, account_id VARCHAR, arn VARCHAR, identity_provider VARCHAR, invoked_by VARCHAR, "
        f"principal_id VARCHAR, session_context {SESSION}, type VARCHAR, user_name VARCHAR)"
    ),
    "vpc_endpoint_id": TEXT,
}
"""As Turbot's Tailpipe has them, but times, which are instants here."""


def event(**keys: Any) -> dict[str, Any]:
    """A record with no more than it needs."""
    return {"eventTime": "2024-02-07T13:00:00Z", "eventID": "e", "recipientAccountId": "123456789012", **keys}


@pytest.fixture
def trail(project: Project) -> Project:
    """A collection of every event."""
    project.configure('collection "aws_cloudtrail_log" "c" {\n  source = source.file.logs\n}\n')
    return project


def collected(trail: Project, columns: str, *records: Any) -> list[tuple[Any, ...]]:
    """What these records come to, in their order."""
    trail.write("trail.json", json.dumps({"Records": records}))
    trail.collect_one()
    return trail.ask(f"select {columns} from aws_cloudtrail_log order by tp_source_offset")


def rejected(trail: Project, *records: Any) -> list[tuple[Any, ...]]:
    """Positions and reasons of the records set aside."""
    trail.write("trail.json", json.dumps({"Records": records}))
    trail.collect_one()
    return trail.ask("select position, reason from tailpipe_rejected order by position")


def test_its_columns_are_exactly_those_queries_expect() -> None:
    """Names, types and order."""
    assert {each.name: each.type for each in AWS_CLOUDTRAIL_LOG.columns} == COLUMNS
    assert [each.name for each in AWS_CLOUDTRAIL_LOG.columns] == list(COLUMNS)


def test_identity_and_session_keep_their_values(trail: Project) -> None:
    """Names change to snake case; the creation date becomes milliseconds since 1970."""
    identity = {
        "type": "AssumedRole",
        "accessKeyId": "ASIAX",
        "sessionContext": {
            "attributes": {"creationDate": "2024-02-07T12:59:59Z", "mfaAuthenticated": "true"},
            "ec2RoleDelivery": "2.0",
            "sessionIssuer": {"userName": "worker", "accountId": "1"},
            "webIdFederationData": {"federatedProvider": "p", "attributes": {"someKey": 1}},
        },
    }

    ((found,),) = collected(trail, "user_identity", event(userIdentity=identity))

    session = found["session_context"]
    assert (found["type"], found["access_key_id"], found["arn"]) == ("AssumedRole", "ASIAX", None)
    assert session["attributes"] == {"creation_date": 1707310799000, "mfa_authenticated": "true"}
    assert session["ec2_role_delivery"] == "2.0"
    assert (session["session_issuer"]["user_name"], session["session_issuer"]["account_id"]) == ("worker", "1")
    assert json.loads(session["web_id_federation_data"]["attributes"]) == {"someKey": 1}


def test_what_is_absent_is_null(trail: Project) -> None:
    """No struct of nothing, no text `null`, no list of nobody."""
    ((*found,),) = collected(
        trail,
        "user_identity, tls_details, resources, request_parameters, read_only, tp_akas, tp_ips, tp_usernames, "
        "tp_source_ip, tp_emails, tp_domains, tp_tags",
        event(requestParameters=None, userIdentity=None),
    )

    assert found == [None] * 12


def test_json_keeps_its_own_keys(trail: Project) -> None:
    """What has no fixed form stays as AWS writes it."""
    resources = [{"ARN": "arn:aws:s3:::b", "accountId": "1", "type": "AWS::S3::Bucket"}]

    ((found, parameters, bucket),) = collected(
        trail,
        "resources, request_parameters, request_parameters ->> 'bucketName'",
        event(resources=resources, requestParameters={"bucketName": "b", "deepKey": {"X": [1, None]}}),
    )

    assert json.loads(found) == resources
    assert json.loads(parameters) == {"bucketName": "b", "deepKey": {"X": [1, None]}}
    assert bucket == "b"


def test_akas_are_the_arns_their_accounts_and_short_names(trail: Project) -> None:
    """A bucket, an instance and a volume have a name of their own; each is named once."""
    arns = [
        "arn:aws:s3:::ledger/2024/q1.csv",
        "arn:aws:s3:::ledger",
        "arn:aws:ec2:us-east-1:111111111111:instance/i-1",
        "arn:aws:ec2:us-east-1:111111111111:volume/vol-1",
        "arn:aws:kms:us-east-1:222222222222:key/k",
    ]

    ((akas,),) = collected(trail, "tp_akas", event(resources=[{"ARN": arn} for arn in arns] + [{"type": "x"}]))

    assert sorted(akas) == sorted([*arns, "ledger", "111111111111", "222222222222", "i-1", "vol-1"])


@pytest.mark.parametrize(
    ("identity", "names"),
    [
        ({"accessKeyId": "AKIAX", "userName": "ada"}, ["AKIAX", "ada"]),
        ({"accessKeyId": "ASIAX", "userName": "ada"}, ["ada"]),
        ({"accessKeyId": "AKIAX"}, ["AKIAX"]),
        ({"accessKeyId": "ASIAX"}, None),
    ],
)
def test_usernames_are_lasting_keys_and_names(trail: Project, identity: Any, names: Any) -> None:
    """Keys of a session are nobody's name."""
    assert collected(trail, "tp_usernames", event(userIdentity=identity)) == [(names,)]


@pytest.mark.parametrize("caller", ["203.0.113.9", "2001:db8::1", "ec2.amazonaws.com"])
def test_the_caller_is_an_address_or_a_service(trail: Project, caller: str) -> None:
    """Either way it is the source."""
    assert collected(trail, "tp_source_ip, tp_ips", event(sourceIPAddress=caller)) == [(caller, [caller])]


def test_time_index_and_id(trail: Project) -> None:
    """The event's own time, account and id; the same event in two accounts is two rows, twice in one it is one."""
    found = collected(
        trail,
        "tp_timestamp, event_time, tp_index, tp_date::varchar, tp_id",
        event(),
        event(recipientAccountId="2"),
        event(recipientAccountId=None),
        event(),
    )

    moment = datetime(2024, 2, 7, 13, tzinfo=UTC)
    assert sorted(row[:4] for row in found) == [
        (moment, moment, index, "2024-02-07") for index in ("123456789012", "2", "default")
    ]
    assert len({row[4] for row in found}) == 3


def test_records_that_do_not_fit_are_set_aside_with_the_reason(trail: Project) -> None:
    """Each alone, whatever else is in the file."""
    assert rejected(
        trail,
        event(),
        event(eventTime=None),
        event(eventTime="yesterday"),
        event(eventTime={"x": 1}),
        event(eventTime="infinity"),
        event(eventTime="1969-12-31T23:59:59Z"),
        event(eventTime="10000-01-01T00:00:00Z"),
        event(readOnly="perhaps"),
        event(userIdentity="ada"),
        event(tlsDetails=[]),
        "text",
        ["list"],
        None,
        7,
        event(eventID="last"),
    ) == [
        (1, "it has no time"),
        (2, "its time cannot be read: yesterday"),
        (3, 'its time cannot be read: {"x":1}'),
        (4, "its time cannot be read: infinity"),
        (5, "its time is out of range: 1969-12-31T23:59:59Z"),
        (6, "its time is out of range: 10000-01-01T00:00:00Z"),
        (7, "readOnly is neither true nor false"),
        (8, "userIdentity is no object"),
        (9, "tlsDetails is no object"),
        (10, "the record is no JSON object"),
        (11, "the record is no JSON object"),
        (12, "the record is no JSON object"),
        (13, "the record is no JSON object"),
    ]
    assert trail.one("select count(*) from aws_cloudtrail_log") == 2


def test_odd_values_come_through(trail: Project) -> None:
    """Deep nesting, NUL, numbers beyond any type, and booleans written as text."""
    deep = "[" * 100_000 + "]" * 100_000
    bases = [json.dumps(event(eventID=name))[:-1] for name in "abcde"]
    lines = [
        f'{bases[0]},"requestParameters":{{"deep":{deep}}}}}',
        f'{bases[1]},"userAgent":"a\\u0000b"}}',
        f'{bases[2]},"requestParameters":{{"n":1e400,"i":123456789012345678901234567890}}}}',
        f'{bases[3]},"readOnly":"true","managementEvent":false}}',
        f'{bases[4]},"userAgent":"\\ud800"}}',
    ]
    trail.write("trail.json", '{"Records":[' + ",".join(lines) + "]}")
    trail.collect_one()

    assert trail.ask(
        "select length(request_parameters::varchar), user_agent, read_only, management_event "
        "from aws_cloudtrail_log order by tp_source_offset"
    ) == [
        (200_009, None, None, None),
        (None, "a\x00b", None, None),
        (len('{"n":1e400,"i":123456789012345678901234567890}'), None, None, None),
        (None, None, True, False),
    ]
    assert trail.ask("select position, reason from tailpipe_rejected") == [(4, "the record is no valid JSON")]
