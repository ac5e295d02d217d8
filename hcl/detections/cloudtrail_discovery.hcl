# Somebody finds out what there is and what they may do.

detection "aws_cloudtrail_log" "user_data_read_in_bulk" {
  title    = "Start scripts of many instances read"
  severity = "medium"
  mitre    = ["TA0007:T1580"]
  description = <<-EOT
    Meaning: start scripts often hold passwords; one caller reads those of many instances.
    Look next: which scripts hold credentials, and whether those were used.
    Innocent causes: an inventory tool.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'DescribeInstanceAttribute' and request_parameters ->> 'attribute' = 'userData'"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "request_parameters ->> 'instanceId'"
    min      = 5
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "userData", instanceId = "i-0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "userData", instanceId = "i-1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "userData", instanceId = "i-2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "userData", instanceId = "i-3" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "userData", instanceId = "i-4" }, tp_timestamp = "2026-11-20T10:00:04Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "instanceType", instanceId = "i-0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "instanceType", instanceId = "i-1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "instanceType", instanceId = "i-2" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "instanceType", instanceId = "i-3" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "ec2.amazonaws.com", event_name = "DescribeInstanceAttribute", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { attribute = "instanceType", instanceId = "i-4" }, tp_timestamp = "2026-11-20T10:00:04Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "instance_looks_around" {
  title    = "An instance looks around in the account"
  severity = "high"
  mitre    = ["TA0007:T1580"]
  description = <<-EOT
    Meaning: an instance's role asks who it is and what there is: what somebody does who got in and looks for
    more.
    Look next: what ran on the instance at that time, and what the role was allowed.
    Innocent causes: a monitoring agent; except its role.
  EOT
  where = <<-EOT
    user_identity.arn like '%:assumed-role/%/i-%'
    and event_name in ('GetCallerIdentity', 'ListBuckets', 'ListUsers', 'ListRoles', 'ListGroups', 'ListPolicies', 'ListAccessKeys', 'ListSecrets',
      'GetAccountSummary', 'GetAccountAuthorizationDetails', 'DescribeSnapshots', 'DescribeTrails', 'ListDetectors', 'ListFunctions20150331',
      'DescribeDBInstances', 'DescribeOrganization', 'ListAccounts')
  EOT
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "event_name"
    min      = 4
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_name = "GetCallerIdentity", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_name = "ListUsers", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_name = "ListRoles", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_name = "GetAccountSummary", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:04Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_name = "ListBuckets", user_identity = { type = "AssumedRole", arn = "arn:aws:sts::111122223333:assumed-role/web/i-0a1b" }, tp_timestamp = "2026-11-20T10:00:04Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "permissions_tried_out" {
  title    = "One caller is refused many different actions"
  severity = "medium"
  mitre    = ["TA0007:T1069.003"]
  description = <<-EOT
    Meaning: somebody finds out by trying what a credential may do.
    Look next: what it was allowed, and whether the credential is where it belongs.
    Innocent causes: an application whose permissions were just cut down; a scanner.
  EOT
  where = "error_code in ('AccessDenied', 'AccessDeniedException', 'Client.UnauthorizedOperation', 'UnauthorizedOperation')"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "event_name"
    min      = 10
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListRoles", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListGroups", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListPolicies", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListAccessKeys", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListMFADevices", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListSAMLProviders", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListAccountAliases", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUserPolicies", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListInstanceProfiles", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:09Z" },
    ]
    expect = true
  }
  test "the same action again and again" {
    events = [
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:02Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:03Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:04Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:05Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:06Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:07Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:08Z" },
      { event_source = "iam.amazonaws.com", event_name = "ListUsers", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, error_code = "AccessDenied", tp_timestamp = "2026-11-20T10:00:09Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "mail_service_surveyed" {
  title    = "The mail service is surveyed"
  severity = "medium"
  mitre    = ["TA0007:T1526", "TA0042:T1586"]
  description = <<-EOT
    Meaning: stolen keys are tried for how much mail they can send.
    Look next: whether identities were verified or mail was sent since.
    Innocent causes: a page of the console; a monitor of the quota asks one thing only.
  EOT
  where = "event_source in ('ses.amazonaws.com', 'email.amazonaws.com') and event_name in ('GetAccount', 'GetAccountSendingEnabled', 'GetSendQuota', 'GetSendStatistics', 'ListIdentities', 'ListEmailIdentities', 'GetIdentityVerificationAttributes')"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "event_name"
    min      = 3
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "ses.amazonaws.com", event_name = "GetSendQuota", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ses.amazonaws.com", event_name = "ListIdentities", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ses.amazonaws.com", event_name = "GetAccountSendingEnabled", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "ses.amazonaws.com", event_name = "GetSendQuota", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "ses.amazonaws.com", event_name = "GetSendQuota", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "ses.amazonaws.com", event_name = "GetSendQuota", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "models_surveyed" {
  title    = "Regions or models are tried for artificial intelligence"
  severity = "low"
  mitre    = ["TA0007:T1526"]
  description = <<-EOT
    Meaning: stolen keys are tried for models that can be resold.
    Look next: whether model access was asked for and models were invoked.
    Innocent causes: a page of the console; look at who it is.
  EOT
  where = "event_source = 'bedrock.amazonaws.com' and event_name in ('ListFoundationModels', 'GetFoundationModelAvailability', 'GetUseCaseForModelAccess', 'ListFoundationModelAgreementOffers', 'GetModelInvocationLoggingConfiguration', 'ListInferenceProfiles')"
  threshold {
    group_by = ["user_identity.arn"]
    distinct = "event_name"
    min      = 3
    window   = "1h"
  }
  test "the attack" {
    events = [
      { event_source = "bedrock.amazonaws.com", event_name = "ListFoundationModels", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "bedrock.amazonaws.com", event_name = "GetFoundationModelAvailability", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "bedrock.amazonaws.com", event_name = "GetModelInvocationLoggingConfiguration", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "bedrock.amazonaws.com", event_name = "ListFoundationModels", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "bedrock.amazonaws.com", event_name = "ListFoundationModels", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:01Z" },
      { event_source = "bedrock.amazonaws.com", event_name = "ListFoundationModels", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, tp_timestamp = "2026-11-20T10:00:02Z" },
    ]
    expect = false
  }
}
