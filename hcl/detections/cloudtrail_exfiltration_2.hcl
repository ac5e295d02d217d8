# Data leaves the account, or a door is opened for it.

detection "aws_cloudtrail_log" "resource_opened_to_everyone" {
  title    = "A queue, topic, key, secret, image repository or function policy lets others in"
  severity = "high"
  mitre    = ["TA0010:T1537", "TA0003:T1098"]
  description = <<-EOT
    Meaning: somebody outside the account may use the resource.
    Look next: conditions of the statement, and what was read since.
    Innocent causes: events from other accounts of one's own, with a condition.
  EOT
  where = <<-EOT
    event_name in ('SetRepositoryPolicy', 'PutResourcePolicy', 'PutKeyPolicy', 'PutVaultAccessPolicy', 'PutBackupVaultAccessPolicy', 'PutFileSystemPolicy', 'PutImagePolicy',
      'SetQueueAttributes', 'SetTopicAttributes', 'PutRepositoryPermissionsPolicy', 'SetVaultAccessPolicy')
    and regexp_matches(replace(CAST(request_parameters AS VARCHAR), '\', ''), '"Principal"\s*:\s*(\{\s*"AWS"\s*:\s*)?(\[\s*)?"(\*|arn:aws[a-z-]*:iam::[0-9]{12}|[0-9]{12})')
    and (len(list_filter(regexp_extract_all(replace(CAST(request_parameters AS VARCHAR), '\', ''), '"AWS"\s*:\s*\[?\s*"(?:arn:aws[a-z-]*:iam::)?([0-9]{12})', 1), lambda account: account <> recipient_account_id)) > 0
      or regexp_matches(replace(CAST(request_parameters AS VARCHAR), '\', ''), '"Principal"\s*:\s*(\{\s*"AWS"\s*:\s*)?(\[\s*)?"\*"'))
  EOT
  test "the attack" {
    event = {
      event_source         = "ecr.amazonaws.com"
      event_name           = "SetRepositoryPolicy"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { repositoryName = "shop", policyText = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}` }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "its own account" {
    event = {
      event_source         = "ecr.amazonaws.com"
      event_name           = "SetRepositoryPolicy"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { repositoryName = "shop", policyText = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"ecr:*"}]}` }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "traffic_mirrored" {
  title    = "Network traffic is copied"
  severity = "high"
  mitre    = ["TA0009:T1040"]
  description = <<-EOT
    Meaning: somebody listens to a network interface.
    Look next: the target, and who owns it.
    Innocent causes: network monitoring that is being set up.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name in ('CreateTrafficMirrorSession', 'CreateTrafficMirrorTarget')"
  test "the attack" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "CreateTrafficMirrorSession"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DescribeTrafficMirrorSessions"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "database_exported" {
  title    = "A database or snapshot was exported"
  severity = "medium"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: all data goes to a bucket as files.
    Look next: which bucket, and whose.
    Innocent causes: analysis jobs: except their role.
  EOT
  where = "event_source = 'rds.amazonaws.com' and event_name = 'StartExportTask' or event_source = 'dynamodb.amazonaws.com' and event_name = 'ExportTableToPointInTime' or event_source = 'ec2.amazonaws.com' and event_name in ('CreateInstanceExportTask', 'CreateStoreImageTask', 'ExportImage')"
  test "the attack" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "StartExportTask"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { s3BucketName = "b" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "rds.amazonaws.com"
      event_name    = "DescribeExportTasks"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
