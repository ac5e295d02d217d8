"""Amazon GuardDuty: what looks like an attack on an AWS account."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import (
    Key,
    checks_of,
    distinct_at,
    fields_of,
    first_of,
    key,
    made,
    named,
    only_if,
    packed,
    parts,
    shape_of,
    texts_at,
    without,
)
from tailpipe_resources.model.schema import INSTANT

_ACTION_TYPE = "STRUCT(action_type VARCHAR, action_details JSON)"
_SERVICE = (
    Key("archived", "archived", "BOOLEAN"),
    Key("count", "count", "BIGINT"),
    Key("detectorId", "detector_id"),
    Key("eventFirstSeen", "event_first_seen", INSTANT),
    Key("eventLastSeen", "event_last_seen", INSTANT),
    Key("evidence", "evidence", "JSON"),
    Key("featureName", "feature_name"),
    Key("resourceRole", "resource_role"),
    Key("runtimeDetails", "runtime_details", "JSON"),
    Key("serviceName", "service_name"),
    Key("additionalInfo", "additional_info", "JSON"),
    Key("userFeedback", "user_feedback"),
)
_ACCESS_KEY = parts(access_key_id="accessKeyId", principal_id="principalId", user_name="userName", user_type="userType")


def _struct_type(first: str, kind: str, others: tuple[Key, ...]) -> str:
    rest = ", ".join(f"{part.name} {part.kind}" for part in others)
    return f"STRUCT({first} {kind}, {rest})"


# What else an action or a resource says depends on its kind, so it stays JSON as a whole.
# `null` is told from nothing by a closer look, where there is no action.
_ACTION = "coalesce(r.service.action, json_extract(raw, '$.service.action'))"
_ACTION_SQL = only_if(
    f"{_ACTION} IS NOT NULL",
    f"struct_pack(action_type := json_extract_string({_ACTION}, '$.actionType'), "
    f"action_details := {without(_ACTION, ['actionType'])})",
)
_SERVICE_SQL = (
    f'CASE WHEN r.service IS NOT NULL THEN struct_pack("action" := {_ACTION_SQL}, {packed("r.service", _SERVICE)}) END'
)
_CREDENTIALS = "json_extract(r.resource, '$.accessKeyDetails')"
_RESOURCE_TEXTS = texts_at(
    "r.resource", [*(f"$.accessKeyDetails.{part.path}" for part in _ACCESS_KEY), "$.resourceType"]
)
_CREDENTIALS_PACKED = ", ".join(f"{part.name} := {_RESOURCE_TEXTS}[{at}]" for at, part in enumerate(_ACCESS_KEY, 1))
_CREDENTIALS_SQL = only_if(f"{_CREDENTIALS} IS NOT NULL", f"struct_pack({_CREDENTIALS_PACKED})")
_RESOURCE_SQL = only_if(
    "r.resource IS NOT NULL",
    f"struct_pack(resource_type := {_RESOURCE_TEXTS}[{len(_ACCESS_KEY) + 1}], "
    f"access_key_details := {_CREDENTIALS_SQL}, "
    f"resource_details := {without('r.resource', ['resourceType', 'accessKeyDetails'])})",
)
_CREDENTIALS_TYPE = f"STRUCT({', '.join(f'{part.name} VARCHAR' for part in _ACCESS_KEY)})"
_RESOURCE_TYPE = f"STRUCT(resource_type VARCHAR, access_key_details {_CREDENTIALS_TYPE}, resource_details JSON)"
_KEYS = (
    key("accountId", "account_id", "The account the finding is about."),
    key("arn", "arn", "The finding's ARN."),
    key("description", "description", "What was found."),
    key("id", "id", "The finding's id; it stays the same while the finding is updated."),
    key("partition", "partition", "The AWS partition, such as `aws`."),
    key("region", "region", "The region."),
    key("schemaVersion", "schema_version", "Version of the finding's form."),
    key("severity", "severity", "From 1 to 10: low from 1, medium from 4, high from 7, critical from 9.", "DOUBLE"),
    key("title", "title", "What was found, in a few words."),
    key("type", "type", "The finding's type, such as `UnauthorizedAccess:EC2/SSHBruteForce`."),
    key("createdAt", "created_at", "When GuardDuty made the finding.", INSTANT),
    key("updatedAt", "updated_at", "When it last updated it.", INSTANT),
    made("service", _struct_type("action", _ACTION_TYPE, _SERVICE), _SERVICE_SQL, "What was done, how often and when."),
    made("resource", _RESOURCE_TYPE, _RESOURCE_SQL, "What it was done to, and with which credentials."),
)
_SHAPED = (key("service", "service", "", (*_SERVICE, Key("action", "action", "JSON"))),)
_ACTIONS = (
    "networkConnectionAction",
    "awsApiCallAction",
    "portProbeAction.portProbeDetails[0]",
    "kubernetesApiCallAction",
    "rdsLoginAttemptAction",
)
_REMOTES = [f"$.{action}.remoteIpDetails.ipAddressV4" for action in _ACTIONS]
_IPS = texts_at("service.action.action_details", _REMOTES)

AWS_GUARDDUTY_FINDING = Table(
    name="aws_guardduty_finding",
    description="Amazon GuardDuty findings: signs of an attack on an AWS account, each time they were updated.",
    formats=("jsonl", "json"),
    shape={**shape_of((*_KEYS, *_SHAPED)), "resource": "JSON"},
    unchecked=frozenset({"service"}),
    time='coalesce(r."updatedAt", r."createdAt")',
    timestamp='try_cast(coalesce(r."updatedAt", r."createdAt") AS TIMESTAMPTZ)',
    checks=checks_of(_KEYS),
    event_id="account_id || '/' || nullif(id, '') || '/' || epoch_ms(tp_timestamp)",
    index='r."accountId"',
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": f"coalesce({first_of(_IPS, len(_REMOTES))})",
        "tp_ips": distinct_at(_IPS, len(_REMOTES)),
        "tp_akas": named("arn"),
        "tp_usernames": named("resource.access_key_details.user_name", "resource.access_key_details.access_key_id"),
    },
    layouts={
        "aws_s3": "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/GuardDuty/%{DATA:region}"
        r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}\.jsonl(\.gz)?"
    },
    references=("https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html",),
    sample=(
        b'{"schemaVersion":"2.0","accountId":"123456789012","region":"us-east-1","partition":"aws",'
        b'"id":"16afba5c5c43e07c9e3e5e2e544e95df","arn":"arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/f",'
        b'"type":"UnauthorizedAccess:EC2/SSHBruteForce","resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1"}},'
        b'"service":{"serviceName":"guardduty","detectorId":"d","action":{"actionType":"NETWORK_CONNECTION",'
        b'"networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"198.51.100.1"}}},'
        b'"resourceRole":"TARGET","eventFirstSeen":"2024-02-07T11:00:00Z","eventLastSeen":"2024-02-07T11:50:00Z",'
        b'"archived":false,"count":15},"severity":5,"createdAt":"2024-02-07T11:10:00.000Z",'
        b'"updatedAt":"2024-02-07T12:00:00.000Z","title":"SSH brute force","description":"Somebody guesses'
        b' passwords."}\n'
    ),
)
