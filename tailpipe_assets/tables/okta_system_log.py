"""Okta's System Log: who signed in where, and what changed."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import Key, distinct, distinct_and, fields_of, key, named, parts, shape_of
from tailpipe_resources.model.schema import INSTANT

_ACTOR = parts(
    id="id",
    type="type",
    alternate_id="alternateId",
    display_name="displayName",
    detail_entry=Key("detailEntry", "detail_entry", "JSON"),
)
_USER_AGENT = parts(raw_user_agent="rawUserAgent", os="os", browser="browser")
_CLIENT = parts(
    user_agent=Key("userAgent", "user_agent", _USER_AGENT),
    zone="zone",
    device="device",
    id="id",
    ip_address="ipAddress",
    geographical_context=Key("geographicalContext", "geographical_context", "JSON"),
)
_AUTHENTICATION = parts(
    authentication_provider="authenticationProvider",
    credential_provider="credentialProvider",
    credential_type="credentialType",
    issuer=Key("issuer", "issuer", "JSON"),
    interface="interface",
    authentication_step=Key("authenticationStep", "authentication_step", "BIGINT"),
    root_session_id="rootSessionId",
    external_session_id="externalSessionId",
)
_SECURITY = parts(
    as_number=Key("asNumber", "as_number", "BIGINT"),
    as_org="asOrg",
    isp="isp",
    domain="domain",
    is_proxy=Key("isProxy", "is_proxy", "BOOLEAN"),
)
_KEYS = (
    key("uuid", "uuid", "Okta's own id of the event."),
    key("published", "published", "When it happened.", INSTANT),
    key("eventType", "event_type", "What happened, such as `user.session.start`."),
    key("version", "version", "Version of the event's form."),
    key("severity", "severity", "`DEBUG`, `INFO`, `WARN` or `ERROR`."),
    key("legacyEventType", "legacy_event_type", "The event's type in Okta's older API."),
    key("displayMessage", "display_message", "What happened, in words."),
    key("actor", "actor", "Who did it.", _ACTOR),
    key("client", "client", "The program and address it was done from.", _CLIENT),
    key("device", "device", "The registered device it was done from.", "JSON"),
    key("outcome", "outcome", "How it ended.", parts(result="result", reason="reason")),
    key("target", "target", "What it was done to.", "JSON"),
    key(
        "transaction",
        "transaction",
        "The web request or job it was part of.",
        parts(id="id", type="type", detail=Key("detail", "detail", "JSON")),
    ),
    key("authenticationContext", "authentication_context", "How the actor had proved who they are.", _AUTHENTICATION),
    key("securityContext", "security_context", "Whose network the address is of.", _SECURITY),
    key("debugContext", "debug_context", "What Okta adds for debugging: URI, risk, behaviors and more.", "JSON"),
    key("request", "request", "The addresses the request came along.", "JSON"),
)
_CHAIN = "json_extract_string(request, '$.ipChain[*].ip')"

OKTA_SYSTEM_LOG = Table(
    name="okta_system_log",
    description="Okta System Log events: sign-ins, and changes of users, groups, applications and policies.",
    formats=("json", "jsonl"),
    shape=shape_of(_KEYS),
    anchors={"client": "ipAddress", "outcome": "result", "authenticationContext": "externalSessionId"},
    time='r."published"',
    timestamp='try_cast(r."published" AS TIMESTAMPTZ)',
    event_id="uuid",
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": "client.ip_address",
        "tp_ips": distinct_and(_CHAIN, "client.ip_address"),
        "tp_usernames": named("actor.display_name", "actor.alternate_id"),
        "tp_emails": "CASE WHEN contains(actor.alternate_id, '@') THEN [actor.alternate_id] END",
        "tp_domains": "CASE WHEN security_context.domain <> '.' THEN [security_context.domain] END",
        "tp_akas": distinct("json_extract_string(target, '$[*].id')"),
    },
    references=("https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/",),
    sample=(
        b'[{"uuid":"dc9fd3c0-598c-11ef-8478-2b7584bf8d5a","published":"2024-08-13T15:58:20.353Z","eventType":"user.session.start",'
        b'"version":"0","severity":"INFO","displayMessage":"User login to Okta","actor":{"id":"00u1","type":"User",'
        b'"alternateId":"ada@example.com","displayName":"Ada Lovelace","detailEntry":null},'
        b'"client":{"userAgent":{"rawUserAgent":"Mozilla/5.0","os":"Mac OS X","browser":"FIREFOX"},"zone":"null",'
        b'"device":"Computer","id":null,"ipAddress":"2001:db8::9","geographicalContext":{"country":"Germany"}},"device":null,'
        b'"outcome":{"result":"SUCCESS","reason":null},"target":[{"id":"0oa1","type":"AppInstance"}],'
        b'"transaction":{"type":"WEB","id":"ab","detail":{}},"debugContext":{"debugData":{"requestUri":"/api/v1/authn"}},'
        b'"legacyEventType":"core.user_auth.login_success","authenticationContext":{"authenticationStep":0,'
        b'"externalSessionId":"s1"},"securityContext":{"asNumber":64500,"asOrg":"example","isp":"example isp",'
        b'"domain":"example.com","isProxy":false},"request":{"ipChain":[{"ip":"2001:db8::9","version":"V6"}]}}]\n'
    ),
)
