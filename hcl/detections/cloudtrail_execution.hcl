# Commands and machines are started.

detection "aws_cloudtrail_log" "command_run_on_many_instances" {
  title    = "A command was sent to several instances"
  severity = "medium"
  mitre    = ["TA0002:T1651", "TA0008:T1021.007"]
  description = <<-EOT
    Meaning: a script runs as root on several instances at once.
    Look next: the command (GetCommandInvocation, or the agent's log on the instance) and what started from it.
    Innocent causes: maintenance by people who do that; except their role.
  EOT
  where = <<-EOT
    event_source = 'ssm.amazonaws.com' and event_name = 'SendCommand'
    and user_identity.invoked_by is null and request_parameters ->> 'documentName' in ('AWS-RunShellScript', 'AWS-RunPowerShellScript', 'AWS-RunRemoteScript')
    and (json_array_length(request_parameters -> 'instanceIds') >= 3 or json_array_length(request_parameters -> 'targets') > 0)
  EOT
  test "the attack" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "SendCommand"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { documentName = "AWS-RunShellScript", instanceIds = ["i-1", "i-2", "i-3"] }
    }
    expect = true
  }
  test "one instance" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "SendCommand"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { documentName = "AWS-RunShellScript", instanceIds = ["i-1"] }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "session_opened_on_instance" {
  title    = "A shell was opened on an instance"
  severity = "low"
  mitre    = ["TA0002:T1651", "TA0008:T1021.007"]
  description = <<-EOT
    Meaning: somebody has a shell on an instance or in a container, without a network connection to it.
    Look next: the session's log, and whether this person works there.
    Innocent causes: daily work, where sessions are the way to log in: then except those roles.
  EOT
  where = "event_source = 'ssm.amazonaws.com' and event_name in ('StartSession', 'ResumeSession') or event_source = 'ecs.amazonaws.com' and event_name = 'ExecuteCommand'"
  test "the attack" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "StartSession"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { target = "i-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "TerminateSession"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { sessionId = "s" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "shells_opened_on_many_instances" {
  title    = "One caller opens shells on several instances"
  severity = "high"
  mitre    = ["TA0002:T1651", "TA0008:T1021.007"]
  description = <<-EOT
    Meaning: somebody goes from instance to instance.
    Look next: what was run in the sessions.
    Innocent causes: an incident in which somebody looks for a fault.
  EOT
  where = "event_source = 'ssm.amazonaws.com' and event_name = 'StartSession'"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "request_parameters ->> 'target'"
    min      = 3
    window   = "15m"
  }
  test "the attack" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-1" }, tp_timestamp = "2026-11-20T10:01:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-2" }, tp_timestamp = "2026-11-20T10:02:00Z" },
    ]
    expect = true
  }
  test "the same instance" {
    events = [
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-1" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-1" }, tp_timestamp = "2026-11-20T10:01:00Z" },
      { event_source = "ssm.amazonaws.com", event_name = "StartSession", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { target = "i-1" }, tp_timestamp = "2026-11-20T10:02:00Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "user_data_changed" {
  title    = "The start script of an instance was changed"
  severity = "high"
  mitre    = ["TA0002:T1059.009"]
  description = <<-EOT
    Meaning: the script runs as root when the instance starts again; usually the instance is stopped and started
    for that.
    Look next: StopInstances and StartInstances by the same caller, and the script itself.
    Innocent causes: rare: instances are replaced nowadays.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'ModifyInstanceAttribute' and request_parameters ->> 'userData' is not null"
  dedupe {
    by = ["request_parameters ->> 'instanceId'"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifyInstanceAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceId = "i-1", userData = "<sensitiveDataRemoved>" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifyInstanceAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceId = "i-1", instanceType = { value = "t3.micro" } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "unusual_instances_launched" {
  title    = "Costly or very many instances launched"
  severity = "high"
  mitre    = ["TA0040:T1496.001", "TA0005:T1578.002"]
  description = <<-EOT
    Meaning: machines with graphics processors or of the largest sizes, as for mining. A refused attempt counts.
    Look next: other regions, quota requests (servicequotas) and who owns the key.
    Innocent causes: teams that train models: except their roles.
  EOT
  where = <<-EOT
    event_source = 'ec2.amazonaws.com' and event_name = 'RunInstances'
    and (regexp_matches(request_parameters ->> 'instanceType', '^(p[0-9]|g[0-9]|gr[0-9]|inf|trn|dl[0-9]|vt|f[0-9]|hpc|u-|x[0-9])|\.(metal|(16|24|32|48)xlarge)')
      or TRY_CAST(request_parameters ->> '$.instancesSet.items[0].maxCount' AS INTEGER) >= 20)
    and user_identity.invoked_by is null
  EOT
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "RunInstances"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceType = "p2.xlarge", instancesSet = { items = [{ maxCount = 1 }] } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "RunInstances"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { instanceType = "t3.micro", instancesSet = { items = [{ maxCount = 1 }] } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "build_run_with_own_commands" {
  title    = "A build was started with other commands than its own"
  severity = "medium"
  mitre    = ["TA0002:T1648"]
  description = <<-EOT
    Meaning: a build project's role runs commands that are not in its repository.
    Look next: the build's log.
    Innocent causes: a test of a new build.
  EOT
  where = "event_source = 'codebuild.amazonaws.com' and event_name = 'StartBuild' and (request_parameters ->> 'buildspecOverride' is not null or request_parameters ->> 'sourceLocationOverride' is not null)"
  test "the attack" {
    event = {
      event_source       = "codebuild.amazonaws.com"
      event_name         = "StartBuild"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { projectName = "shop", buildspecOverride = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "codebuild.amazonaws.com"
      event_name         = "StartBuild"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { projectName = "shop" }
    }
    expect = false
  }
}
