source "file" "logs" {
  path = "logs"
}

collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}

detection "aws_cloudtrial_log" "unknown_table" {
  where = "event_name = 'x'"
}

detection "aws_cloudtrail_log" "unknown_column" {
  where = "event_nam = 'x'"
}

detection "aws_cloudtrail_log" "unknown_field" {
  where = "user_identity.typ = 'Root'"
}

detection "aws_cloudtrail_log" "dot_on_json" {
  where = "request_parameters.bucketName = 'x'"
}

detection "aws_cloudtrail_log" "not_boolean" {
  where = "event_name"
}

detection "aws_cloudtrail_log" "aggregate" {
  where = "count(*) > 3"
}

detection "aws_cloudtrail_log" "no_timestamp" {
  where = "event_name = 'x' and event_time > 'yesterday'"
}

detection "aws_cloudtrail_log" "bad_regex" {
  where = "regexp_matches(event_name, '(')"
}

detection "aws_cloudtrail_log" "look_ahead" {
  where = "regexp_matches(event_name, '(?=x)')"
}

detection "aws_cloudtrail_log" "statements" {
  where = "x); drop table t; (select 1"
}

detection "aws_cloudtrail_log" "reads_files" {
  where = "event_name in (select content from read_text('/etc/hostname'))"
}

detection "aws_cloudtrail_log" "both" {
  where    = "read_only"
  sql      = "select 1"
  schedule = "* * * * *"
}

detection "aws_cloudtrail_log" "neither" {
  title = "Nothing"
}

detection "aws_cloudtrail_log" "urgent" {
  where    = "read_only"
  severity = "urgent"
}

detection "aws_cloudtrail_log" "bad_threshold" {
  where = "read_only"
  threshold {
    group_by = ["user_identity.arm"]
    count    = 0
    window   = "10 minutes"
  }
}

detection "aws_cloudtrail_log" "no_least" {
  where = "read_only"
  threshold {
    distinct = "request_parameters.secretId"
    window   = "10m"
  }
}

detection "aws_cloudtrail_log" "rescans" {
  schedule = "*/15 * * * *"
  sql      = "select user_identity.arn as group_key from aws_cloudtrail_log"
}

detection "aws_cloudtrail_log" "writes" {
  schedule = "*/15 * * * *"
  sql      = "drop table aws_cloudtrail_log"
}

detection "aws_cloudtrail_log" "unknown_source" {
  schedule = "often"
  sql      = "select $from, $to, $until from aws_cloudtrail_logs"
}

detection "aws_cloudtrail_log" "no_schedule" {
  sql = "select $from, $to"
}

detection "aws_cloudtrail_log" "no_reason" {
  where = "read_only"
  exception "ci" {
    where = "user_identity.arm = 'x'"
  }
  exception "old" {
    where   = "user_identity.arm = 'x'"
    reason  = "it was so"
    expires = "someday"
  }
}

detection "aws_cloudtrail_log" "urgent" {
  where = "read_only"
}

detection "aws_cloudtrail_log" "bad_test" {
  where = "read_only"
  test "misspelt" {
    event  = { event_nam = "x" }
    expect = true
  }
  test "empty" {
    expect = true
  }
}

detection "aws_cloudtrail_log" "bad_mitre" {
  where = "read_only"
  mitre = ["TA004:T1098.001", "T1098.001"]
}

detection "aws_cloudtrail_log" "bad_partition" {
  where      = "read_only"
  partitions = [collection.aws_cloudtrail_log.prod]
}

detection_override "aws_cloudtrail_log.bad_testt" {
  severity = "lowest"
}

suppression "aws_cloudtrail_log" "pentest" {
  where  = "tp_source_ipp = '198.51.100.7'"
  reason = "PT-9"
}

detection_pack "sigma" "aws" {
  path         = "rules"
  min_severity = "severe"
}
