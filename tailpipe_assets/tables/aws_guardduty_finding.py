"""Amazon GuardDuty: what looks like an attack on an AWS account."""

from __future__ import annotations

from itertools import count

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import (
    Key,
    checks_of,
    fields_of,
    first_of,
    key,
    made,
    named,
    only_if,
    parts,
    shape_of,
    texts_at,
    trees_at,
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


def _paths(of: tuple[Key, ...], *, trees: bool) -> list[str]:
    """Where those parts are that are text, or those that are JSON."""
    return [f"$.{part.path}" for part in of if (part.kind == "JSON") == trees]


def _packed(of: tuple[Key, ...], texts: str, trees: str) -> str:
    """SQL for parts of a JSON object that was taken apart along `_paths`, as the arguments of `struct_pack`."""
    text_at, tree_at = count(1), count(1)
    return ", ".join(
        f'"{part.name}" := {_tree(f"{trees}[{next(tree_at)}]")}'
        if part.kind == "JSON"
        else f'"{part.name}" := {_cast(f"{texts}[{next(text_at)}]", part)}'
        for part in of
    )


def _tree(tree: str) -> str:
    return only_if(f"{tree} <> 'null'", tree)


def _cast(text: str, part: Key) -> str:
    return text if part.kind == "VARCHAR" else f"try_cast({text} AS {part.kind})"


# What else an action or a resource says depends on its kind, so it stays JSON as a whole.
_SERVICE_TEXTS, _SERVICE_TREES = _paths(_SERVICE, trees=False), _paths(_SERVICE, trees=True)
_TEXTS = texts_at("r.service", [*_SERVICE_TEXTS, "$.action.actionType"])
_TREES = trees_at("r.service", [*_SERVICE_TREES, "$.action"])
_ACTION = f"{_TREES}[{len(_SERVICE_TREES) + 1}]"
_ACTION_SQL = only_if(
    f"{_ACTION} IS NOT NULL",
    f"struct_pack(action_type := {_TEXTS}[{len(_SERVICE_TEXTS) + 1}], "
    f"action_details := {without(_ACTION, ['actionType'])})",
)
_SERVICE_SQL = only_if(
    "r.service IS NOT NULL", f'struct_pack("action" := {_ACTION_SQL}, {_packed(_SERVICE, _TEXTS, _TREES)})'
)
_CREDENTIALS = "json_extract(r.resource, '$.accessKeyDetails')"
_RESOURCE_TEXTS = texts_at(
    "r.resource", [*(f"$.accessKeyDetails.{part.path}" for part in _ACCESS_KEY), "$.resourceType"]
)
_CREDENTIALS_SQL = only_if(
    f"{_CREDENTIALS} IS NOT NULL", f"struct_pack({_packed(_ACCESS_KEY, _RESOURCE_TEXTS, _CREDENTIALS)})"
)
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
    shape={**shape_of(_KEYS), "service": "JSON", "resource": "JSON"},
    time='coalesce(r."updatedAt", r."createdAt")',
    timestamp='try_cast(coalesce(r."updatedAt", r."createdAt") AS TIMESTAMPTZ)',
    checks=checks_of(_KEYS),
    event_id="account_id || '/' || id || '/' || epoch_ms(tp_timestamp)",
    index='r."accountId"',
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": f"coalesce({first_of(_IPS, len(_REMOTES))})",
        "tp_ips": only_if(f"list_distinct({_IPS}) <> []", f"list_distinct({_IPS})"),
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
