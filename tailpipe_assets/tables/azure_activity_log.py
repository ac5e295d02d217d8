"""Azure's activity log: operations on the resources of a subscription.

The API and the export to a storage account write the same events with different keys. Both are read.
"""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import (
    fields_of,
    first_of,
    key,
    made,
    named,
    only_if,
    parts,
    shape_of,
    texts_at,
)
from tailpipe_resources.model.schema import INSTANT

_CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_ID = 'coalesce(r."resourceId", r."resourceUri")'
_TIME = 'coalesce(r."eventTimestamp", r."time")'


def _value(*paths: str) -> str:
    """SQL for the first of these that is there; the API writes names as `{"value": ..., "localizedValue": ...}`."""
    first = f"coalesce({', '.join([*(f'r.{path}' for path in paths), 'NULL'])})"
    value = f"TRY(json_extract_string({first}, '$.value'))"
    return f"CASE WHEN starts_with({first}, '{{') THEN coalesce({value}, {first}) ELSE {first} END"


def _in_id(word: str, before: str) -> str:
    """SQL for what follows a word in the id. Most ids are of one form, and that is tried first: it takes a third."""
    tried = (f"(?i)^{before}/{word}/([^/]+)", f"(?i)/{word}/([^/]+)")
    return ", ".join(f"nullif(regexp_extract({_ID}, '{pattern}', 1), '')" for pattern in tried)


# Before the word it holds no other that is the same: neither hexadecimal digits nor what begins with another letter is.
_IN_SUBSCRIPTION = "/subscriptions/[-0-9a-f]+"
_IN_GROUP = f"{_IN_SUBSCRIPTION}/resourcegroups/[^/p][^/]*"
_SUBSCRIPTION = f"""coalesce(r."subscriptionId", {_in_id("subscriptions", "")})"""
_IDENTITY = {
    "authorization": {"action": "VARCHAR", "scope": "VARCHAR", "evidence": {"role": "VARCHAR"}},
    "claims": "JSON",
}
_ALLOWED = 'r."identity"."authorization"'


def _null_in_identity(key: str) -> str:
    """SQL for a key of the identity that is NULL in `r`: JSON's `null`, or NULL where it is not there."""
    return f"""CASE WHEN r."identity" IS NOT NULL THEN json_extract(raw, '$.identity.{key}') END"""


_AUTHORIZATION_SQL = only_if(
    f'CASE WHEN r."authorization" IS NOT NULL OR {_ALLOWED} IS NOT NULL THEN true '
    f"ELSE {_null_in_identity('authorization')} IS NOT NULL END",
    f'struct_pack("action" := coalesce(r."authorization".action, {_ALLOWED}.action), '
    f'scope := coalesce(r."authorization".scope, {_ALLOWED}.scope), '
    f'role := coalesce(r."authorization".role, {_ALLOWED}.evidence.role))',
)
_CLAIMS = f'coalesce(r."claims", r."identity".claims, {_null_in_identity("claims")})'
_NAMES = [f'$."{name}"' for name in (f"{_CLAIM}/upn", f"{_CLAIM}/name", "appid")]
_CALLER = f'coalesce(r."caller", {first_of(texts_at(_CLAIMS, _NAMES), len(_NAMES))})'
_REQUEST = parts(client_ip_address="clientIpAddress", client_request_id="clientRequestId", method="method", uri="uri")
_REQUEST_SQL = (
    'CASE WHEN r."httpRequest" IS NOT NULL OR r."callerIpAddress" IS NOT NULL THEN struct_pack(client_ip_address := '
    'coalesce(r."httpRequest"."clientIpAddress", r."callerIpAddress"), client_request_id := '
    'r."httpRequest"."clientRequestId", "method" := r."httpRequest"."method", uri := r."httpRequest"."uri") END'
)
_AUTHORIZED = "STRUCT(action VARCHAR, scope VARCHAR, role VARCHAR)"
_REQUESTED = "STRUCT(client_ip_address VARCHAR, client_request_id VARCHAR, method VARCHAR, uri VARCHAR)"
_KEYS = (
    made("authorization_info", _AUTHORIZED, _AUTHORIZATION_SQL, "What the caller's role allows."),
    made("caller", "VARCHAR", _CALLER, "Who did it: a user's principal name, or an application's id."),
    made("category", "VARCHAR", _value('"category"'), "`Administrative`, `Security`, `Policy` and others."),
    made("claims", "JSON", _CLAIMS, "What the caller's token says."),
    key("correlationId", "correlation_id", "The same for all events of one operation."),
    key("description", "description", "What happened, in words."),
    key("eventDataId", "event_data_id", "Azure's own id of the event."),
    made("event_name", "VARCHAR", _value('"eventName"'), "`Begin request`, `End request` and others."),
    made("event_timestamp", INSTANT, "tp_timestamp", "When it happened."),
    made("http_request", _REQUESTED, _REQUEST_SQL, "The request."),
    key("id", "id", "The event's path."),
    key("level", "level", "`Critical`, `Error`, `Warning`, `Informational` or a number."),
    key("operationId", "operation_id", "The operation, which may have several events."),
    made("operation_name", "VARCHAR", _value('"operationName"'), "What was done, as `provider/type/verb`."),
    key("properties", "properties", "What else the event says.", "JSON"),
    made(
        "resource_group_name",
        "VARCHAR",
        f'coalesce(r."resourceGroupName", {_in_id("resourcegroups", _IN_SUBSCRIPTION)})',
        "The resource group.",
    ),
    made("resource_id", "VARCHAR", _ID, "The resource it was done to."),
    made(
        "resource_provider_name",
        "VARCHAR",
        f"coalesce({_value(chr(34) + 'resourceProviderName' + chr(34))}, {_in_id('providers', _IN_GROUP)})",
        "The resource's provider.",
    ),
    made("resource_type", "VARCHAR", _value('"resourceType"'), "The resource's type."),
    made("status", "VARCHAR", _value('"status"', '"resultType"'), "`Started`, `Succeeded`, `Failed` and others."),
    made("sub_status", "VARCHAR", _value('"subStatus"', '"resultSignature"'), "As a rule the HTTP status."),
    key("submissionTimestamp", "submission_timestamp", "When the event could be read first.", INSTANT),
    made("subscription_id", "VARCHAR", _SUBSCRIPTION, "The subscription."),
    key("tenantId", "tenant_id", "The tenant."),
)
_MORE = (
    *("eventTimestamp", "time", "caller", "category", "eventName", "operationName", "resourceGroupName", "resourceId"),
    *("resourceUri", "resourceProviderName", "resourceType", "status", "resultType", "subStatus", "resultSignature"),
    *("subscriptionId", "callerIpAddress", "authorization.action", "authorization.scope", "authorization.role"),
    *(f"httpRequest.{part.path}" for part in _REQUEST),
)
_IP = "http_request.client_ip_address"

