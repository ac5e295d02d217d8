# Data leaves the account, or a door is opened for it.

detection "aws_cloudtrail_log" "bucket_replicated" {
  title    = "A bucket is copied to another one"
  severity = "medium"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: every new object also goes to another bucket, perhaps of somebody else.
    Look next: the destination's account.
    Innocent causes: backups to a second region.
  EOT
  where = "event_source = 's3.amazonaws.com' and event_name in ('PutBucketReplication', 'CreateJob')"
  dedupe {
    by = ["request_parameters ->> 'bucketName'"]
  }
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketReplication"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "GetBucketReplication"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b" }
    }
    expect = false
  }
}

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
    event_name in ('SetRepositoryPolicy', 'PutResourcePolicy', 'PutKeyPolicy', 'PutVaultAccessPolicy',
      'PutBackupVaultAccessPolicy', 'PutFileSystemPolicy', 'PutImagePolicy',
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
  where = <<-EOT
    event_source = 'ec2.amazonaws.com'
    and event_name in ('CreateTrafficMirrorSession', 'CreateTrafficMirrorTarget')
  EOT
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
  where = <<-EOT
    event_source = 'rds.amazonaws.com'
    and event_name = 'StartExportTask'
    or event_source = 'dynamodb.amazonaws.com'
    and event_name = 'ExportTableToPointInTime'
    or event_source = 'ec2.amazonaws.com'
    and event_name in ('CreateInstanceExportTask', 'CreateStoreImageTask', 'ExportImage')
  EOT
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

detection "aws_cloudtrail_log" "document_shared_with_everyone" {
  title    = "A document of Systems Manager was shared"
  severity = "medium"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: runbooks tell much of how an account works, and may hold secrets.
    Look next: with whom: `all` is everybody.
    Innocent causes: documents meant for other accounts of one's own.
  EOT
  where = <<-EOT
    event_source = 'ssm.amazonaws.com'
    and event_name = 'ModifyDocumentPermission'
    and json_array_length(request_parameters -> 'accountIdsToAdd') > 0
  EOT
  test "the attack" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "ModifyDocumentPermission"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "d", accountIdsToAdd = ["all"] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ssm.amazonaws.com"
      event_name         = "ModifyDocumentPermission"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "d", accountIdsToRemove = ["all"] }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "database_made_reachable" {
  title    = "A database was made public, or its password was changed"
  severity = "high"
  mitre    = ["TA0010:T1048", "TA0003:T1098"]
  description = <<-EOT
    Meaning: with a copy of the database and a password of one's own, all data can be read from anywhere.
    Look next: connections to it in the flow logs.
    Innocent causes: a password that is rotated by hand.
  EOT
  where = <<-EOT
    event_source = 'rds.amazonaws.com'
    and event_name in ('ModifyDBInstance', 'ModifyDBCluster', 'RestoreDBInstanceFromDBSnapshot',
      'RestoreDBInstanceToPointInTime', 'CreateDBInstance')
    and (request_parameters ->> 'publiclyAccessible' = 'true' or (event_name like 'Modify%' and request_parameters ->> 'masterUserPassword' is not null))
  EOT
  test "the attack" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "ModifyDBInstance"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { dBInstanceIdentifier = "d", publiclyAccessible = true }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "ModifyDBInstance"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { dBInstanceIdentifier = "d", allocatedStorage = 100 }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "certificate_exported" {
  title    = "A certificate was exported with its key"
  severity = "medium"
  mitre    = ["TA0006:T1552.004"]
  description = <<-EOT
    Meaning: whoever has the key can pass for the site.
    Look next: where it was used since.
    Innocent causes: servers outside AWS that renew their certificates.
  EOT
  where = <<-EOT
    event_source = 'acm.amazonaws.com'
    and event_name = 'ExportCertificate'
    or event_source = 'acm-pca.amazonaws.com'
    and event_name in ('IssueCertificate', 'CreatePermission', 'PutPolicy')
  EOT
  test "the attack" {
    event = {
      event_source  = "acm.amazonaws.com"
      event_name    = "ExportCertificate"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "acm.amazonaws.com"
      event_name    = "DescribeCertificate"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "address_or_network_given_away" {
  title    = "A network was joined to, or an address given to, another account"
  severity = "medium"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: traffic can go to another account past every firewall, or an address people trust is in other
    hands.
    Look next: whose account it is.
    Innocent causes: accounts of one's own organization: except those.
  EOT
  where = <<-EOT
    event_source = 'ec2.amazonaws.com'
    and (event_name = 'EnableAddressTransfer' or (event_name = 'CreateVpcPeeringConnection' and coalesce(request_parameters ->> 'peerOwnerId', recipient_account_id) <> recipient_account_id))
  EOT
  test "the attack" {
    event = {
      event_source         = "ec2.amazonaws.com"
      event_name           = "EnableAddressTransfer"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { allocationId = "e", transferAccountId = "444455556666" }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source         = "ec2.amazonaws.com"
      event_name           = "CreateVpcPeeringConnection"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { peerOwnerId = "111122223333" }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}
