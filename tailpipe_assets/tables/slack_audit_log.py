"""Slack's audit logs: what people and apps did in an organisation."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import (
    Key,
    distinct,
    distinct_and,
    fields_of,
    key,
    made,
    named,
    parts,
    shape_of,
)
from tailpipe_resources.model.schema import INSTANT

_USER = parts(id="id", name="name", email="email", team="team")
_LOCATION = parts(type="type", id="id", name="name", domain="domain")
_CONTEXT = parts(
    location=Key("location", "location", _LOCATION), ua="ua", ip_address="ip_address", session_id="session_id"
)
_SECONDS = 'try_cast(r."date_create" AS BIGINT)'
_KEYS = (
    key("id", "id", "Slack's own id of the event."),
    made("date_create", INSTANT, "tp_timestamp", "When it happened."),
    key("action", "action", "What was done, such as `user_login`."),
    key("actor", "actor", "Who did it.", parts(type="type", user=Key("user", "user", _USER))),
    key("entity", "entity", "What it was done to: `type`, and under that name the thing itself.", "JSON"),
    key("context", "context", "Where in Slack and from where on the network it was done.", _CONTEXT),
    key("details", "details", "What else the event says.", "JSON"),
)
_ENTITY = "json_extract_string(entity, '$.*.{}')"

SLACK_AUDIT_LOG = Table(
    name="slack_audit_log",
    description="Slack audit log events: sign-ins, files, channels, apps and settings of an organisation.",
    formats=("json", "jsonl"),
    format_options={"records": "entries"},
    shape=shape_of(_KEYS, ("date_create",)),
    anchors={"actor": "type", "context": "ip_address"},
    time='r."date_create"',
    timestamp=f"CASE WHEN {_SECONDS} BETWEEN 0 AND 253402300799 THEN make_timestamptz({_SECONDS} * 1000000) END",
    event_id="id",
    index='r."context"."location"."id"',
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": "context.ip_address",
        "tp_ips": named("context.ip_address"),
        "tp_usernames": named('actor."user".name', 'actor."user".id'),
        "tp_emails": distinct_and(_ENTITY.format("email"), 'actor."user".email'),
        "tp_domains": named("context.location.domain"),
        "tp_akas": distinct(_ENTITY.format("id")),
    },
    references=("https://docs.slack.dev/admins/audit-logs-api/",),
    sample=(
        b'{"entries":[{"id":"0123a45b-6c7d-8900-e12f-3456789gh0i1","date_create":1521214343,"action":"user_login",'
        b'"actor":{"type":"user","user":{"id":"W123AB456","name":"Charlie Parker","email":"bird@slack.com"}},'
        b'"entity":{"type":"user","user":{"id":"W123AB456","name":"Charlie Parker","email":"bird@slack.com"}},'
        b'"context":{"location":{"type":"enterprise","id":"E1701NCCA","name":"Birdland","domain":"birdland"},'
        b'"ua":"Mozilla/5.0","ip_address":"1.23.45.678"}}]}\n'
    ),
)
