# Data is destroyed or encrypted, or the account is used up.

detection "aws_cloudtrail_log" "quota_raised_for_costly_machines" {
  title    = "A higher limit for machines or mail was asked for"
  severity = "low"
  mitre    = ["TA0040:T1496"]
  description = <<-EOT
    Meaning: before mining or sending mail, limits are raised.
    Look next: which limit, in which region.
    Innocent causes: growth.
  EOT
  where = "event_source = 'servicequotas.amazonaws.com' and event_name = 'RequestServiceQuotaIncrease'"
  test "the attack" {
    event = {
      event_source       = "servicequotas.amazonaws.com"
      event_name         = "RequestServiceQuotaIncrease"
      user_identity      = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
      request_parameters = { serviceCode = "ec2" }
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      event_source  = "servicequotas.amazonaws.com"
      event_name    = "GetServiceQuota"
      user_identity = { type = "IAMUser", arn = "arn:aws:iam::111122223333:user/ann" }
    }
    expect = false
  }
}
