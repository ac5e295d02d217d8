# Somebody gets more rights.

detection "aws_cloudtrail_log" "administrator_made" {
  title    = "Administrator rights were given"
  severity = "high"
  mitre    = ["TA0004:T1098.003", "TA0003:T1098.003"]
  description = <<-EOT
    Meaning: a user, group or role may do everything from now on.
    Look next: what was done with the rights since.
    Innocent causes: administrators who set up an account.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com' and event_name in ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy')
    and regexp_matches(request_parameters ->> 'policyArn', ':aws:policy/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$')
  EOT
  dedupe {
    by = ["coalesce(request_parameters ->> 'userName', request_parameters ->> 'roleName', request_parameters ->> 'groupName')"]
  }
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "AttachUserPolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "x", policyArn = "arn:aws:iam::aws:policy/AdministratorAccess" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "AttachRolePolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { roleName = "x", policyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "policy_allows_everything" {
  title    = "A policy allows everything"
  severity = "high"
  mitre    = ["TA0004:T1098.003"]
  description = <<-EOT
    Meaning: whoever has the policy may do everything, or give it to themselves.
    Look next: who has it, and what they did since.
    Innocent causes: none that could not be narrower.
  EOT
  where = <<-EOT
    event_source = 'iam.amazonaws.com' and event_name in ('PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy', 'CreatePolicy', 'CreatePolicyVersion')
    and regexp_matches(request_parameters ->> 'policyDocument', '"Effect"\s*:\s*"Allow"')
    and regexp_matches(request_parameters ->> 'policyDocument', '"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"')
  EOT
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "PutUserPolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "x", policyDocument = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}` }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "PutRolePolicy"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { roleName = "x", policyDocument = `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}` }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "older_policy_version_restored" {
  title    = "An older version of a policy became valid"
  severity = "medium"
  mitre    = ["TA0004:T1098"]
  description = <<-EOT
    Meaning: an older version may allow what was taken away.
    Look next: the difference between the versions.
    Innocent causes: a change that is taken back.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name = 'SetDefaultPolicyVersion'"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "SetDefaultPolicyVersion"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { versionId = "v1" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "iam.amazonaws.com"
      event_name    = "GetPolicyVersion"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "boundary_removed" {
  title    = "The limit of a user or role was removed"
  severity = "high"
  mitre    = ["TA0004:T1098"]
  description = <<-EOT
    Meaning: policies that were harmless within the limit now count in full.
    Look next: who asked for it, and what follows.
    Innocent causes: administrators.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name in ('DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary')"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "DeleteRolePermissionsBoundary"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { roleName = "x" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "PutRolePermissionsBoundary"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { roleName = "x" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "instance_given_another_role" {
  title    = "A running instance was given another role"
  severity = "medium"
  mitre    = ["TA0004:T1098"]
  description = <<-EOT
    Meaning: whoever controls the instance has the role's rights.
    Look next: which role, and what the instance did with it.
    Innocent causes: repair of an instance without a role.
  EOT
  where = "event_source = 'ec2.amazonaws.com' and event_name in ('ReplaceIamInstanceProfileAssociation', 'AssociateIamInstanceProfile')"
  test "the attack" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "AssociateIamInstanceProfile"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "ec2.amazonaws.com"
      event_name    = "DescribeIamInstanceProfileAssociations"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "user_put_into_group_by_itself" {
  title    = "A user put itself into a group"
  severity = "high"
  mitre    = ["TA0004:T1098.007"]
  description = <<-EOT
    Meaning: somebody gives themselves the group's rights.
    Look next: what the group may do.
    Innocent causes: an administrator at work on their own account.
  EOT
  where = "event_source = 'iam.amazonaws.com' and event_name = 'AddUserToGroup' and user_identity.arn like concat('%:user/', request_parameters ->> 'userName')"
  test "the attack" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "AddUserToGroup"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "ann", groupName = "admins" }
    }
    expect = true
  }
  test "another user" {
    event = {
      event_source       = "iam.amazonaws.com"
      event_name         = "AddUserToGroup"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { userName = "bob", groupName = "admins" }
    }
    expect = false
  }
}
