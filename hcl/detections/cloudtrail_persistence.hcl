# Somebody makes sure to come back.

detection "aws_cloudtrail_log" "role_trusts_outsider" {
  title    = "A role may be assumed from outside the account"
  severity = "high"
  mitre    = ["TA0003:T1098", "TA0004:T1098"]
  description = <<-EOT
    Meaning: another account, or everybody, may become the role.
    Look next: whose account it is, what the role may do, and AssumeRole from there since.
    Innocent causes: services one subscribed to; accounts of one's own organization: except those.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com' and event_name in ('CreateRole', 'UpdateAssumeRolePolicy')
    and (len(list_filter(regexp_extract_all(coalesce(request_parameters ->> 'assumeRolePolicyDocument', request_parameters ->> 'policyDocument'), '(?:::|")([0-9]{12})(?::|")', 1), lambda account: account <> recipient_account_id)) > 0 or regexp_matches(coalesce(request_parameters ->> 'assumeRolePolicyDocument', request_parameters ->> 'policyDocument'), '"Principal"\s*:\s*(\{\s*"AWS"\s*:\s*)?(\[\s*)?"\*"'))
  EOT
  dedupe {
    by = ["request_parameters ->> 'roleName'"]
  }
  test "the attack" {
    event = {
      event_source         = "iam.amazonaws.com"
      event_name           = "UpdateAssumeRolePolicy"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { roleName = "r", policyDocument = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"}]}` }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "its own account" {
    event = {
      event_source         = "iam.amazonaws.com"
      event_name           = "CreateRole"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { roleName = "r", assumeRolePolicyDocument = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}` }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "access_key_for_somebody_else" {
  title    = "Somebody made an access key for another user"
  severity = "medium"
  mitre    = ["TA0003:T1098.001"]
  description = <<-EOT
    Meaning: a key that works until it is found, under a name that raises no question.
    Look next: what the new key was used for, from where.
    Innocent causes: administrators who hand out keys.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com' and event_name = 'CreateAccessKey' and request_parameters ->> 'userName' is not null
    and coalesce(user_identity.arn not like concat('%:user/', request_parameters ->> 'userName'), true)
  EOT
  dedupe {
    by = ["request_parameters ->> 'userName'"]
  }
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateAccessKey"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "build" }
    }
    expect = true
  }
  test "a key of its own" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateAccessKey"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "root_access_key" {
  title    = "An access key of the root user was made"
  severity = "critical"
  mitre    = ["TA0003:T1098.001"]
  description = <<-EOT
    Meaning: a key that may do everything, past every policy.
    Look next: delete the key; then see where the login came from.
    Innocent causes: none worth keeping.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name = 'CreateAccessKey' and user_identity.type = 'Root' and request_parameters ->> 'userName' is null"
  test "the attack" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "CreateAccessKey"
      user_identity = { type = "Root" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateAccessKey"
      request_parameters = { userName = "ann" }
      user_identity      = { type = "Root" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "password_set_for_somebody_else" {
  title    = "Somebody set another user's console password"
  severity = "high"
  mitre    = ["TA0003:T1098", "TA0004:T1098"]
  description = <<-EOT
    Meaning: whoever set it can log in as that user.
    Look next: a login by that user since, and from where.
    Innocent causes: a help desk; new colleagues.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com' and event_name in ('CreateLoginProfile', 'UpdateLoginProfile')
    and coalesce(user_identity.arn not like concat('%:user/', request_parameters ->> 'userName'), true)
  EOT
  dedupe {
    by = ["request_parameters ->> 'userName'"]
  }
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "UpdateLoginProfile"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "build" }
    }
    expect = true
  }
  test "a password of its own" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "UpdateLoginProfile"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "user_created" {
  title    = "A user was created"
  severity = "low"
  mitre    = ["TA0003:T1136.003"]
  description = <<-EOT
    Meaning: a new way into the account that lasts.
    Look next: keys, passwords and policies it is given.
    Innocent causes: administrators; users for machines.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name = 'CreateUser'"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateUser"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "GetUser"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "x" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "second_factor_removed" {
  title    = "A second factor was taken off"
  severity = "high"
  mitre    = ["TA0003:T1556.006", "TA0005:T1556.006"]
  description = <<-EOT
    Meaning: from now on a password is enough.
    Look next: whose it was, and logins since.
    Innocent causes: a new telephone: then another device is added at once.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name in ('DeactivateMFADevice', 'DeleteVirtualMFADevice') or event_source = 'sso-directory.amazonaws.com' and event_name in ('DeleteMfaDeviceForUser', 'UpdateMfaDeviceForUser')"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "DeactivateMFADevice"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "EnableMFADevice"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "identity_provider_changed" {
  title    = "An identity provider was added or changed"
  severity = "high"
  mitre    = ["TA0003:T1484.002", "TA0004:T1484.002"]
  description = <<-EOT
    Meaning: whoever runs the provider decides who everybody is.
    Look next: roles that trust it, and AssumeRoleWithSAML or AssumeRoleWithWebIdentity since.
    Innocent causes: a renewed certificate; a new pipeline or cluster.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name in ('CreateSAMLProvider', 'UpdateSAMLProvider', 'CreateOpenIDConnectProvider', 'AddClientIDToOpenIDConnectProvider', 'UpdateOpenIDConnectProviderThumbprint')"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "CreateSAMLProvider"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "idp" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "GetSAMLProvider"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "roles_anywhere_trusted" {
  title    = "A certificate authority may vouch for roles"
  severity = "high"
  mitre    = ["TA0003:T1098", "TA0003:T1550"]
  description = <<-EOT
    Meaning: whoever has the authority's key gets sessions of roles, from anywhere, for good.
    Look next: whose certificate it is, and the profile's roles.
    Innocent causes: machines outside AWS that are being set up.
  EOT
  where = "event_source = 'rolesanywhere.amazonaws.com' and event_name in ('CreateTrustAnchor', 'UpdateTrustAnchor', 'CreateProfile', 'EnableTrustAnchor')"
  test "the attack" {
    event = {
      event_source       = "rolesanywhere.amazonaws.com"
      event_name         = "CreateTrustAnchor"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "rolesanywhere.amazonaws.com"
      event_name    = "ListTrustAnchors"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "federation_token_taken" {
  title    = "A federation token was taken with a long-lived key"
  severity = "high"
  mitre    = ["TA0003:T1078.004", "TA0005:T1550.001"]
  description = <<-EOT
    Meaning: the session lives on when the key is disabled, and may use the console.
    Look next: what the federated user did (same account, type FederatedUser).
    Innocent causes: old programs that give people access to the console: except their user.
  EOT
  where = "event_source = 'sts.amazonaws.com' and event_name = 'GetFederationToken' and user_identity.invoked_by is null"
  test "the attack" {
    event = {
      event_source       = "sts.amazonaws.com"
      event_name         = "GetFederationToken"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { name = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "sts.amazonaws.com"
      event_name    = "GetSessionToken"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
