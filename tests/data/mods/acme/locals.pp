locals {
  common_tags = {
    category = "Detections"
    plugin   = "aws"
  }

  shown = ["timestamp", "resource", "actor", "no_such_column"]

  columns = <<-EOQ
  tp_timestamp as timestamp,
  __RESOURCE__ as resource,
  user_identity.arn as actor,
  tp_id as source_id,
  *
  EOQ
}
