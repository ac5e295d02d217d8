-- Who guesses passwords: failed console logins by address, and whether one succeeded in the end.
select
  source_ip_address,
  count(*) filter (where response_elements ->> '$.ConsoleLogin' = 'Failure') as failed,
  count(*) filter (where response_elements ->> '$.ConsoleLogin' = 'Success') as succeeded,
  count(distinct user_identity.arn) as accounts_tried,
  min(tp_timestamp) as first_seen,
  max(tp_timestamp) as last_seen
from aws_cloudtrail_log
where tp_partition = 'production' and event_name = 'ConsoleLogin'
group by source_ip_address
having failed > 0
order by failed desc, source_ip_address
limit 5;
