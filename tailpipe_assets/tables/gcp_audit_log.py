"""Google Cloud's audit logs: who did what in a project."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.json_columns import Key, checks_of, fields_of, key, named, parts, shape_of
from tailpipe_resources.model.schema import INSTANT

_AUTHENTICATION = parts(
    principal_email="principalEmail",
    principal_subject="principalSubject",
    authority_selector="authoritySelector",
    service_account_key_name="serviceAccountKeyName",
    third_party_principal=Key("thirdPartyPrincipal", "third_party_principal", "JSON"),
    service_account_delegation_info=Key("serviceAccountDelegationInfo", "service_account_delegation_info", "JSON"),
)
_DESTINATION = parts(
    ip="ip",
    port=Key("port", "port", "BIGINT"),
    principal="principal",
    region_code="regionCode",
    labels=Key("labels", "labels", "JSON"),
)
_METADATA = parts(
    caller_ip="callerIp",
    caller_supplied_user_agent="callerSuppliedUserAgent",
    caller_network="callerNetwork",
    request_attributes=Key("requestAttributes", "request_attributes", "JSON"),
    destination_attributes=Key("destinationAttributes", "destination_attributes", _DESTINATION),
)
_HTTP = parts(
    method="requestMethod",
    url="requestUrl",
    request_size=Key("requestSize", "request_size", "BIGINT"),
    request_headers=Key("requestHeaders", "request_headers", "JSON"),
    status=Key("status", "status", "BIGINT"),
    response_size=Key("responseSize", "response_size", "BIGINT"),
    local_ip="serverIp",
    remote_ip="remoteIp",
    latency="latency",
    cache_hit=Key("cacheHit", "cache_hit", "BOOLEAN"),
    cache_lookup=Key("cacheLookup", "cache_lookup", "BOOLEAN"),
    validated=Key("cacheValidatedWithOriginServer", "cache_validated_with_origin_server", "BOOLEAN"),
    filled=Key("cacheFillBytes", "cache_fill_bytes", "BIGINT"),
    user_agent="userAgent",
)
_LOCATION = parts(
    current_locations=Key("currentLocations", "current_locations", "JSON"),
    original_locations=Key("originalLocations", "original_locations", "JSON"),
)
_OPERATION = parts(
    id="id", producer="producer", first=Key("first", "first", "BOOLEAN"), last=Key("last", "last", "BOOLEAN")
)
_STATUS = parts(code=Key("code", "code", "INTEGER"), message="message")
_PAYLOAD = "protoPayload"
_KEYS = (
    key("logName", "log_name", "The log, as `projects/ID/logs/NAME`."),
    key("insertId", "insert_id", "Google's own id of the entry, within its log and time."),
    key("severity", "severity", "`NOTICE`, `INFO`, `ERROR` and others."),
    key("trace", "trace", "The trace the entry belongs to."),
    key("traceSampled", "trace_sampled", "Whether that trace was kept.", "BOOLEAN"),
    key("spanId", "span_id", "The span within the trace."),
    key(f"{_PAYLOAD}.serviceName", "service_name", "The called service, such as `compute.googleapis.com`."),
    key(f"{_PAYLOAD}.methodName", "method_name", "The called method, such as `v1.compute.instances.insert`."),
    key(f"{_PAYLOAD}.resourceName", "resource_name", "What it was called on."),
    key(f"{_PAYLOAD}.resourceLocation", "resource_location", "Where that is.", _LOCATION),
    key(f"{_PAYLOAD}.authenticationInfo", "authentication_info", "Who called.", _AUTHENTICATION),
    key(f"{_PAYLOAD}.status", "status", "How the call ended; code 0 or none is success.", _STATUS),
    key("resource", "resource", "The monitored resource.", parts(type="type", labels=Key("labels", "labels", "JSON"))),
    key("operation", "operation", "The long-running operation the entry is part of.", _OPERATION),
    key(f"{_PAYLOAD}.requestMetadata", "request_metadata", "Where the call came from, and how.", _METADATA),
    key("httpRequest", "http_request", "The HTTP request, when the entry has one.", _HTTP),
    key(
        "sourceLocation",
        "source_location",
        "The place in the source code, when the entry has one.",
        parts(file="file", line=Key("line", "line", "BIGINT"), function="function"),
    ),
    key("labels", "labels", "The entry's labels.", "JSON"),
    key(f"{_PAYLOAD}.numResponseItems", "num_response_items", "How many items were answered.", "BIGINT"),
    key(f"{_PAYLOAD}.authorizationInfo", "authorization_info", "Permissions that were asked for.", "JSON"),
    key(f"{_PAYLOAD}.policyViolationInfo", "policy_violation_info", "Policies the call would break.", "JSON"),
    key(f"{_PAYLOAD}.resourceOriginalState", "resource_original_state", "What it was before the call.", "JSON"),
    key(f"{_PAYLOAD}.request", "request", "What was asked.", "JSON"),
    key(f"{_PAYLOAD}.response", "response", "What was answered.", "JSON"),
    key(f"{_PAYLOAD}.metadata", "metadata", "What else the service says.", "JSON"),
    key(f"{_PAYLOAD}.serviceData", "service_data", "The same, of older services.", "JSON"),
)

GCP_AUDIT_LOG = Table(
    name="gcp_audit_log",
    description="Google Cloud audit log entries: admin activity, data access, system events and denied calls.",
    formats=("json", "jsonl"),
    format_options={"records": "entries"},
    shape=shape_of(_KEYS, ("timestamp", f"{_PAYLOAD}.@type")),
    anchors={_PAYLOAD: "methodName", "resource": "type", "httpRequest": "requestMethod", "operation": "id"},
    time='r."timestamp"',
    timestamp='try_cast(r."timestamp" AS TIMESTAMPTZ)',
    checks=checks_of(_KEYS),
    event_id="coalesce(log_name, '') || '/' || nullif(insert_id, '') || '/' || epoch_us(tp_timestamp)",
    index="""nullif(split_part(r."logName", '/', 2), '')""",
    fields=(Field("timestamp", INSTANT, "tp_timestamp", "When it happened."), *fields_of(_KEYS)),
    enrichment={
        "tp_source_ip": "coalesce(request_metadata.caller_ip, http_request.remote_ip)",
        "tp_destination_ip": "coalesce(request_metadata.destination_attributes.ip, http_request.local_ip)",
        "tp_ips": named(
            "request_metadata.caller_ip",
            "http_request.remote_ip",
            "request_metadata.destination_attributes.ip",
            "http_request.local_ip",
        ),
        "tp_usernames": named("authentication_info.principal_email", "authentication_info.principal_subject"),
        "tp_emails": named("authentication_info.principal_email"),
        "tp_akas": named("resource_name"),
    },
    references=("https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog",),
    sample=(
        b'{"insertId":"x1","logName":"projects/my-project/logs/cloudaudit.googleapis.com%2Factivity","severity":"NOTICE",'
        b'"timestamp":"2024-02-07T12:00:00.123456789Z","receiveTimestamp":"2024-02-07T12:00:01Z","protoPayload":{'
        b'"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"storage.googleapis.com",'
        b'"methodName":"storage.buckets.create","resourceName":"projects/_/buckets/ledger","status":{},'
        b'"authenticationInfo":{"principalEmail":"ada@example.com"},"authorizationInfo":[{"granted":true}],'
        b'"requestMetadata":{"callerIp":"2001:db8::9","callerSuppliedUserAgent":"gcloud","destinationAttributes":{}}},'
        b'"resource":{"type":"gcs_bucket","labels":{"bucket_name":"ledger"}}}\n'
    ),
)
