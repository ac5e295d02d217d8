# Credentials are taken: secrets, passwords, sessions of roles.

detection "aws_cloudtrail_log" "console_passwords_sprayed" {
  title    = "One address tries the console as several users"
  severity = "high"
  mitre    = ["TA0006:T1110.003"]
  description = <<-EOT
    Meaning: one password, or a list of them, is tried for several users.
    Look next: logins from the address that succeeded.
    Innocent causes: a shared office address on the morning after passwords expired.
  EOT
  where = "event_name = 'ConsoleLogin' and response_elements ->> 'ConsoleLogin' = 'Failure' and user_identity.user_name <> 'HIDDEN_DUE_TO_SECURITY_REASONS'"
  threshold {
    group_by = ["source_ip_address"]
    distinct = "user_identity.user_name"
    min      = 4
    window   = "1h"
  }
  test "the attack" {
    events = [
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "user0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "user1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "user2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "user3" }, tp_timestamp = "2026-11-20T10:00:03Z" },
    ]
    expect = true
  }
  test "one user" {
    events = [
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", user_identity = { user_name = "ann" }, tp_timestamp = "2026-11-20T10:00:03Z" },
    ]
    expect = false
  }
}
