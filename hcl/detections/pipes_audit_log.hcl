# Turbot Pipes organizations.

detection "pipes_audit_log" "token_made" {
  title    = "An access token was made"
  severity = "low"
  mitre    = ["TA0003:T1098.001"]
  description = <<-EOT
    Meaning: a token works without a second factor until it is deleted.
    Look next: from which address, and what it is used for.
    Innocent causes: people who write scripts.
  EOT
  where = "action_type like '%token.create'"
  test "the attack" {
    event = {
      action_type  = "token.create"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action_type  = "token.delete"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = false
  }
}

detection "pipes_audit_log" "member_invited_or_raised" {
  title    = "Somebody was let into an organization or workspace"
  severity = "medium"
  mitre    = ["TA0003:T1136.003", "TA0004:T1098"]
  description = <<-EOT
    Meaning: another person may see connections and data, or may do more than before.
    Look next: who they are and which role they have.
    Innocent causes: new colleagues.
  EOT
  where = "regexp_matches(action_type, '(org|workspace|tenant)[._]?.*member[._](invite|create|add|accept|update)')"
  test "the attack" {
    event = {
      action_type  = "org.member.invite"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action_type  = "org.member.delete"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = false
  }
}

detection "pipes_audit_log" "connection_changed" {
  title    = "Credentials of a connection were changed or attached elsewhere"
  severity = "medium"
  mitre    = ["TA0003:T1098.001"]
  description = <<-EOT
    Meaning: connections hold credentials of clouds; one that is attached to another workspace can be asked from
    there.
    Look next: which connection, and queries since.
    Innocent causes: credentials that are renewed.
  EOT
  where = "regexp_matches(action_type, 'connection[a-z_.]*[.](create|update|attach)')"
  test "the attack" {
    event = {
      action_type  = "workspace.connection.create"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action_type  = "workspace.connection.delete"
      actor_handle = "ann"
      actor_ip     = "203.0.113.66"
    }
    expect = false
  }
}

detection "pipes_audit_log" "workspaces_deleted" {
  title    = "Several workspaces or connections deleted"
  severity = "high"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: somebody takes down what is there.
    Look next: whether the person works on it, and backups.
    Innocent causes: a project that ends.
  EOT
  where = "regexp_matches(action_type, '[.](delete|uninstall)$')"
  threshold {
    group_by = ["actor_handle"]
    distinct = "concat(action_type, ' ', target_handle)"
    min      = 5
    window   = "10m"
  }
  test "the attack" {
    events = [
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w0", tp_timestamp = "2026-11-20T10:00:00Z" },
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w1", tp_timestamp = "2026-11-20T10:01:00Z" },
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w2", tp_timestamp = "2026-11-20T10:02:00Z" },
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w3", tp_timestamp = "2026-11-20T10:03:00Z" },
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w4", tp_timestamp = "2026-11-20T10:04:00Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { action_type = "workspace.delete", actor_handle = "ann", actor_ip = "203.0.113.66", target_handle = "w1", tp_timestamp = "2026-11-20T10:00:00Z" },
    ]
    expect = false
  }
}

detection "pipes_audit_log" "used_from_several_addresses" {
  title    = "One person acts from several addresses"
  severity = "medium"
  mitre    = ["TA0001:T1078"]
  description = <<-EOT
    Meaning: a session or token may be in other hands.
    Look next: where the addresses are, and what each did.
    Innocent causes: a mobile phone; a VPN that switches.
  EOT
  where = "actor_ip is not null and process_id is null"
  threshold {
    group_by = ["actor_handle"]
    distinct = "actor_ip"
    min      = 4
    window   = "1h"
  }
  test "the attack" {
    events = [
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.0", tp_timestamp = "2026-11-20T10:00:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.1", tp_timestamp = "2026-11-20T10:01:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.2", tp_timestamp = "2026-11-20T10:02:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.3", tp_timestamp = "2026-11-20T10:03:00Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.66", tp_timestamp = "2026-11-20T10:01:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.66", tp_timestamp = "2026-11-20T10:02:00Z" },
      { action_type = "workspace.update", actor_handle = "ann", actor_ip = "203.0.113.66", tp_timestamp = "2026-11-20T10:03:00Z" },
    ]
    expect = false
  }
}
