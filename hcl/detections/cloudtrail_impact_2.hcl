# Data is destroyed or encrypted, or the account is used up.

detection "aws_cloudtrail_log" "domain_taken" {
  title    = "A domain was unlocked or given away"
  severity = "critical"
  mitre    = ["TA0042:T1584.001"]
  description = <<-EOT
    Meaning: whoever has the domain has its mail and its certificates.
    Look next: lock it; ask whoever is responsible for domains by another way than mail.
    Innocent causes: a planned move to another registrar.
  EOT
  where = <<-EOT
    event_source = 'route53domains.amazonaws.com'
    and event_name in ('DisableDomainTransferLock', 'TransferDomainToAnotherAwsAccount',
      'RetrieveDomainAuthCode', 'DeleteDomain')
  EOT
  test "the attack" {
    event = {
      event_source       = "route53domains.amazonaws.com"
      event_name         = "DisableDomainTransferLock"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { domainName = "example.com" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "route53domains.amazonaws.com"
      event_name         = "EnableDomainTransferLock"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { domainName = "example.com" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "quota_raised_for_costly_machines" {
  title    = "A higher limit for machines or mail was asked for"
  severity = "low"
  mitre    = ["TA0040:T1496"]
  description = <<-EOT
    Meaning: before mining or sending mail, limits are raised.
    Look next: which limit, in which region.
    Innocent causes: growth.
  EOT
  where = "event_source = 'servicequotas.amazonaws.com' and event_name = 'RequestServiceQuotaIncrease'"
  test "the attack" {
    event = {
      event_source       = "servicequotas.amazonaws.com"
      event_name         = "RequestServiceQuotaIncrease"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { serviceCode = "ec2" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "servicequotas.amazonaws.com"
      event_name    = "GetServiceQuota"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "versions_listed_and_deleted" {
  title    = "All versions in a bucket are listed and deleted"
  severity = "medium"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: deletion of kept versions leaves nothing to restore.
    Look next: whether a note with demands follows, and what was read before.
    Innocent causes: a bucket that is emptied to be taken down.
  EOT
  where = "event_source = 's3.amazonaws.com' and event_name in ('ListObjectVersions', 'DeleteObjects')"
  threshold {
    group_by = ["user_identity.arn", "request_parameters ->> 'bucketName'"]
    distinct = "event_name"
    min      = 2
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "s3.amazonaws.com", event_name = "ListObjectVersions", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "s3.amazonaws.com", event_name = "DeleteObjects", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "s3.amazonaws.com", event_name = "DeleteObjects", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "s3.amazonaws.com", event_name = "DeleteObjects", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "model_invocation_refused" {
  title    = "A model was invoked and refused"
  severity = "low"
  mitre    = ["TA0040:T1496"]
  description = <<-EOT
    Meaning: stolen keys are tried with invalid or forbidden calls, which cost nothing and tell whether a model
    can be used.
    Look next: other regions, and calls that succeeded.
    Innocent causes: an application under development.
  EOT
  where = <<-EOT
    event_source = 'bedrock.amazonaws.com'
    and event_name in ('InvokeModel', 'InvokeModelWithResponseStream', 'Converse', 'ConverseStream')
    and error_code in ('AccessDenied', 'AccessDeniedException', 'ValidationException',
      'ResourceNotFoundException')
  EOT
  test "the attack" {
    event = {
      event_source       = "bedrock.amazonaws.com"
      event_name         = "InvokeModel"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { modelId = "m" }
      error_code         = "ValidationException"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "bedrock.amazonaws.com"
      event_name         = "InvokeModel"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { modelId = "m" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "secret_deleted_for_good" {
  title    = "A secret was deleted without a waiting time"
  severity = "medium"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: the secret cannot be had back.
    Look next: what needed it, and what else was deleted.
    Innocent causes: test environments that are taken down.
  EOT
  where = <<-EOT
    event_source = 'secretsmanager.amazonaws.com'
    and event_name = 'DeleteSecret'
    and request_parameters ->> 'forceDeleteWithoutRecovery' = 'true'
  EOT
  test "the attack" {
    event = {
      event_source       = "secretsmanager.amazonaws.com"
      event_name         = "DeleteSecret"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { secretId = "s", forceDeleteWithoutRecovery = true }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "secretsmanager.amazonaws.com"
      event_name         = "DeleteSecret"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { secretId = "s", recoveryWindowInDays = 30 }
    }
    expect = false
  }
}
