detection "open_group" {
  title           = "Group opened"
  severity        = "low"
  display_columns = local.shown
  query           = query.open_group
}

query "open_group" {
  sql = <<EOQ
select ${replace(local.columns, "__RESOURCE__", "request_parameters ->> 'groupId'")}
from
  aws_cloudtrail_log,
  unnest(from_json(request_parameters -> 'items', '["JSON"]')) as t(permission)
where
  event_name = 'AuthorizeSecurityGroupIngress'
  and (permission ->> 'cidr') = '0.0.0.0/0'
order by event_time desc;
EOQ
}

detection "public_topic" {
  severity = "critical"
  sql      = <<-EOQ
    with policy as (
      select *, unnest(from_json(request_parameters -> 'policy', '["JSON"]')) as statement
      from aws_cloudtrail_log
      where event_name = 'SetTopicAttributes'
    )
    select * from policy where statement ->> 'Principal' = '*'
  EOQ
}

detection "many_reads" {
  severity = "medium"
  sql      = "select tp_index, count(*) as reads from aws_cloudtrail_log where event_name = 'GetSecretValue' group by 1"
}

detection "newest" {
  severity = "urgent"
  sql      = "select * from aws_cloudtrail_log order by event_time desc limit 3"
}

detection "unnamed" {
  sql = "select event_name, unnest(tp_ips) as ip from aws_cloudtrail_log"
}

detection "returns" {
  sql = "select a.tp_id from aws_cloudtrail_log as a join aws_cloudtrail_log as b on a.event_name = b.event_name"
}

detection "large" {
  sql = <<-EOQ
    select source_id
    from (
      select tp_id as source_id, unnest(from_json(request_parameters -> 'sizes', '["JSON"]')) as size
      from aws_cloudtrail_log
    )
    where cast(size ->> '$' as integer) > 5
  EOQ
}
