# What would tell of an attack is switched off or deleted.

detection "aws_cloudtrail_log" "organization_left" {
  title    = "An account leaves its organization"
  severity = "critical"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: policies and trails of the organization no longer bind the account. A refused attempt is as
    telling.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: a company that is sold.
  EOT
  where = "event_source = 'organizations.amazonaws.com' and event_name in ('LeaveOrganization', 'RemoveAccountFromOrganization')"
  test "the attack" {
    event = {
      event_source  = "organizations.amazonaws.com"
      event_name    = "LeaveOrganization"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      error_code    = "AccessDenied"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "organizations.amazonaws.com"
      event_name    = "DescribeOrganization"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "organization_policy_removed" {
  title    = "A policy of the organization was removed"
  severity = "high"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: what no account was allowed to do may be allowed now.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: a reorganization of accounts by those who do that.
  EOT
  where = "event_source = 'organizations.amazonaws.com' and event_name in ('DetachPolicy', 'DeletePolicy', 'DisablePolicyType', 'DeregisterDelegatedAdministrator', 'DisableAWSServiceAccess')"
  test "the attack" {
    event = {
      event_source       = "organizations.amazonaws.com"
      event_name         = "DetachPolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { policyId = "p-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "organizations.amazonaws.com"
      event_name         = "AttachPolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { policyId = "p-1" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "log_group_deleted" {
  title    = "Logs in CloudWatch were deleted"
  severity = "medium"
  mitre    = ["TA0005:T1070"]
  description = <<-EOT
    Meaning: evidence is gone, or no longer goes to where it is looked at.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: an application that is taken down together with its logs.
  EOT
  where = "event_source = 'logs.amazonaws.com' and event_name in ('DeleteLogGroup', 'DeleteLogStream', 'DeleteSubscriptionFilter') and not coalesce(request_parameters ->> 'logGroupName' like '/aws/codebuild/%', false)"
  test "the attack" {
    event = {
      event_source       = "logs.amazonaws.com"
      event_name         = "DeleteLogGroup"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { logGroupName = "/aws/vpc/flow" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "logs.amazonaws.com"
      event_name         = "CreateLogGroup"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { logGroupName = "/aws/vpc/flow" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "alarm_switched_off" {
  title    = "Alarms or event rules were switched off"
  severity = "low"
  mitre    = ["TA0005:T1562.001"]
  description = <<-EOT
    Meaning: whoever relied on the alarm or rule hears nothing any more.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: deployments that replace their alarms: look whether new ones came.
  EOT
  where = "event_source = 'monitoring.amazonaws.com' and event_name in ('DeleteAlarms', 'DisableAlarmActions') or event_source = 'events.amazonaws.com' and event_name in ('DisableRule', 'DeleteRule', 'RemoveTargets')"
  test "the attack" {
    event = {
      event_source       = "monitoring.amazonaws.com"
      event_name         = "DisableAlarmActions"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { alarmNames = ["root-login"] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "monitoring.amazonaws.com"
      event_name    = "PutMetricAlarm"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "firewall_removed" {
  title    = "A web or network firewall was removed"
  severity = "high"
  mitre    = ["TA0005:T1562.007"]
  description = <<-EOT
    Meaning: requests reach the application unfiltered, or what is filtered is no longer logged.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: the application is taken down.
  EOT
  where = "event_source = 'wafv2.amazonaws.com' and event_name in ('DeleteWebACL', 'DisassociateWebACL', 'DeleteLoggingConfiguration', 'DeleteRuleGroup') or event_source = 'network-firewall.amazonaws.com' and event_name in ('DeleteFirewall', 'DeleteFirewallPolicy', 'DeleteRuleGroup', 'DisassociateSubnets')"
  test "the attack" {
    event = {
      event_source       = "wafv2.amazonaws.com"
      event_name         = "DeleteWebACL"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "shop" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "wafv2.amazonaws.com"
      event_name         = "GetWebACL"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "shop" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "bucket_logging_stopped" {
  title    = "A bucket's access log was switched off"
  severity = "medium"
  mitre    = ["TA0005:T1562.008"]
  description = <<-EOT
    Meaning: who reads the bucket is no longer recorded.
    Look next: what the same caller did in the quarter of an hour before and after, in every region; then switch
    it on again.
    Innocent causes: logging by CloudTrail data events in its place.
  EOT
  where = "event_source = 's3.amazonaws.com' and event_name = 'PutBucketLogging' and not contains(CAST(request_parameters AS VARCHAR), 'LoggingEnabled')"
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketLogging"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", BucketLoggingStatus = { xmlns = "http://s3.amazonaws.com/doc/2006-03-01/" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketLogging"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", BucketLoggingStatus = { LoggingEnabled = { TargetBucket = "logs" } } }
    }
    expect = false
  }
}
