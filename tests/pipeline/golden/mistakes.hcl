source "file" "logs" {
  path = "."
}
format "regex" "broken" {
  layout = `(?P<time>[`
}
format "grok" "unknown" {
  layout = "%{NOPE:time}"
}
format "regex" "odd" {
  layuot = "x"
}
collection "aws_cloudtrail_log" "filters" {
  source = source.file.logs
  filter {
    where = "event_sorce = 'x'"
  }
  filter {
    where = "near: event_source"
  }
  filter {
    where = "event_name"
  }
  filter {
    where = "true; drop table x"
  }
  filter {
    where = "count(*) > 1"
  }
  filter {
    where = "event_name = read_text('/etc/hostname')"
  }
  filter {
    where = "exists (select 1)"
  }
  filter {
    where = "event_name ="
  }
  filter {
    where = "event_name = true or event_time = 'soon'"
  }
}
collection "aws_cloudtrail_log" "index" {
  source   = source.file.logs
  tp_index = "recipient_acount_id"
}
collection "aws_cloudtrail_log" "struct" {
  source   = source.file.logs
  tp_index = "user_identity"
}
collection "http_log" "format" {
  source = source.file.logs
  format = "combind"
}
collection "http_log" "json" {
  source = source.file.logs
  format = "json"
}
collection "custom" "timeless" {
  source     = source.file.logs
  table_name = "timeless"
  format     = `(?P<a>x)`
}
collection "custom" "no_such_time" {
  source     = source.file.logs
  table_name = "no_such_time"
  timestamp  = "tme"
  format     = `(?P<time>x)`
}
collection "custom" "expression" {
  source     = source.file.logs
  table_name = "expression"
  format     = `(?P<time>x`
}
collection "custom" "nameless" {
  source     = source.file.logs
  table_name = "nameless"
  format     = `(x)`
}
collection "custom" "formatless" {
  source     = source.file.logs
  table_name = "formatless"
}
collection "custom" "broken" {
  source     = source.file.logs
  table_name = "broken"
  format     = format.regex.broken
}
collection "custom" "unknown" {
  source     = source.file.logs
  table_name = "unknown"
  format     = format.grok.unknown
}
collection "custom" "odd" {
  source     = source.file.logs
  table_name = "odd"
  format     = format.regex.odd
}
collection "custom" "shared1" {
  source     = source.file.logs
  table_name = "shared"
  format     = `(?P<time>x) (?P<a>y)`
}
collection "custom" "shared2" {
  source     = source.file.logs
  table_name = "shared"
  format     = `(?P<time>x) (?P<b>y)`
}
collection "custom" "ours" {
  source     = source.file.logs
  table_name = "tailpipe_rejected"
  format     = `(?P<time>x)`
}
table "columns" {
  format = "jsonl"
  column "time" {
  }
  column "n" {
    type = "INTEGR"
  }
  column "tp_usernams" {
  }
  column "tp_id" {
  }
}
collection "columns" "c" {
  source = source.file.logs
}
table "transform" {
  format = "jsonl"
  column "time" {
  }
  column "n" {
    transform = "uper(tim)"
  }
}
collection "transform" "c" {
  source = source.file.logs
}
collection "aws_cloudtrail_log" "unknown_source" {
  source   = source.file.log
  format   = "jsn"
  tp_index = "recipient_acount_id"
  filter {
    where = "event_sorce = 'x'"
  }
}
collection "aws_cloudtrail_log" "broken_source" {
  filter = "event_sorce = 'x'"
  source "file" {
    pth = "."
  }
}
collection "aws_cloudtrail_log" "no_source" {
  filter = "event_sorce = 'x'"
}
collection "aws_cloudtrail_log" "unknown_destination" {
  source      = source.file.logs
  destination = destination.parquet.lake
  filter      = "event_sorce = 'x'"
}
collection "aws_cloudtrail_log" "index" {
  source = source.file.logs
  filter = "event_sorce = 'x'"
}
collection "http_log" "broken_format" {
  source = source.file.logs
  format = format.regex.brokn
  filter = "statuss = 200"
}
collection "custom" "unknown_source" {
  source     = source.file.log
  table_name = "unknown_source"
  format     = `(?P<time>x) (?P<a>y)`
  filter     = "b = 'y'"
}
collection "custom" "unknown_source_and_format" {
  source     = source.file.log
  table_name = "unknown_source_and_format"
  filter     = "a = 'y' and"
}
collection "custom" "unknown_format" {
  source     = source.file.logs
  table_name = "unknown_format"
  format     = format.regex.brokn
  filter     = "a = 'y' and"
}
collection "unknown_table" "c" {
  source = source.file.logs
  filter = "a = 'y' and"
}
table "without_format" {
  format = format.regex.brokn
}
collection "without_format" "c" {
  source = source.file.logs
}
table "own" {
  format = "jsonl"
  column "time" {
  }
}
collection "own" "unknown_source" {
  source = source.file.log
  filter = "tme = 'x'"
}
