# Somebody comes in.

detection "aws_cloudtrail_log" "console_login_without_mfa" {
  title    = "A user logged in to the console without a second factor"
  severity = "medium"
  mitre    = ["TA0001:T1078.004"]
  description = <<-EOT
    Meaning: a password alone was enough.
    Look next: whether address and program are those the person uses; then give the user a second factor.
    Innocent causes: users who have none yet.
  EOT
  where = <<-EOT
    event_name = 'ConsoleLogin' and response_elements ->> 'ConsoleLogin' = 'Success'
    and user_identity.type = 'IAMUser' and additional_event_data ->> 'MFAUsed' = 'No'
  EOT
  test "the attack" {
    event = {
      event_name            = "ConsoleLogin"
      response_elements     = { ConsoleLogin = "Success" }
      user_identity         = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      additional_event_data = { MFAUsed = "No" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_name            = "ConsoleLogin"
      response_elements     = { ConsoleLogin = "Success" }
      user_identity         = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      additional_event_data = { MFAUsed = "Yes" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "root_logged_in" {
  title    = "The root user logged in"
  severity = "high"
  mitre    = ["TA0001:T1078.004"]
  description = <<-EOT
    Meaning: root may do everything and is needed almost never.
    Look next: who has the password and device, and whether they logged in.
    Innocent causes: the few tasks only root can do, such as closing the account.
  EOT
  where = "event_name = 'ConsoleLogin' and response_elements ->> 'ConsoleLogin' = 'Success' and user_identity.type = 'Root'"
  dedupe {
    by = ["recipient_account_id"]
  }
  test "the attack" {
    event = {
      event_name        = "ConsoleLogin"
      response_elements = { ConsoleLogin = "Success" }
      user_identity     = { type = "Root" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_name        = "ConsoleLogin"
      response_elements = { ConsoleLogin = "Success" }
      user_identity     = { type = "IAMUser" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "root_changes_something" {
  title    = "The root user changes something"
  severity = "high"
  mitre    = ["TA0004:T1078.004"]
  description = <<-EOT
    Meaning: root acts, past every policy of the account.
    Look next: the login before, and each change.
    Innocent causes: the few tasks only root can do.
  EOT
  where = "user_identity.type = 'Root' and user_identity.invoked_by is null and read_only = false and event_type = 'AwsApiCall'"
  dedupe {
    by = ["recipient_account_id"]
  }
  test "the attack" {
    event = {
      event_name    = "CreateUser"
      event_type    = "AwsApiCall"
      read_only     = false
      user_identity = { type = "Root" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_name    = "GetAccountSummary"
      event_type    = "AwsApiCall"
      read_only     = true
      user_identity = { type = "Root" }
    }
    expect = false
  }
}

detection "aws_cloudtrail_log" "root_password_recovery" {
  title    = "The password of the root user is being recovered"
  severity = "high"
  mitre    = ["TA0001:T1078.004"]
  description = <<-EOT
    Meaning: whoever reads the root user's mail can have the account.
    Look next: the mailbox's own log.
    Innocent causes: somebody who forgot it.
  EOT
  where = "event_name in ('PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'EmailUpdated', 'PasswordUpdated') and event_source = 'signin.amazonaws.com'"
  test "the attack" {
    event = {
      event_source  = "signin.amazonaws.com"
      event_name    = "PasswordRecoveryRequested"
      user_identity = { type = "Root" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source = "signin.amazonaws.com"
      event_name   = "ConsoleLogin"
    }
    expect = false
  }
}
