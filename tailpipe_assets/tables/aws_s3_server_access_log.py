"""Amazon S3's server access logs: who asked a bucket for what."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.text_columns import listed, number, number_checks, quoted, text
from tailpipe_resources.model.schema import INSTANT

_FIELDS = (
    text("access_point_arn", "The access point the request came through."),
    Field(
        "acl_required",
        "BOOLEAN",
        "CASE WHEN r.acl_required <> '-' THEN lower(r.acl_required) = 'yes' END",
        "Whether the request needed an ACL to be allowed; NULL when it did not.",
    ),
    text("authentication_type", "`AuthHeader`, `QueryString` for a presigned URL; NULL for anonymous requests."),
    text("bucket", "The bucket that was asked."),
    text("bucket_owner", "The canonical user id of the bucket's owner."),
    number("bytes_sent", "BIGINT", "Bytes sent, without headers."),
    text("cipher_suite", "The TLS cipher."),
    text("error_code", "S3's error, such as `NoSuchBucket`."),
    number("http_status", "BIGINT", "The response's status."),
    text("host_header", "The host that was asked."),
    text("host_id", "S3's own id of the host that answered, `x-amz-id-2`."),
    text("key", "The object's key, as S3 encodes it."),
    number("object_size", "BIGINT", "The whole object's size in bytes."),
    text("operation", "What was done, such as `REST.GET.OBJECT`."),
    quoted("referer", "The page the client says it came from."),
    text("remote_ip", "The client's address."),
    text("request_id", "S3's id of the request."),
    quoted("request_uri", "The request's first line."),
    text("requester", "The canonical user id or ARN of who asked; NULL for anonymous requests."),
    text("signature_version", "`SigV4` or `SigV2`; NULL when it was not signed."),
    text("source_region", "The region the request came from."),
    text("tls_version", "The TLS version."),
    Field("timestamp", INSTANT, "tp_timestamp", "When the request was received."),
    number("total_time", "BIGINT", "Milliseconds from the request's arrival to the last byte of the answer."),
    number("turn_around_time", "BIGINT", "Milliseconds S3 worked on the answer."),
    quoted("user_agent", "The program the client says it is."),
    text("version_id", "The object's version."),
)

# A log's target prefix is put before its keys as it is: it may be folders, and the beginning of a name.
_BELOW = "(%{DATA}/)?"

AWS_S3_SERVER_ACCESS_LOG = Table(
    name="aws_s3_server_access_log",
    description="Amazon S3 server access logs: requests to a bucket, by whom and with which result.",
    formats=("aws_s3_server_access_log",),
    time="r.time",
    timestamp="try_strptime(r.time, '%d/%b/%Y:%H:%M:%S %z')",
    checks=number_checks(_FIELDS),
    index="nullif(r.bucket, '-')",
    fields=_FIELDS,
    enrichment={
        "tp_source_ip": "remote_ip",
        "tp_ips": listed("remote_ip"),
        "tp_usernames": listed("requester", "bucket_owner"),
        "tp_akas": listed("access_point_arn"),
        "tp_domains": listed("host_header"),
    },
    layouts={
        "aws_s3": f"{_BELOW * 3}(%{{DATA}}(?P<account_id>\\d{{12}})/%{{DATA:region}}/%{{DATA:bucket}}"
        "/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/)?%{DATA}"
        "%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}-%{HOUR:hour}-%{MINUTE:minute}-%{SECOND:second}-%{DATA}"
    },
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",),
    sample=(
        b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1"
        b" [06/Feb/2019:00:00:38 +0000]"
        b" 192.0.2.3 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be 3E57427F3EXAMPLE"
        b" REST.GET.VERSIONING -"
        b' "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1" 200 - 113 - 7 - "-" "S3Console/0.4" - '
        b"s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4"
        b" ECDHE-RSA-AES128-GCM-SHA256"
        b" AuthHeader amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2"
        b" arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP Yes\n"
        b"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1"
        b" [06/Feb/2019:00:01:00 +0000]"
        b" - AmazonS3 7B4A0FABBEXAMPLE S3.EXPIRE.OBJECT photos/cat.jpg - - - - 4406 - - - - - -\n"
    ),
)
