-- What goes on in the AWS accounts: the most frequent calls, and how often they fail.
select
  event_source,
  event_name,
  count(*) as events,
  count(distinct user_identity.arn) as callers,
  count(error_code) as errors
from aws_cloudtrail_log
where tp_partition = 'production'
group by event_source, event_name
order by events desc, event_name
limit 10;
