# Data is destroyed or encrypted, or the account is used up.

detection "aws_cloudtrail_log" "key_deletion_scheduled" {
  title    = "An encryption key is to be deleted"
  severity = "high"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: what the key encrypts is lost when it is gone: destruction, or ransom.
    Look next: CancelKeyDeletion within the waiting time; what the key encrypts.
    Innocent causes: an application that is taken down.
  EOT
  where = "event_source = 'kms.amazonaws.com' and event_name in ('ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial')"
  dedupe {
    by = ["request_parameters ->> 'keyId'"]
  }
  test "the attack" {
    event = {
      event_source       = "kms.amazonaws.com"
      event_name         = "ScheduleKeyDeletion"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { keyId = "k" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "kms.amazonaws.com"
      event_name         = "CancelKeyDeletion"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { keyId = "k" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "objects_deleted_in_bulk" {
  title    = "Very many objects deleted"
  severity = "high"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: somebody empties buckets.
    Look next: whether versions are kept; a note with demands; copies made before.
    Innocent causes: cleaning jobs: except their role.
  EOT
  where = "event_source = 's3.amazonaws.com' and event_name in ('DeleteObject', 'DeleteObjects')"
  threshold {
    group_by = ["user_identity.arn"]
    sum      = "if(event_name = 'DeleteObjects', 25, 1)"
    min      = 50
    window   = "10m"
  }
  test "the attack" {
    events = [
      { event_source = "s3.amazonaws.com", event_name = "DeleteObjects", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "s3.amazonaws.com", event_name = "DeleteObjects", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b" }, tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { event_source = "s3.amazonaws.com", event_name = "DeleteObject", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b", key = "0" }, tp_timestamp = "2026-11-20T10:00:00Z" },
      { event_source = "s3.amazonaws.com", event_name = "DeleteObject", user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }, request_parameters = { bucketName = "b", key = "1" }, tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = false
  }
}

detection "aws_cloudtrail_log" "objects_encrypted_with_foreign_key" {
  title    = "Objects are encrypted with a key AWS does not have"
  severity = "critical"
  mitre    = ["TA0040:T1486"]
  description = <<-EOT
    Meaning: only the caller has the key: the way buckets are held to ransom.
    Look next: whether versions are kept; stop the caller's credentials first.
    Innocent causes: the rare application that brings its own keys.
  EOT
  where = "event_source = 's3.amazonaws.com' and event_name in ('CopyObject', 'PutObject') and regexp_matches(CAST(request_parameters AS VARCHAR), 'server-side-encryption-customer-algorithm')"
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "CopyObject"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", "x-amz-server-side-encryption-customer-algorithm" = "AES256" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "CopyObject"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", "x-amz-server-side-encryption" = "aws:kms" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "versions_no_longer_kept" {
  title    = "A bucket keeps no versions any more"
  severity = "high"
  mitre    = ["TA0040:T1490"]
  description = <<-EOT
    Meaning: what is deleted or overwritten from now on cannot be had back.
    Look next: deletions in the bucket that follow.
    Innocent causes: saving cost, in a bucket that holds nothing of value.
  EOT
  where = `event_source = 's3.amazonaws.com' and event_name = 'PutBucketVersioning' and regexp_matches(CAST(request_parameters AS VARCHAR), '"Suspended"')`
  dedupe {
    by = ["request_parameters ->> 'bucketName'"]
  }
  test "the attack" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketVersioning"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", VersioningConfiguration = { Status = "Suspended" } }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "s3.amazonaws.com"
      event_name         = "PutBucketVersioning"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { bucketName = "b", VersioningConfiguration = { Status = "Enabled" } }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "backups_deleted" {
  title    = "Backups were deleted"
  severity = "high"
  mitre    = ["TA0040:T1490"]
  description = <<-EOT
    Meaning: without backups, what is destroyed next stays lost.
    Look next: what else the caller deletes.
    Innocent causes: clean-up by a job: except its role.
  EOT
  where = "event_source = 'backup.amazonaws.com' and event_name in ('DeleteBackupVault', 'DeleteRecoveryPoint', 'DeleteBackupPlan', 'DeleteBackupVaultLockConfiguration') or event_source = 'rds.amazonaws.com' and event_name in ('DeleteDBClusterSnapshot', 'DeleteDBSnapshot', 'DeleteDBInstanceAutomatedBackup') or event_source = 'dynamodb.amazonaws.com' and event_name = 'DeleteBackup'"
  test "the attack" {
    event = {
      event_source  = "backup.amazonaws.com"
      event_name    = "DeleteRecoveryPoint"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "backup.amazonaws.com"
      event_name    = "StartBackupJob"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "database_deleted_without_snapshot" {
  title    = "A database was deleted without a last snapshot"
  severity = "high"
  mitre    = ["TA0040:T1485"]
  description = <<-EOT
    Meaning: the data is gone.
    Look next: automated backups that may be left.
    Innocent causes: test databases.
  EOT
  where = "event_source = 'rds.amazonaws.com' and event_name in ('DeleteDBInstance', 'DeleteDBCluster') and request_parameters ->> 'skipFinalSnapshot' = 'true'"
  test "the attack" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "DeleteDBInstance"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { dBInstanceIdentifier = "d", skipFinalSnapshot = true }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "rds.amazonaws.com"
      event_name         = "DeleteDBInstance"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { dBInstanceIdentifier = "d", skipFinalSnapshot = false }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "model_access_taken" {
  title    = "Access to models was asked for"
  severity = "medium"
  mitre    = ["TA0040:T1496"]
  description = <<-EOT
    Meaning: somebody prepares to use models at the account's expense, or without a record.
    Look next: InvokeModel by the same caller, and from where.
    Innocent causes: a team that begins to use models.
  EOT
  where = "event_source = 'bedrock.amazonaws.com' and event_name in ('PutFoundationModelEntitlement', 'PutUseCaseForModelAccess', 'CreateFoundationModelAgreement', 'DeleteModelInvocationLoggingConfiguration')"
  test "the attack" {
    event = {
      event_source       = "bedrock.amazonaws.com"
      event_name         = "PutFoundationModelEntitlement"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { modelId = "m" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "bedrock.amazonaws.com"
      event_name         = "GetFoundationModel"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { modelId = "m" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "mail_abused" {
  title    = "The mail service was prepared for other senders"
  severity = "medium"
  mitre    = ["TA0040:T1496.003"]
  description = <<-EOT
    Meaning: stolen keys are made ready to send mail in the account's name.
    Look next: mail that was sent, and support cases for higher limits.
    Innocent causes: a new sender of one's own.
  EOT
  where = "event_source in ('ses.amazonaws.com', 'email.amazonaws.com') and event_name in ('VerifyEmailIdentity', 'VerifyDomainIdentity', 'CreateEmailIdentity', 'UpdateAccountSendingEnabled', 'PutAccountDetails', 'PutAccountSendingAttributes')"
  test "the attack" {
    event = {
      event_source       = "ses.amazonaws.com"
      event_name         = "VerifyEmailIdentity"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { emailAddress = "a@example.com" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ses.amazonaws.com"
      event_name    = "GetSendQuota"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "domain_taken" {
  title    = "A domain was unlocked or given away"
  severity = "critical"
  mitre    = ["TA0042:T1584.001"]
  description = <<-EOT
    Meaning: whoever has the domain has its mail and its certificates.
    Look next: lock it; ask whoever is responsible for domains by another way than mail.
    Innocent causes: a planned move to another registrar.
  EOT
  where = "event_source = 'route53domains.amazonaws.com' and event_name in ('DisableDomainTransferLock', 'TransferDomainToAnotherAwsAccount', 'RetrieveDomainAuthCode', 'DeleteDomain')"
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
