-- The whole story of one address, across three logs, by time: what it asked of the web site, tried in the
-- application and did in AWS. Repetitions are folded into one line.
with deeds as (
  select tp_timestamp, 'web' as log, status || ' ' || request_uri as deed
  from http_log
  where remote_addr = '203.0.113.66'
  union all
  select tp_timestamp, 'app', service || ': ' || message
  from app_log
  where ip = '203.0.113.66'
  union all
  select tp_timestamp, 'aws', event_name || if(error_code is null and error_message is null, '', ', failed')
  from aws_cloudtrail_log
  where source_ip_address = '203.0.113.66' and tp_partition = 'production'
)
select min(tp_timestamp) as first_seen, count(*) as times, log, deed
from deeds
group by log, deed
order by first_seen, log, deed;
