# Credentials are used to store secret information only, similar to flowpipe.
credential "aws" "aws_org_root" {
role = "..."
}
# Destinations are where logs will be stored after collection. It's a directory
# that will contain many parquet files for different tables etc.
destination "parquet" "local_storage" {
path = "/path/to/storage/files"
}
# A destination is not required for setup, a default one is used.
# By default files are saved in the current directory where tailpipe is run.
destination "parquet" "default" {
path = "."
}
# Destinations are normally local, but can use object storage. Obviously remote
# storage will be slower, but it's a good way to store at scale.
destination "parquet" "my_s3_bucket" {
credential = credential.aws.aws_org_root
path = "s3://my-bucket/path/to/files"
}
# Sources are where logs are collected from. They can be local files, remote
# files, or APIs. This source is for an S3 bucket that includes logs.
# Sources are agnostic to the logs that they contain, each source may by used
# by multiple collectors.
source "aws_s3" "logs" {
bucket = "my-bucket"
prefix = "logs/" // optional, default is no prefix
region = "us-west-2"
credential = credential.aws.aws_org_root
}
# Slack is a simpler source, really just defined through credentials since the
# endpoint is well known.
# TODO - Is this required? Or should collections accept either a source or a credential?
source "slack" "default" {
credential = credential.slack.default
}
# TODO - Is the source typed? Or is it the table? The source should NOT be typed, e.g. one S3 bucket can be used for many different sets of logs since they all have different prefixes.
# TODO - are there destination / destination table types? e.g. http log which accepts Apache + nginx sources
# TODO - Should this be collector or collection or table? Parquet calls it a dataset?
collection "aws_cloudtrail_log" "production" {
# Source of the data for this collection (required)
source = source.aws_s3.logs
# Optional destination for the collection. Uses the parquet default by default.
# destination = destination.parquet.default
# Collections may be enabled or disabled. If disabled, they will not collect
# logs but will still be available for querying logs that have already been
# collected.
enabled = true
# Each collection type may have specific attributes. For example, AWS CloudTrail
# has a prefix that can be used to be more specific on the source. Optional.
prefix = "logs/production/"
# Filters are used to limit the logs that are collected. They are optional.
# They are run in the order they are defined. A row must pass all filters
# to be collected.
# For example, this filter will exclude all decrypt events from KMS which are
# noisy and rarely useful in log analysis.
filter {
where = "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
}
}
# A special collection of root events only
collection "aws_cloudtrail_log" "root_events" {
source = source.aws_s3.logs
filter {
where = "user_identity.type = 'Root'"
}
}
source "file" "nginx" {
path = "/var/log/nginx/access.log"
}
collection "http_log" "production" {
source = source.file.nginx
format = "combined"
}
collection "custom" "production" {
source = source.file.nginx
table_name = "my_custom_table"
// Format is a regular expression with named capture groups that map to table columns.
// In this case, we demonstrate formatting of combined http log format.
// Use a string not double quoted, avoiding many backslashes.
format = `(?P<remote_addr>\S+) - (?P<remote_user>\S+) \[(?P<time_local>[^\]]+)\] "(?P<request>[^"]+)" (?P<status>\d+) (?P<body_bytes_sent>\d+) "(?P<http_referer>[^"]+)" "(?P<http_user_agent>[^"]+)"`
}