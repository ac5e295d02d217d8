"""Amazon S3's server access logs.

References:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

from typing import ClassVar

from tailpipe_assets.formats.aws_text_log import AwsTextLog
from tailpipe_assets.formats.quoted import QuotedLines

_LINE = (
    'bucket_owner bucket [time] remote_ip requester request_id operation key "request_uri" http_status error_code '
    'bytes_sent object_size total_time turn_around_time "referer" "user_agent" version_id host_id signature_version '
    "cipher_suite authentication_type host_header tls_version access_point_arn acl_required source_region"
)


class S3AccessLogFormat(AwsTextLog):
    """Requests S3 served."""

    name: ClassVar[str] = "aws_s3_server_access_log"
    description: ClassVar[str] = "Amazon S3's server access logs."
    lines = QuotedLines(_LINE, ends=("user_agent", "tls_version", "access_point_arn", "acl_required", "source_region"))
    names: ClassVar[tuple[str, ...]] = tuple(_LINE.translate({ord(mark): None for mark in '"[]'}).split())
