# Slack organizations.

detection "slack_audit_log" "files_taken_in_bulk" {
  title    = "One person downloads very many files"
  severity = "medium"
  mitre    = ["TA0009:T1213.005"]
  description = <<-EOT
    Meaning: somebody gathers what is in channels.
    Look next: which channels, from which address, and whether the person is about to leave.
    Innocent causes: a move of documents to another place.
  EOT
  where = "action in ('file_downloaded', 'file_downloaded_blocked', 'canvas_downloaded')"
  threshold {
    group_by = ["actor.user.id"]
    distinct = "entity ->> '$.file.id'"
    min      = 50
    window   = "30m"
  }
  test "the attack" {
    events = [
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F0" } }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F2" } }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F3" } }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F4" } }, tp_timestamp = "2026-11-20T10:00:04Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F5" } }, tp_timestamp = "2026-11-20T10:00:05Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F6" } }, tp_timestamp = "2026-11-20T10:00:06Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F7" } }, tp_timestamp = "2026-11-20T10:00:07Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F8" } }, tp_timestamp = "2026-11-20T10:00:08Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F9" } }, tp_timestamp = "2026-11-20T10:00:09Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F10" } }, tp_timestamp = "2026-11-20T10:00:10Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F11" } }, tp_timestamp = "2026-11-20T10:00:11Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F12" } }, tp_timestamp = "2026-11-20T10:00:12Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F13" } }, tp_timestamp = "2026-11-20T10:00:13Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F14" } }, tp_timestamp = "2026-11-20T10:00:14Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F15" } }, tp_timestamp = "2026-11-20T10:00:15Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F16" } }, tp_timestamp = "2026-11-20T10:00:16Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F17" } }, tp_timestamp = "2026-11-20T10:00:17Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F18" } }, tp_timestamp = "2026-11-20T10:00:18Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F19" } }, tp_timestamp = "2026-11-20T10:00:19Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F20" } }, tp_timestamp = "2026-11-20T10:00:20Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F21" } }, tp_timestamp = "2026-11-20T10:00:21Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F22" } }, tp_timestamp = "2026-11-20T10:00:22Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F23" } }, tp_timestamp = "2026-11-20T10:00:23Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F24" } }, tp_timestamp = "2026-11-20T10:00:24Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F25" } }, tp_timestamp = "2026-11-20T10:00:25Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F26" } }, tp_timestamp = "2026-11-20T10:00:26Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F27" } }, tp_timestamp = "2026-11-20T10:00:27Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F28" } }, tp_timestamp = "2026-11-20T10:00:28Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F29" } }, tp_timestamp = "2026-11-20T10:00:29Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F30" } }, tp_timestamp = "2026-11-20T10:00:30Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F31" } }, tp_timestamp = "2026-11-20T10:00:31Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F32" } }, tp_timestamp = "2026-11-20T10:00:32Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F33" } }, tp_timestamp = "2026-11-20T10:00:33Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F34" } }, tp_timestamp = "2026-11-20T10:00:34Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F35" } }, tp_timestamp = "2026-11-20T10:00:35Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F36" } }, tp_timestamp = "2026-11-20T10:00:36Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F37" } }, tp_timestamp = "2026-11-20T10:00:37Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F38" } }, tp_timestamp = "2026-11-20T10:00:38Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F39" } }, tp_timestamp = "2026-11-20T10:00:39Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F40" } }, tp_timestamp = "2026-11-20T10:00:40Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F41" } }, tp_timestamp = "2026-11-20T10:00:41Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F42" } }, tp_timestamp = "2026-11-20T10:00:42Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F43" } }, tp_timestamp = "2026-11-20T10:00:43Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F44" } }, tp_timestamp = "2026-11-20T10:00:44Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F45" } }, tp_timestamp = "2026-11-20T10:00:45Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F46" } }, tp_timestamp = "2026-11-20T10:00:46Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F47" } }, tp_timestamp = "2026-11-20T10:00:47Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F48" } }, tp_timestamp = "2026-11-20T10:00:48Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F49" } }, tp_timestamp = "2026-11-20T10:00:49Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { action = "file_downloaded", actor = { type = "user", user = { id = "U1", email = "ann@example.com" } }, entity = { type = "file", file = { id = "F1" } }, tp_timestamp = "2026-11-20T10:00:04Z" },
    ]
    expect = false
  }
}

detection "slack_audit_log" "anomaly_reported" {
  title    = "Slack itself reports an anomaly"
  severity = "high"
  mitre    = ["TA0001:T1078"]
  description = <<-EOT
    Meaning: Slack saw a session, address or amount that does not fit.
    Look next: details.reason, and the session's other acts.
    Innocent causes: travel; a new VPN.
  EOT
  where = "action = 'anomaly' and not coalesce(CAST(details AS VARCHAR) like '%unexpected_client%', false)"
  test "the attack" {
    event = {
      action  = "anomaly"
      actor   = { type = "user", user = { id = "U1", email = "ann@example.com" } }
      details = { reason = ["asn", "ip_address"] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action = "user_login"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = false
  }
}

detection "slack_audit_log" "second_factor_off" {
  title    = "A second factor or single sign-on is no longer required"
  severity = "high"
  mitre    = ["TA0005:T1556.006"]
  description = <<-EOT
    Meaning: how people come in was changed.
    Look next: the value before and after, and logins since.
    Innocent causes: administrators who announced it.
  EOT
  where = "action in ('pref.two_factor_auth_changed', 'pref.sso_setting_changed', 'pref.ent_sso_setting_changed', 'pref.enterprise_mobile_device_check', 'sso_setting_changed')"
  test "the attack" {
    event = {
      action = "pref.two_factor_auth_changed"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action = "user_login"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = false
  }
}

detection "slack_audit_log" "role_raised" {
  title    = "Somebody became an owner or administrator"
  severity = "medium"
  mitre    = ["TA0004:T1098"]
  description = <<-EOT
    Meaning: more rights over the organization.
    Look next: who gave them, and what the person does with them.
    Innocent causes: a change of jobs.
  EOT
  where = "action in ('role_change_to_owner', 'role_change_to_admin', 'owner_transferred', 'role_assigned', 'permissions_assigned')"
  test "the attack" {
    event = {
      action = "role_change_to_owner"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action = "role_change_to_user"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = false
  }
}

detection "slack_audit_log" "organization_exported" {
  title    = "An export of messages was started"
  severity = "high"
  mitre    = ["TA0009:T1213.005"]
  description = <<-EOT
    Meaning: all messages go into a file.
    Look next: who downloaded it, and from where.
    Innocent causes: legal requests, of which the legal department knows.
  EOT
  where = "action in ('manual_export_started', 'manual_user_export_started', 'manual_export_downloaded', 'scheduled_export_started', 'legal_hold_policy_exported')"
  test "the attack" {
    event = {
      action = "manual_export_started"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action = "manual_export_deleted"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = false
  }
}

detection "slack_audit_log" "app_installed_with_rights" {
  title    = "An app was approved or got more rights"
  severity = "low"
  mitre    = ["TA0003:T1671"]
  description = <<-EOT
    Meaning: the app may read or write more than before.
    Look next: its scopes and who made it.
    Innocent causes: apps people asked for.
  EOT
  where = "action in ('app_scopes_expanded', 'app_approved', 'app_resources_granted', 'org_app_workspace_added', 'app_token_preserved')"
  test "the attack" {
    event = {
      action = "app_scopes_expanded"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      action = "app_uninstalled"
      actor  = { type = "user", user = { id = "U1", email = "ann@example.com" } }
    }
    expect = false
  }
}
