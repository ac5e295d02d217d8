-- The whole story of one address, across three logs, by time: what it asked of the web site, tried in the
-- application and did in AWS. Repetitions are folded into one line.
with deeds as (
  select tp_timestamp, 'web' as log, request_method || ' ' || request_uri || ' -> ' || status as deed
  from http_log
  where remote_addr = '203.0.113.66'
  union all
  select tp_timestamp, 'app', service || ': ' || message
  from app_log
  where ip = '203.0.113.66'
  union all
  select tp_timestamp, 'aws', event_name || coalesce(' (' || coalesce(error_code, error_message) || ')', '')
  from aws_cloudtrail_log
  where source_ip_address = '203.0.113.66' and tp_partition = 'production'
)
select min(tp_timestamp) as first_seen, max(tp_timestamp) as last_seen, log, deed, count(*) as times
from deeds
group by log, deed
order by first_seen, log, deed;
