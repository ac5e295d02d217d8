# Credentials are taken: secrets, passwords, sessions of roles.

detection "aws_cloudtrail_log" "windows_passwords_read" {
  title    = "Many Windows administrator passwords asked for"
  severity = "high"
  mitre    = ["TA0006:T1552"]
  description = <<-EOT
    Meaning: one caller asks for the administrator password of many instances, with or without success.
    Look next: which instances, whether the key pairs are at hand, and remote desktop logins to them.
    Innocent causes: a migration of a Windows fleet, or an inventory tool that asks everything.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'GetPasswordData'"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "request_parameters ->> 'instanceId'"
    min      = 10
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-3" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-4" }, tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-5" }, tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-6" }, tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-7" }, tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-8" }, tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-9" }, tp_timestamp = "2026-11-20T10:00:09Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ec2.amazonaws.com", event_name = "GetPasswordData", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { instanceId = "i-2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "secrets_read_in_bulk" {
  title    = "Many secrets read in minutes"
  severity = "high"
  mitre    = ["TA0006:T1555.006"]
  description = <<-EOT
    Meaning: one caller at one address reads far more secrets than it writes. Deployment tools read back what
    they wrote, so each write makes up for two reads.
    Look next: which secrets, whether they were listed before, and where their credentials were used since.
    Rotate them.
    Innocent causes: a backup of secrets, or a start of a large application without a cache of its own.
  EOT
  where = "event_source = 'secretsmanager.amazonaws.com' and event_name in ('GetSecretValue', 'CreateSecret', 'PutSecretValue')"
  threshold {
    group_by = ["user_identity.arn", "source_ip_address"]
    sum      = "if(event_name = 'GetSecretValue', 1, -2)"
    min      = 15
    window   = "2m"
  }
  test "the attack" {
    events = [
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s0" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s1" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s2" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s3" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s4" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s5" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s6" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s7" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s8" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s9" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:09Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s10" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:10Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s11" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:11Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s12" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:12Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s13" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:13Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s14" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:14Z" },
    ]
    expect = true
  }
  test "reading back what was written" {
    events = [
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s0" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s1" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s2" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s3" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s4" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s5" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s6" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "PutSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s7" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s8" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s9" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:09Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s10" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:10Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s11" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:11Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s12" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:12Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s13" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:13Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s14" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:14Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s15" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:15Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s16" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:16Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s17" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:17Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s18" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:18Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s19" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:19Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s20" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:20Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s21" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:21Z" },
      { event_source = "secretsmanager.amazonaws.com", event_name = "GetSecretValue", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { secretId = "s22" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:22Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "secrets_read_by_filter" {
  title    = "Secrets read by a filter in place of names"
  severity = "high"
  mitre    = ["TA0006:T1555.006"]
  description = <<-EOT
    Meaning: applications know the names of their secrets; a filter takes whatever is there.
    Look next: which secrets the answer held (GetSecretValue events of the same time), and what their
    credentials did since.
    Innocent causes: an application written to find its secrets by tag.
  EOT
  where = <<-EOT
    event_source = 'secretsmanager.amazonaws.com' and event_name = 'BatchGetSecretValue'
    and (json_array_length(request_parameters -> 'filters') > 0 or json_array_length(request_parameters -> 'secretIdList') >= 10)
  EOT
  test "the attack" {
    event = {
      event_source       = "secretsmanager.amazonaws.com"
      event_name         = "BatchGetSecretValue"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { filters = [{ key = "name", values = ["prod"] }] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "secretsmanager.amazonaws.com"
      event_name         = "BatchGetSecretValue"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { secretIdList = ["shop/database"] }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "parameters_decrypted_in_bulk" {
  title    = "Many encrypted parameters read in minutes"
  severity = "high"
  mitre    = ["TA0006:T1555.006"]
  description = <<-EOT
    Meaning: one caller decrypts parameters by the dozen, more than it wrote. A tool that deploys parameters
    reads them back; each one written makes up for three.
    Look next: which names, whether DescribeParameters came just before, and what the credentials in them did
    since.
    Innocent causes: the start of an application with very many settings.
  EOT
  where = <<-EOT
    event_source = 'ssm.amazonaws.com' and (
      (event_name = 'GetParameters' and json_array_length(request_parameters -> 'names') >= 5 and request_parameters ->> 'withDecryption' = 'true')
      or (event_name = 'GetParametersByPath' and request_parameters ->> 'withDecryption' = 'true' and request_parameters ->> 'recursive' = 'true')
      or (event_name = 'PutParameter' and error_code is null))
  EOT
  threshold {
    group_by = ["user_identity.arn"]
    sum      = "case event_name when 'GetParameters' then json_array_length(request_parameters -> 'names') when 'PutParameter' then -3 else 10 end"
    min      = 20
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/p0/0", "/p0/1", "/p0/2", "/p0/3", "/p0/4", "/p0/5", "/p0/6"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/p1/0", "/p1/1", "/p1/2", "/p1/3", "/p1/4", "/p1/5", "/p1/6"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/p2/0", "/p2/1", "/p2/2", "/p2/3", "/p2/4", "/p2/5", "/p2/6"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/shop/url", "/shop/password"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/shop/url", "/shop/password"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ssm.amazonaws.com", event_name = "GetParameters", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { names = ["/shop/url", "/shop/password"], withDecryption = true }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "instance_credentials_at_operators_address" {
  title    = "An instance role used from an address that ran commands on instances"
  severity = "high"
  mitre    = ["TA0006:T1552.005", "TA0008:T1550.001"]
  description = <<-EOT
    Meaning: an instance's own credentials and somebody who runs commands on instances come from one address:
    the credentials were taken off the instance.
    Look next: what the role's session did since, and the command that was run. End the role's sessions.
    Innocent causes: commands sent from a bastion host by people with credentials of their own.
  EOT
  where = <<-EOT
    (user_identity.arn like '%:assumed-role/%/i-%')
    or (event_name in ('SendCommand', 'StartSession', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey', 'ModifyInstanceAttribute')
      and user_identity.arn not like '%/i-%')
  EOT
  threshold {
    group_by = ["source_ip_address"]
    distinct = "user_identity.arn like '%/i-%'"
    min      = 2
    window   = "1h"
  }
  test "the attack" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "SendCommand", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "sts.amazonaws.com", event_name = "GetCallerIdentity", source_ip_address = "203.0.113.66", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:01:00Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "SendCommand", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "sts.amazonaws.com", event_name = "GetCallerIdentity", source_ip_address = "198.51.100.9", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:01:00Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "console_passwords_guessed" {
  title    = "Many failed console logins from one address"
  severity = "medium"
  mitre    = ["TA0006:T1110"]
  description = <<-EOT
    Meaning: somebody guesses passwords of the console.
    Look next: whether a login from the address succeeded, and for which user.
    Innocent causes: a password that was changed and is still stored in a browser.
  EOT
  where = "event_name = 'ConsoleLogin' and response_elements ->> 'ConsoleLogin' = 'Failure'"
  threshold {
    group_by = ["source_ip_address"]
    count    = 8
    window   = "15m"
  }
  test "the attack" {
    events = [
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:07Z" },
    ]
    expect = true
  }
  test "a mistyped password" {
    events = [
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ConsoleLogin", response_elements = { ConsoleLogin = "Failure" }, source_ip_address = "203.0.113.66", tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = false
  }
}
