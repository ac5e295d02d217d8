# What would tell of an attack is switched off or deleted.

detection "aws_cloudtrail_log" "volume_encryption_default_off" {
  title    = "New volumes are no longer encrypted by default"
  severity = "medium"
  mitre    = ["TA0005:T1578.005"]
  description = <<-EOT
    Meaning: snapshots of new volumes can be shared without their key.
    Look next: snapshots shared since.
    Innocent causes: none worth keeping.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name = 'DisableEbsEncryptionByDefault'"
  test "the attack" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DisableEbsEncryptionByDefault"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "EnableEbsEncryptionByDefault"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "password_policy_weakened" {
  title    = "The rules for passwords were removed or changed"
  severity = "medium"
  mitre    = ["TA0005:T1556"]
  description = <<-EOT
    Meaning: short or old passwords may be allowed now.
    Look next: the values, and passwords set since.
    Innocent causes: administrators who make them stricter.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com'
    and event_name in ('DeleteAccountPasswordPolicy', 'UpdateAccountPasswordPolicy')
  EOT
  test "the attack" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "DeleteAccountPasswordPolicy"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "GetAccountPasswordPolicy"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "region_enabled" {
  title    = "A region was enabled"
  severity = "low"
  mitre    = ["TA0005:T1535"]
  description = <<-EOT
    Meaning: a region nobody looks at is a good place to hide.
    Look next: what is started there.
    Innocent causes: growth.
  EOT
  where = "event_source = 'account.amazonaws.com' and event_name = 'EnableRegion'"
  test "the attack" {
    event = {
      event_source       = "account.amazonaws.com"
      event_name         = "EnableRegion"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { RegionName = "af-south-1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "account.amazonaws.com"
      event_name    = "GetRegionOptStatus"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
