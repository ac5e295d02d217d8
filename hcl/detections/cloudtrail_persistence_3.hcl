# Somebody makes sure to come back.

detection "aws_cloudtrail_log" "grant_for_outsider" {
  title    = "An encryption key may be used from outside the account"
  severity = "medium"
  mitre    = ["TA0003:T1098"]
  description = <<-EOT
    Meaning: another account may decrypt with the key.
    Look next: whose account it is, and what was shared with it.
    Innocent causes: images or snapshots shared on purpose.
  EOT
  where = <<-EOT
    event_source = 'kms.amazonaws.com' and event_name = 'CreateGrant'
    and coalesce(regexp_extract(request_parameters ->> 'granteePrincipal', '::([0-9]{12}):', 1), '') not in ('', recipient_account_id)
  EOT
  test "the attack" {
    event = {
      event_source         = "kms.amazonaws.com"
      event_name           = "CreateGrant"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { granteePrincipal = "arn:aws:iam::444455556666:root" }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source         = "kms.amazonaws.com"
      event_name           = "CreateGrant"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { granteePrincipal = "arn:aws:iam::111122223333:root" }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "credential_added_to_user" {
  title    = "A certificate, SSH key or service password was added to a user"
  severity = "medium"
  mitre    = ["TA0003:T1098.001"]
  description = <<-EOT
    Meaning: credentials that lists of access keys do not show.
    Look next: what they were used for: code repositories, Cassandra, Bedrock.
    Innocent causes: people who use CodeCommit.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com'
    and event_name in ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential',
      'UploadSigningCertificate', 'UploadSSHPublicKey')
  EOT
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateServiceSpecificCredential"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "build", serviceName = "bedrock.amazonaws.com" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "ListServiceSpecificCredentials"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "contact_changed" {
  title    = "Contacts of the account were changed"
  severity = "medium"
  mitre    = ["TA0003:T1098"]
  description = <<-EOT
    Meaning: warnings by AWS about abuse, and recovery of the root user, go to somebody else.
    Look next: the new address; ask the old one.
    Innocent causes: a change of who is responsible.
  EOT
  where = <<-EOT
    event_source = 'account.amazonaws.com'
    and event_name in ('PutAlternateContact', 'DeleteAlternateContact', 'PutContactInformation',
      'StartPrimaryEmailUpdate', 'AcceptPrimaryEmailUpdate')
  EOT
  test "the attack" {
    event = {
      event_source  = "account.amazonaws.com"
      event_name    = "PutAlternateContact"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "account.amazonaws.com"
      event_name    = "GetAlternateContact"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "organization_grew" {
  title    = "An account was made in, invited to or moved within the organization"
  severity = "medium"
  mitre    = ["TA0003:T1136.003"]
  description = <<-EOT
    Meaning: a new account may be outside every rule and every look.
    Look next: who has its root user, and what runs there.
    Innocent causes: the team that makes accounts: except its role.
  EOT
  where = <<-EOT
    event_source = 'organizations.amazonaws.com'
    and event_name in ('CreateAccount', 'InviteAccountToOrganization', 'AcceptHandshake', 'MoveAccount',
      'CreateGovCloudAccount')
  EOT
  test "the attack" {
    event = {
      event_source       = "organizations.amazonaws.com"
      event_name         = "CreateAccount"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { accountName = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "organizations.amazonaws.com"
      event_name    = "ListAccounts"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "key_pair_imported" {
  title    = "A key pair was made or imported"
  severity = "low"
  mitre    = ["TA0003:T1098.004"]
  description = <<-EOT
    Meaning: new instances can be entered with the key.
    Look next: instances launched with it.
    Innocent causes: people who launch instances.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name in ('ImportKeyPair', 'CreateKeyPair')"
  test "the attack" {
    event = {
      event_source       = "ec2.amazonaws.com"
      event_name         = "ImportKeyPair"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { keyName = "k" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DescribeKeyPairs"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
