# Data leaves the account, or a door is opened for it.

detection "aws_cloudtrail_log" "security_group_opened" {
  title    = "A security group was opened to the world"
  severity = "high"
  mitre    = ["TA0010:T1048", "TA0005:T1562.007"]
  description = <<-EOT
    Meaning: every address may connect, to another port than those of a web site.
    Look next: what has the group, and connections in the flow logs since. Close it.
    Innocent causes: a quick test that was forgotten; a mail or VPN server.
  EOT
  where = <<-EOT
    event_source = 'ec2.amazonaws.com' and event_name in ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
    and regexp_matches(CAST(request_parameters AS VARCHAR), '(?i)"cidrIp(v[46])?"\s*:\s*"[^"]*/0"')
    and (len(list_filter(regexp_extract_all(CAST(request_parameters AS VARCHAR), '(?i)"(?:from|to)Port"\s*:\s*"?(-?[0-9]+)', 1), lambda port: port not in ('80', '443'))) > 0
      or not regexp_matches(CAST(request_parameters AS VARCHAR), '(?i)"fromPort"'))
  EOT
  dedupe {
    by = ["request_parameters ->> 'groupId'"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "AuthorizeSecurityGroupIngress"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { groupId = "sg-1", ipPermissions = { items = [{ ipProtocol = "tcp", fromPort = 22, toPort = 22, ipRanges = { items = [{ cidrIp = "0.0.0.0/0" }] } }] } }
    }
    expect = true
  }
  test "a web site" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "AuthorizeSecurityGroupIngress"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { groupId = "sg-1", ipPermissions = { items = [{ ipProtocol = "tcp", fromPort = 443, toPort = 443, ipRanges = { items = [{ cidrIp = "0.0.0.0/0" }] } }] } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "image_shared" {
  title    = "A machine image was shared"
  severity = "high"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: the image can be copied into another account, where no log of yours reaches.
    Look next: whose account it is, and what the copy holds. Take the permission back at once.
    Innocent causes: accounts of one's own organization, and images that are meant to be public: except those.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'ModifyImageAttribute' and json_array_length(request_parameters -> '$.launchPermission.add.items') > 0"
  dedupe {
    by = ["request_parameters ->> 'imageId'"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifyImageAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { imageId = "ami-1", launchPermission = { add = { items = [{ userId = "444455556666" }] } } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifyImageAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { imageId = "ami-1", launchPermission = { remove = { items = [{ userId = "444455556666" }] } } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "volume_snapshot_shared" {
  title    = "A snapshot of a volume was shared"
  severity = "high"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: the snapshot can be copied into another account, where no log of yours reaches.
    Look next: whose account it is, and what the copy holds. Take the permission back at once.
    Innocent causes: accounts of one's own organization, and images that are meant to be public: except those.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'ModifySnapshotAttribute' and json_array_length(request_parameters -> '$.createVolumePermission.add.items') > 0"
  dedupe {
    by = ["request_parameters ->> 'snapshotId'"]
  }
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifySnapshotAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { snapshotId = "snap-1", createVolumePermission = { add = { items = [{ group = "all" }] } } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ModifySnapshotAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { snapshotId = "snap-1", createVolumePermission = { remove = { items = [{ group = "all" }] } } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "database_snapshot_shared" {
  title    = "A snapshot of a database was shared"
  severity = "high"
  mitre    = ["TA0010:T1537"]
  description = <<-EOT
    Meaning: the database can be copied into another account, where no log of yours reaches.
    Look next: whose account it is, and what the copy holds. Take the permission back at once.
    Innocent causes: accounts of one's own organization, and images that are meant to be public: except those.
  EOT
  where = "event_source = 'rds.amazonaws.com' and event_name in ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute') and json_array_length(request_parameters -> 'valuesToAdd') > 0"
  dedupe {
    by = ["coalesce(request_parameters ->> 'dBSnapshotIdentifier', request_parameters ->> 'dBClusterSnapshotIdentifier')"]
  }
  test "the attack" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "ModifyDBSnapshotAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { attributeName = "restore", dBSnapshotIdentifier = "s", valuesToAdd = ["444455556666"] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "ModifyDBSnapshotAttribute"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { attributeName = "restore", dBSnapshotIdentifier = "s", valuesToRemove = ["444455556666"] }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "bucket_opened_by_policy" {
  title    = "A bucket policy lets others in"
  severity = "high"
  mitre    = ["TA0010:T1537", "TA0009:T1530"]
  description = <<-EOT
    Meaning: another account, or everybody, may reach what is in the bucket.
    Look next: whose account it is, and reads by it (data events, or the bucket's access log).
    Innocent causes: public web sites; logs delivered by AWS accounts; partners.
  EOT
  where = <<-EOT
    event_source = 's3.amazonaws.com' and event_name = 'PutBucketPolicy'
    and regexp_matches(request_parameters ->> 'bucketPolicy', '"Effect"\s*:\s*"Allow"')
    and (regexp_matches((request_parameters ->> 'bucketPolicy'), '"Principal"\s*:\s*(\{\s*"AWS"\s*:\s*)?(\[\s*)?"\*"') or len(list_filter(regexp_extract_all((request_parameters ->> 'bucketPolicy'), '(?:::|")([0-9]{12})(?::|")', 1), lambda account: account <> recipient_account_id)) > 0)
  EOT
  dedupe {
    by = ["request_parameters ->> 'bucketName'"]
  }
  test "the attack" {
    event = {
      event_source         = "s3.amazonaws.com"
      event_name           = "PutBucketPolicy"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { bucketName = "b", bucketPolicy = { Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::444455556666:root" }, Action = "s3:GetObject" }] } }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "its own account" {
    event = {
      event_source         = "s3.amazonaws.com"
      event_name           = "PutBucketPolicy"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { bucketName = "b", bucketPolicy = { Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "s3:GetObject" }] } }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "bucket_opened_by_acl" {
  title    = "A bucket or object was made public by an ACL"
  severity = "high"
  mitre    = ["TA0009:T1530"]
  description = <<-EOT
    Meaning: everybody may read it.
    Look next: what is in it, and who read it.
    Innocent causes: public web sites.
  EOT
  where = <<-EOT
    event_source = 's3.amazonaws.com' and event_name in ('PutBucketAcl', 'PutObjectAcl', 'CreateBucket')
    and regexp_matches(CAST(request_parameters AS VARCHAR), 'groups/global/(AllUsers|AuthenticatedUsers)|"public-read(-write)?"|"authenticated-read"')
  EOT
  dedupe {
    by = ["request_parameters ->> 'bucketName'"]
  }
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketAcl"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", "x-amz-acl" = "public-read" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketAcl"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", "x-amz-acl" = "private" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "public_access_block_removed" {
  title    = "The block against public buckets was lifted"
  severity = "high"
  mitre    = ["TA0005:T1562.007", "TA0009:T1530"]
  description = <<-EOT
    Meaning: nothing keeps the bucket, or all buckets, from being made public any more.
    Look next: a policy or ACL that came after.
    Innocent causes: public web sites.
  EOT
  where = <<-EOT
    event_source = 's3.amazonaws.com' and event_name in ('DeleteBucketPublicAccessBlock', 'DeleteAccountPublicAccessBlock', 'DeletePublicAccessBlock')
    or event_source = 's3.amazonaws.com' and event_name in ('PutBucketPublicAccessBlock', 'PutAccountPublicAccessBlock', 'PutPublicAccessBlock')
      and regexp_matches(CAST(request_parameters AS VARCHAR), '"(BlockPublicAcls|BlockPublicPolicy|IgnorePublicAcls|RestrictPublicBuckets)"\s*:\s*"?false')
  EOT
  dedupe {
    by = ["coalesce(request_parameters ->> 'bucketName', recipient_account_id)"]
  }
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "DeleteBucketPublicAccessBlock"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketPublicAccessBlock"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", PublicAccessBlockConfiguration = { BlockPublicAcls = true, BlockPublicPolicy = true } }
    }
    expect = false
  }
}

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
