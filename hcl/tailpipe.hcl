# The configuration of the demo, and a first tour of the language.
#
# `make demo` writes a week of sample logs to demo/logs, collects them with this
# file and asks the questions in hcl/queries. Run `tailpipe` commands from the
# repository's root and they find this file by themselves.
#
# A source says where logs are. A collection says what to make of them: which
# table they become, and which rows are worth keeping. A destination says where
# the rows go.

# Values that may differ from machine to machine have a name and a default.
variable "logs" {
  description = "The folder of the sample logs."
  default     = "demo/logs"
}

variable "lake" {
  description = "The folder the collected rows are kept in."
  default     = "demo/lake"
}

# Collections that name no destination use the one called "default". Without
# this block it would be the folder you run `tailpipe` in.
destination "parquet" "default" {
  path = var.lake
}

# --- Sources ------------------------------------------------------------------

# CloudTrail objects as AWS lays them out. A layout is a pattern over the file's
# path, below the source's own. It picks the files that belong, and tells when
# each is from: so `tailpipe collect --from 2026-11-01` opens no older file.
source "file" "cloudtrail" {
  path        = "${var.logs}/cloudtrail"
  file_layout = "AWSLogs/%{NUMBER:account_id}/CloudTrail/%{DATA:region}/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}.json.gz"
}

# A web server's log and its rotated, gzipped predecessors. Without a layout,
# every file in the folder belongs.
source "file" "nginx" {
  path = "${var.logs}/nginx"
}

source "file" "app" {
  path        = "${var.logs}/app"
  file_layout = "shop-%{YEAR:year}%{MONTHNUM:month}%{MONTHDAY:day}.log"
}

# The same trail in a bucket would be:
#
#   source "aws_s3" "trail" {
#     bucket = "my-trail-bucket"
#     region = "us-east-1"
#   }

# --- Collections --------------------------------------------------------------

# The labels are the table and a name of your choice. The table `aws_cloudtrail_log`
# comes with Tailpipe; `tailpipe table show aws_cloudtrail_log` lists its columns.
collection "aws_cloudtrail_log" "production" {
  source = source.file.cloudtrail

  # A filter is SQL over the table's columns. Only rows that pass every filter
  # are stored. Decrypting is noisy and rarely tells anything.
  filter {
    where = "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
  }
}

# Several collections may share a source. Its files are read once for all of them.
collection "aws_cloudtrail_log" "root_events" {
  source = source.file.cloudtrail

  filter {
    where = "user_identity.type = 'Root'"
  }
}

# Access logs of nginx and Apache share a table; the format tells them apart.
collection "http_log" "web" {
  source = source.file.nginx
  format = "combined"
}

# A log of your own. The format is a regular expression whose named groups become
# the columns of a new table. Backticks keep it free of doubled backslashes.
#
# Lines that do not fit, such as stack traces, are set aside in the table
# `tailpipe_rejected` with the reason, never dropped silently.
collection "custom" "app" {
  source     = source.file.app
  table_name = "app_log"
  timestamp  = "logged_at"
  format     = `(?P<logged_at>\S+) (?P<level>[A-Z]+) (?P<service>\S+) request_id=(?P<request_id>\S+) user=(?P<user_name>\S+) ip=(?P<ip>\S+) "(?P<message>[^"]*)" (?P<duration_ms>\d+)ms`
}
