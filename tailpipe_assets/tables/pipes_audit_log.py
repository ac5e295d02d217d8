"""Turbot Pipes' audit log: who did what in an organisation."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import fields_of, key, made, named, shape_of
from tailpipe_resources.model.schema import INSTANT

_KEYS = (
    key("action_type", "action_type", "What was done, such as `workspace.create`."),
    key("actor_avatar_url", "actor_avatar_url", "A picture of who did it."),
    key("actor_display_name", "actor_display_name", "Their name for people."),
    key("actor_handle", "actor_handle", "Their handle."),
    key("actor_id", "actor_id", "Their id."),
    key("actor_ip", "actor_ip", "The address it was done from."),
    made("created_at", INSTANT, "tp_timestamp", "When it was done."),
    key("data", "data", "What else the event says, such as values before and after.", "JSON"),
    key("id", "id", "Pipes' own id of the event."),
    key("identity_handle", "identity_handle", "The organisation or user it was done in."),
    key("identity_id", "identity_id", "Its id."),
    key("process_id", "process_id", "The process that did it, when one did."),
    key("target_handle", "target_handle", "What it was done to."),
    key("target_id", "target_id", "Its id."),
    key("tenant_id", "tenant_id", "The tenant."),
)

PIPES_AUDIT_LOG = Table(
    name="pipes_audit_log",
    description="Turbot Pipes audit log events: who did what in an organisation.",
    formats=("json", "jsonl"),
    format_options={"records": "items"},
    shape=shape_of(_KEYS, ("created_at",)),
    time='r."created_at"',
    timestamp='try_cast(r."created_at" AS TIMESTAMPTZ)',
    event_id="id",
    index='r."identity_handle"',
    fields=fields_of(_KEYS),
    enrichment={
        "tp_source_ip": "actor_ip",
        "tp_ips": named("actor_ip"),
        "tp_akas": named("target_id"),
        "tp_usernames": named("actor_handle", "actor_id"),
    },
    references=("https://turbot.com/pipes/docs/activity/audit",),
    sample=(
        b'{"items":[{"action_type":"workspace.create","actor_avatar_url":"https://example.com/a.png",'
        b'"actor_display_name":"Ada","actor_handle":"ada","actor_id":"u_1","actor_ip":"203.0.113.9",'
        b'"created_at":"2024-02-07T12:00:00Z","data":{"handle":"dev"},"id":"ae_1","identity_handle":"acme",'
        b'"identity_id":"o_1","process_id":"p_1","target_handle":"dev","target_id":"w_1","tenant_id":"t_1"}]}\n'
    ),
)
