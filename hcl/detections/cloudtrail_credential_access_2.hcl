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
  where = <<-EOT
    event_name = 'ConsoleLogin'
    and response_elements ->> 'ConsoleLogin' = 'Failure'
    and user_identity.user_name <> 'HIDDEN_DUE_TO_SECURITY_REASONS'
  EOT
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

detection "aws_cloudtrail_log" "parameter_or_secret_refused" {
  title    = "One caller is refused many secrets"
  severity = "medium"
  mitre    = ["TA0006:T1555.006"]
  description = <<-EOT
    Meaning: somebody tries every name they know.
    Look next: what was allowed, and who uses the credential.
    Innocent causes: an application whose permissions were just cut down.
  EOT
  where = <<-EOT
    event_source in ('secretsmanager.amazonaws.com', 'ssm.amazonaws.com')
    and event_name in ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', 'GetParameters',
      'GetParametersByPath')
    and error_code in ('AccessDenied', 'AccessDeniedException')
  EOT
  threshold {
    group_by = ["user_identity.arn"]
    count    = 10
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:09Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:09Z" },
    ]
    expect = false
  }
}
