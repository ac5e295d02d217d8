-- Who guesses passwords: failed console logins by address, how many users were tried within how many minutes, and
-- whether a login succeeded in the end.
select
  source_ip_address,
  count(*) filter (where response_elements ->> '$.ConsoleLogin' = 'Failure') as failed,
  count(*) filter (where response_elements ->> '$.ConsoleLogin' = 'Success') as succeeded,
  count(distinct user_identity.arn) as users,
  min(tp_timestamp) as first_seen,
  date_diff('minute', min(tp_timestamp), max(tp_timestamp)) as minutes
from aws_cloudtrail_log
where tp_partition = 'production' and event_name = 'ConsoleLogin'
group by source_ip_address
having failed > 0
order by failed desc, source_ip_address
limit 5;
