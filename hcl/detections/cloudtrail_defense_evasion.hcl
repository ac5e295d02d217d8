# What would tell of an attack is switched off or deleted.

detection "aws_cloudtrail_log" "trail_stopped" {
  title    = "A trail was stopped or deleted"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: what happens from now on is not recorded, the commonest first step of an intruder who knows AWS.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: a trail replaced by another, in the same minute and by the tool that manages them.
  EOT
  where = "event_source = 'cloudtrail.amazonaws.com' and event_name in ('StopLogging', 'DeleteTrail', 'DeleteEventDataStore', 'StopEventDataStoreIngestion') and error_code is null"
  dedupe {
    by = ["recipient_account_id", "request_parameters ->> 'name'"]
  }
  test "the attack" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "StopLogging"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "audit" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "StartLogging"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "audit" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "trail_tampering_failed" {
  title    = "An attempt to stop or change a trail failed"
  severity = "medium"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: somebody tried to make CloudTrail blind and was not allowed, or named a trail that is not there.
    Look next: what else the caller was refused, and what it was allowed since.
    Innocent causes: a script that cleans up twice.
  EOT
  where = "event_source = 'cloudtrail.amazonaws.com' and event_name in ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'DeleteEventDataStore') and error_code is not null"
  test "the attack" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "DeleteTrail"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "audit" }
      error_code         = "AccessDenied"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "GetTrailStatus"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "audit" }
      error_code         = "AccessDenied"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "trail_made_partly_blind" {
  title    = "A trail was told to record less"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: the trail still counts as switched on, yet leaves out management events, changes, regions or the
    check of its files, or writes to another bucket.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: saving cost by leaving out KMS events; a move to a new bucket.
  EOT
  where = <<-EOT
    event_source = 'cloudtrail.amazonaws.com' and event_name = 'PutEventSelectors'
      and regexp_matches(CAST(request_parameters AS VARCHAR), '"includeManagementEvents"\s*:\s*false|"readWriteType"\s*:\s*"ReadOnly"|"excludeManagementEventSources"\s*:\s*\[\s*"')
    or event_source = 'cloudtrail.amazonaws.com' and event_name = 'UpdateTrail'
      and regexp_matches(CAST(request_parameters AS VARCHAR), '"(isMultiRegionTrail|includeGlobalServiceEvents|enableLogFileValidation)"\s*:\s*false|"s3BucketName"')
  EOT
  test "the attack" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "PutEventSelectors"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { trailName = "audit", eventSelectors = [{ includeManagementEvents = false, readWriteType = "All" }] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "cloudtrail.amazonaws.com"
      event_name         = "PutEventSelectors"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { trailName = "audit", eventSelectors = [{ includeManagementEvents = true, readWriteType = "All" }] }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "objects_expire_within_days" {
  title    = "A bucket was told to delete its objects within days"
  severity = "high"
  mitre    = ["TA0005:T1562.008", "TA0040:T1485.001"]
  description = <<-EOT
    Meaning: a rule that deletes after a day or a week empties a bucket of logs, or of anything, without one
    deletion by a person.
    Look next: whether the bucket holds a trail, a backup or other evidence; take the rule out before the night.
    Innocent causes: buckets for temporary files.
  EOT
  where = <<-EOT
    event_source = 's3.amazonaws.com' and event_name in ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
      and regexp_matches(CAST(request_parameters AS VARCHAR), '"Expiration"\s*:\s*\{[^}]*"Days"\s*:\s*"?[1-7]\b')
  EOT
  dedupe {
    by = ["request_parameters ->> 'bucketName'"]
  }
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketLifecycle"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "logs", LifecycleConfiguration = { Rule = { Status = "Enabled", Expiration = { Days = 1 } } } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketLifecycle"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "logs", LifecycleConfiguration = { Rule = { Status = "Enabled", Expiration = { Days = 365 } } } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "flow_logs_deleted" {
  title    = "Flow logs were deleted by somebody who made no network just before"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: flow logs of a network that was there before are gone. Whoever makes as many networks as they
    delete flow logs within six hours builds and tears down a test, and is left out.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: the network is retired.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name in ('DeleteFlowLogs', 'CreateVpc', 'CreateFlowLogs') and (error_code is null or event_name = 'DeleteFlowLogs')"
  threshold {
    group_by = ["user_identity.arn"]
    sum      = "if(event_name = 'DeleteFlowLogs', 1, -1)"
    min      = 1
    window   = "6h"
  }
  test "the attack" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "DeleteFlowLogs", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:30:00Z" },
    ]
    expect = true
  }
  test "a test network taken down" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "CreateVpc", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DeleteFlowLogs", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:30:00Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "dns_query_logs_deleted" {
  title    = "Logging of DNS queries was stopped"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: names that are looked up, the best trace of command and control, are no longer recorded.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: the network is retired.
  EOT
  where = "event_source = 'route53resolver.amazonaws.com' and event_name in ('DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig') or event_source = 'route53.amazonaws.com' and event_name = 'DeleteQueryLoggingConfig'"
  test "the attack" {
    event = {
      event_source       = "route53resolver.amazonaws.com"
      event_name         = "DeleteResolverQueryLogConfig"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { resolverQueryLogConfigId = "rqlc-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "route53resolver.amazonaws.com"
      event_name    = "GetResolverQueryLogConfig"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "guardduty_weakened" {
  title    = "GuardDuty was switched off or told to look away"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: the service that would tell of an attack is off, cut off from its administrator, or trusts
    addresses it did not.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: an account that is closed; trusted addresses of a penetration test.
  EOT
  where = <<-EOT
    event_source = 'guardduty.amazonaws.com' and event_name in ('DeleteDetector', 'DisassociateFromMasterAccount', 'DisassociateFromAdministratorAccount', 'DisassociateMembers', 'StopMonitoringMembers', 'DeleteMembers', 'DeletePublishingDestination', 'CreateIPSet', 'UpdateIPSet', 'ArchiveFindings')
    or event_source = 'guardduty.amazonaws.com' and event_name = 'UpdateDetector' and request_parameters ->> 'enable' = 'false'
    or event_source = 'guardduty.amazonaws.com' and event_name in ('CreateFilter', 'UpdateFilter') and request_parameters ->> 'action' = 'ARCHIVE'
  EOT
  test "the attack" {
    event = {
      event_source       = "guardduty.amazonaws.com"
      event_name         = "DeleteDetector"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { detectorId = "d1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "guardduty.amazonaws.com"
      event_name         = "UpdateDetector"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { detectorId = "d1", enable = true }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "security_service_switched_off" {
  title    = "A security service was switched off"
  severity = "high"
  mitre    = ["TA0005:T1562.001"]
  description = <<-EOT
    Meaning: Security Hub, Config, Inspector, Macie, Access Analyzer or Detective no longer looks at the
    account.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: an account that is closed, or a move to another region.
  EOT
  where = <<-EOT
    event_source = 'securityhub.amazonaws.com' and event_name in ('DisableSecurityHub', 'BatchDisableStandards', 'DisassociateFromAdministratorAccount')
    or event_source = 'config.amazonaws.com' and event_name in ('StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel', 'DeleteConfigRule')
    or event_source = 'inspector2.amazonaws.com' and event_name = 'Disable'
    or event_source = 'macie2.amazonaws.com' and event_name in ('DisableMacie', 'DisassociateFromAdministratorAccount')
    or event_source = 'access-analyzer.amazonaws.com' and event_name = 'DeleteAnalyzer'
    or event_source = 'detective.amazonaws.com' and event_name = 'DeleteGraph'
  EOT
  test "the attack" {
    event = {
      event_source  = "config.amazonaws.com"
      event_name    = "StopConfigurationRecorder"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "config.amazonaws.com"
      event_name    = "StartConfigurationRecorder"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