AZURE_ACTIVITY_LOG = Table(
    name="azure_activity_log",
    description="Azure activity log events: operations on the resources of a subscription, by whom and how they ended.",
    formats=("json", "jsonl"),
    format_options={"records": "value"},
    shape={**shape_of(_KEYS, _MORE), "claims": "JSON", "identity": _IDENTITY},
    unchecked=frozenset({"identity"}),
    anchors={"httpRequest": "clientRequestId"},
    time=_TIME,
    timestamp=f"try_cast({_TIME} AS TIMESTAMPTZ)",
    event_id="event_data_id",
    index=f"lower({_SUBSCRIPTION})",
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": _IP,
        "tp_ips": named(_IP),
        "tp_akas": named("resource_id"),
        "tp_usernames": named("caller"),
        "tp_emails": "CASE WHEN contains(caller, '@') THEN [caller] END",
    },
    references=("https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema",),
    sample=(
        b'{"value":[{"authorization":{"action":"Microsoft.Storage/storageAccounts/write","scope":"/subscriptions/S1"},'
        b'"caller":"ada@example.com","category":{"value":"Administrative","localizedValue":"Administrative"},'
        b'"claims":{"aud":"https://management.core.windows.net/"},"correlationId":"c1","eventDataId":"e1",'
        b'"eventName":{"value":"EndRequest"},"eventTimestamp":"2024-02-07T12:00:00.1234567Z","level":"Informational",'
        b'"httpRequest":{"clientIpAddress":"203.0.113.9","method":"PUT"},"operationName":{"value":"Microsoft.Storage/write"},'
        b'"resourceId":"/subscriptions/S1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a",'
        b'"status":{"value":"Succeeded"},"subscriptionId":"S1","tenantId":"t1"},\n'
        b'{"time":"2024-02-07T12:00:05Z","resourceId":"/SUBSCRIPTIONS/S2/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.COMPUTE/'
        b'VIRTUALMACHINES/VM","operationName":"MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION","category":"Administrative",'
        b'"resultType":"Success","resultSignature":"Succeeded.","callerIpAddress":"2001:db8::9","correlationId":"c2",'
        b'"identity":{"authorization":{"scope":"/s","action":"a","evidence":{"role":"Owner"}},"claims":{"appid":"app-1"}},'
        b'"level":"Information","properties":{"eventCategory":"Administrative"}}]}\n'
    ),
)
