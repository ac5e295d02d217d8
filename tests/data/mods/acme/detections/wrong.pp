detection "misspelt" {
  sql = "select * from aws_cloudtrail_log where event_nam = 'x'"
}

detection "other_table" {
  sql = "select * from aws_cloudtrial_log"
}

detection "reads_a_file" {
  sql = "select * from aws_cloudtrail_log where event_name in (select content from read_text('/etc/hostname'))"
}

detection "reads_by_name" {
  sql = "select * from '/etc/hostname'"
}

detection "writes" {
  sql = "copy (select 1) to '/tmp/acme'"
}

detection "two_statements" {
  sql = "select * from aws_cloudtrail_log; select 1"
}

detection "looks_up" {
  sql = "select * from aws_cloudtrail_log where event_name = '${env("HOME")}'"
}

detection "escapes" {
  documentation = file("../../turbot.tpc")
  sql           = "select * from aws_cloudtrail_log"
}

detection "unknown_query" {
  query = query.trail_stoped
}

detection "with_parameters" {
  query = query.with_parameters
}

query "with_parameters" {
  sql = "select * from aws_cloudtrail_log where event_name = $1"

  param "name" {
    description = "Which event."
  }
}

detection "trail_stopped" {
  sql = "select * from aws_cloudtrail_log"
}

detection "neither" {
  title = "Asks nothing"
}
