"""GitHub's audit log: who did what in an organisation or enterprise."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Table
from tailpipe_assets.tables.json_columns import checks_of, fields_of, instant_of, key, made, named, shape_of, without
from tailpipe_resources.model.schema import INSTANT

_KEYS = (
    key("action", "action", "What was done, such as `repo.create`."),
    key("operation_type", "operation_type", "`create`, `modify`, `remove`, `access` and others."),
    key("actor", "actor", "Who did it."),
    key("actor_id", "actor_id", "That user's id.", "BIGINT"),
    key("actor_ip", "actor_ip", "The address it was done from."),
    key("actor_location", "actor_location", "Where that address is.", "JSON"),
    key("business", "business", "The enterprise."),
    key("business_id", "business_id", "The enterprise's id.", "BIGINT"),
    made("created_at", INSTANT, instant_of('r."created_at"'), "When it was done."),
    key("_document_id", "document_id", "GitHub's own id of the event."),
    key("external_identity_nameid", "external_identity_name_id", "The actor's SAML name id."),
    key("external_identity_username", "external_identity_username", "The actor's name at the identity provider."),
    key("hashed_token", "hashed_token", "The SHA-256 digest of the token that was used."),
    key("org", "org", "The organisation."),
    key("repo", "repo", "The repository, as `owner/name`."),
    key("org_id", "org_id", "The organisation's id."),
    made("timestamp", INSTANT, "tp_timestamp", "When it was done, by the event's own time stamp."),
    key("token_id", "token_id", "The token's id.", "BIGINT"),
    key("token_scopes", "token_scopes", "What the token may do."),
    key("user", "user", "Whom it was done to."),
    key("user_id", "user_id", "That user's id.", "BIGINT"),
)
_TAKEN = ("@timestamp", "created_at", *(each.path for each in _KEYS if each.path))
_REST = made("additional_fields", "JSON", without("raw", _TAKEN), "What else the event says.")

GITHUB_AUDIT_LOG = Table(
    name="github_audit_log",
    description="GitHub audit log events: who did what in an organisation or enterprise.",
    formats=("json", "jsonl"),
    shape=shape_of(_KEYS, ("@timestamp", "created_at")),
    time='coalesce(r."@timestamp", r."created_at")',
    timestamp=instant_of('coalesce(r."@timestamp", r."created_at")'),
    checks=checks_of(_KEYS),
    event_id="document_id",
    index='coalesce(r."org", r."business")',
    fields=fields_of((*_KEYS, _REST)),
    enrichment={
        "tp_source_ip": "actor_ip",
        "tp_ips": named("actor_ip"),
        "tp_usernames": named("actor", '"user"', "external_identity_username"),
        "tp_emails": "CASE WHEN contains(external_identity_name_id, '@') THEN [external_identity_name_id] END",
    },
    references=(
        (
            "https://docs.github.com/en/organizations/keeping-your-organization-secure/"
            "managing-security-settings-for-your-organization/audit-log-events-for-your-organization"
        ),
    ),
    sample=(
        b'{"@timestamp":1707307200123,"_document_id":"Vb1-a","action":"repo.create","actor":"octocat","actor_id":583231,'
        b'"actor_ip":"203.0.113.9","actor_location":{"country_code":"DE"},"business":"acme","business_id":7,'
        b'"created_at":1707307200123,"operation_type":"create","org":"acme-shop","org_id":42,"repo":"acme-shop/web",'
        b'"user_agent":"curl/8","visibility":"private"}\n'
        b'{"@timestamp":1707307201000,"_document_id":"Vb1-b","action":"org.add_member","actor":"octocat","org":"acme-shop",'
        b'"user":"hubot","user_id":99}\n'
    ),
)
