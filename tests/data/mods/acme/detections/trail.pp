locals {
  # Both are declared in a file that is read later.
  trail_tags    = merge(local.common_tags, { service = "AWS/CloudTrail" })
  trail_columns = replace(local.columns, "__RESOURCE__", "request_parameters ->> 'trail'")
}

benchmark "trail" {
  title    = "Trails"
  type     = "detection"
  children = [detection.trail_stopped]
}

benchmark "all" {
  title    = "Everything"
  children = [benchmark.trail, detection.open_group, detection.public_topic]
}

detection "trail_stopped" {
  title           = "Trail stopped"
  description     = "Logging was stopped."
  documentation   = file("./detections/docs/trail_stopped.md")
  severity        = "high"
  display_columns = local.shown
  query           = query.trail_stopped

  tags = merge(local.trail_tags, {
    mitre_attack_ids = "TA0005:T1562.008, TA004:T1098.001"
  })
}

query "trail_stopped" {
  sql = <<-EOQ
    select
      ${local.trail_columns}
    from
      aws_cloudtrail_log
    where
      aws_cloudtrail_log.event_name = '${var.watched}'
      and error_code is null
    order by
      event_time desc;
  EOQ
}
