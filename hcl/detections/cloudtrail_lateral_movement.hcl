# Somebody goes on to machines, roles and accounts.

detection "aws_cloudtrail_log" "ssh_key_pushed" {
  title    = "An SSH key was put on an instance"
  severity = "medium"
  mitre    = ["TA0008:T1021.004", "TA0003:T1098.004"]
  description = <<-EOT
    Meaning: somebody logs in to an instance with a key that was not there.
    Look next: the login on the instance, and who may use Instance Connect.
    Innocent causes: people who log in this way: except them.
  EOT
  where = "event_source = 'ec2-instance-connect.amazonaws.com' and event_name = 'SendSSHPublicKey'"
  dedupe {
    by = ["user_identity.arn"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2-instance-connect.amazonaws.com"
      event_name         = "SendSSHPublicKey"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceId = "i-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DescribeInstances"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "serial_console_used" {
  title    = "The serial console was opened or used"
  severity = "high"
  mitre    = ["TA0008:T1021"]
  description = <<-EOT
    Meaning: the serial console reaches an instance past all network rules.
    Look next: which instance, and what was done there.
    Innocent causes: repair of an instance that does not start.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'EnableSerialConsoleAccess' or event_source = 'ec2-instance-connect.amazonaws.com' and event_name = 'SendSerialConsoleSSHPublicKey'"
  dedupe {
    by = ["user_identity.arn"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2-instance-connect.amazonaws.com"
      event_name         = "SendSerialConsoleSSHPublicKey"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceId = "i-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DisableSerialConsoleAccess"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "many_roles_assumed" {
  title    = "One caller assumes, or tries to assume, many roles"
  severity = "medium"
  mitre    = ["TA0008:T1550.001"]
  description = <<-EOT
    Meaning: somebody finds out which roles let them in.
    Look next: roles that did, and what their sessions did.
    Innocent causes: tools that visit every account: except their role.
  EOT
  where = "event_source = 'sts.amazonaws.com' and event_name = 'AssumeRole' and user_identity.type <> 'AWSService' and user_identity.invoked_by is null"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "request_parameters ->> 'roleArn'"
    min      = 8
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r3" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r4" }, tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r5" }, tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r6" }, tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r7" }, tp_timestamp = "2026-11-20T10:00:07Z" },
    ]
    expect = true
  }
  test "the same role" {
    events = [
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "sts.amazonaws.com", event_name = "AssumeRole", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }, tp_timestamp = "2026-11-20T10:00:07Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "role_chain_to_other_account" {
  title    = "A role session assumes a role in another account"
  severity = "low"
  mitre    = ["TA0008:T1550.001"]
  description = <<-EOT
    Meaning: an instance goes on into another account.
    Look next: what the session did there.
    Innocent causes: deployment hosts: except their role.
  EOT
  where = <<-EOT
    event_source = 'sts.amazonaws.com' and event_name = 'AssumeRole'
    and user_identity.type = 'AssumedRole' and user_identity.account_id <> regexp_extract(request_parameters ->> 'roleArn', '::([0-9]{12}):', 1)
    and user_identity.invoked_by is null and user_identity.arn like '%/i-%'
  EOT
  test "the attack" {
    event = {
      event_source       = "sts.amazonaws.com"
      event_name         = "AssumeRole"
      request_parameters = { roleArn = "arn:aws:iam::444455556666:role/r" }
      user_identity      = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b", account_id = "111122223333" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "sts.amazonaws.com"
      event_name         = "AssumeRole"
      request_parameters = { roleArn = "arn:aws:iam::111122223333:role/r" }
      user_identity      = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b", account_id = "111122223333" }
    }
    expect = false
  }
}
