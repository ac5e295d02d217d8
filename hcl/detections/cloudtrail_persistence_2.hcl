# Somebody makes sure to come back.

detection "aws_cloudtrail_log" "federated_user_in_console" {
  title    = "A key became a console session"
  severity = "high"
  mitre    = ["TA0003:T1550.001"]
  description = <<-EOT
    Meaning: stolen keys are taken to the console.
    Look next: the session's acts.
    Innocent causes: tools that open the console for their user, such as aws-vault.
  EOT
  where = <<-EOT
    (event_name = 'GetSigninToken' or event_name = 'ConsoleLogin') and event_source = 'signin.amazonaws.com' and user_identity.type in ('FederatedUser', 'IAMUser', 'AssumedRole')
    and event_name = 'GetSigninToken' and not coalesce(user_agent like 'Jersey/%', false)
  EOT
  test "the attack" {
    event = {
      event_source  = "signin.amazonaws.com"
      event_name    = "GetSigninToken"
      user_identity = { type = "AssumedRole" }
      user_agent    = "python-requests/2.32"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "signin.amazonaws.com"
      event_name    = "GetSigninToken"
      user_identity = { type = "AssumedRole" }
      user_agent    = "Jersey/{project.version}"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "function_code_uploaded_directly" {
  title    = "The code of a function was overwritten by hand"
  severity = "medium"
  mitre    = ["TA0003:T1525", "TA0002:T1648"]
  description = <<-EOT
    Meaning: code came from somebody's machine, not from where releases are kept, and runs with the function's
    role.
    Look next: the code, and what the function's role did since.
    Innocent causes: development accounts.
  EOT
  where = <<-EOT
    event_source = 'lambda.amazonaws.com' and event_name like 'UpdateFunctionCode%'
    and request_parameters ->> 's3Bucket' is null and request_parameters ->> 'imageUri' is null
  EOT
  dedupe {
    by = ["request_parameters ->> 'functionName'"]
  }
  test "the attack" {
    event = {
      event_source       = "lambda.amazonaws.com"
      event_name         = "UpdateFunctionCode20150331v2"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { functionName = "f" }
    }
    expect = true
  }
  test "a release" {
    event = {
      event_source       = "lambda.amazonaws.com"
      event_name         = "UpdateFunctionCode20150331v2"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { functionName = "f", s3Bucket = "releases" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "function_layer_added" {
  title    = "A layer was put under a function"
  severity = "medium"
  mitre    = ["TA0003:T1525", "TA0005:T1574"]
  description = <<-EOT
    Meaning: a layer's code runs in the function, and sees all it gets.
    Look next: whose layer it is (account in its ARN), and what is in it.
    Innocent causes: layers of a monitoring product: except those.
  EOT
  where = "event_source = 'lambda.amazonaws.com' and event_name like 'UpdateFunctionConfiguration%' and json_array_length(request_parameters -> 'layers') > 0"
  dedupe {
    by = ["request_parameters ->> 'functionName'"]
  }
  test "the attack" {
    event = {
      event_source       = "lambda.amazonaws.com"
      event_name         = "UpdateFunctionConfiguration20150331v2"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { functionName = "f", layers = ["arn:aws:lambda:us-east-1:444455556666:layer:x:1"] }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "lambda.amazonaws.com"
      event_name         = "UpdateFunctionConfiguration20150331v2"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { functionName = "f", timeout = 30 }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "function_opened" {
  title    = "A function may be invoked from outside"
  severity = "high"
  mitre    = ["TA0003:T1546"]
  description = <<-EOT
    Meaning: everybody, or another account, may run the function, and with it its role.
    Look next: what it does, and who invoked it.
    Innocent causes: public web hooks.
  EOT
  where = <<-EOT
    event_source = 'lambda.amazonaws.com'
    and (event_name like 'AddPermission2%' or event_name = 'AddPermission')
      and (request_parameters ->> 'principal' = '*' or coalesce(regexp_extract(request_parameters ->> 'principal', '([0-9]{12})', 1), '') not in ('', recipient_account_id))
    or event_source = 'lambda.amazonaws.com' and event_name like '%FunctionUrlConfig%' and event_name not like 'Get%' and request_parameters ->> 'authType' = 'NONE'
  EOT
  dedupe {
    by = ["request_parameters ->> 'functionName'"]
  }
  test "the attack" {
    event = {
      event_source         = "lambda.amazonaws.com"
      event_name           = "AddPermission20150331v2"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { functionName = "f", principal = "*" }
      recipient_account_id = "111122223333"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source         = "lambda.amazonaws.com"
      event_name           = "AddPermission20150331v2"
      user_identity        = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters   = { functionName = "f", principal = "s3.amazonaws.com" }
      recipient_account_id = "111122223333"
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "cluster_access_granted" {
  title    = "Access to a Kubernetes cluster was granted"
  severity = "medium"
  mitre    = ["TA0003:T1098.006"]
  description = <<-EOT
    Meaning: somebody may rule the cluster; or its address, logging or identities changed.
    Look next: the principal and policy; then the cluster's audit log.
    Innocent causes: clusters that are set up.
  EOT
  where = "event_source = 'eks.amazonaws.com' and event_name in ('CreateAccessEntry', 'AssociateAccessPolicy', 'UpdateClusterConfig', 'AssociateIdentityProviderConfig')"
  test "the attack" {
    event = {
      event_source       = "eks.amazonaws.com"
      event_name         = "AssociateAccessPolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "eks.amazonaws.com"
      event_name    = "DescribeCluster"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "identity_pool_opened" {
  title    = "Anybody may get credentials from an identity pool"
  severity = "high"
  mitre    = ["TA0003:T1098"]
  description = <<-EOT
    Meaning: credentials of a role for anybody who knows the pool's id.
    Look next: what the role may do.
    Innocent causes: mobile applications with guests.
  EOT
  where = <<-EOT
    event_source = 'cognito-identity.amazonaws.com' and event_name in ('CreateIdentityPool', 'UpdateIdentityPool') and request_parameters ->> 'allowUnauthenticatedIdentities' = 'true'
    or event_source = 'cognito-identity.amazonaws.com' and event_name = 'SetIdentityPoolRoles'
  EOT
  test "the attack" {
    event = {
      event_source       = "cognito-identity.amazonaws.com"
      event_name         = "UpdateIdentityPool"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { allowUnauthenticatedIdentities = true }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "cognito-identity.amazonaws.com"
      event_name         = "UpdateIdentityPool"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { allowUnauthenticatedIdentities = false }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "sso_changed" {
  title    = "Single sign-on lets somebody into an account"
  severity = "medium"
  mitre    = ["TA0003:T1098.003"]
  description = <<-EOT
    Meaning: the way everybody comes in was changed.
    Look next: who got which permission set in which account.
    Innocent causes: administrators; provisioning by the identity provider: except it.
  EOT
  where = "event_source = 'sso.amazonaws.com' and event_name in ('CreateAccountAssignment', 'AttachManagedPolicyToPermissionSet', 'PutInlinePolicyToPermissionSet', 'AttachCustomerManagedPolicyReferenceToPermissionSet', 'UpdateSsoConfiguration', 'UpdateTrust', 'DisassociateProfile') or event_source = 'sso-directory.amazonaws.com' and event_name in ('CreateUser', 'UpdatePassword', 'AddMemberToGroup', 'EnableExternalIdPConfigurationForDirectory')"
  test "the attack" {
    event = {
      event_source  = "sso.amazonaws.com"
      event_name    = "CreateAccountAssignment"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "sso.amazonaws.com"
      event_name    = "ListAccountAssignments"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

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
