"""Access logs of AWS's load balancers: Application, Network and Classic.

References:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html
"""

from __future__ import annotations

from typing import ClassVar

from tailpipe_assets.formats.aws_text_log import AwsTextLog
from tailpipe_assets.formats.quoted import QuotedLines
from tailpipe_assets.formats.spaced import SpacedLines

_ALB = (
    "type time elb client target request_processing_time target_processing_time response_processing_time "
    'elb_status_code target_status_code received_bytes sent_bytes "request" "user_agent" ssl_cipher ssl_protocol '
    'target_group_arn "trace_id" "domain_name" "chosen_cert_arn" matched_rule_priority request_creation_time '
    '"actions_executed" "redirect_url" "error_reason" "target_list" "target_status_list" "classification" '
    '"classification_reason" conn_trace_id "transformed_host" "transformed_uri" "request_transform_status"'
)
_NLB = (
    "type version time elb listener client destination connection_time tls_handshake_time received_bytes sent_bytes "
    "incoming_tls_alert chosen_cert_arn chosen_cert_serial tls_cipher tls_protocol_version tls_named_group "
    "domain_name alpn_fe_protocol alpn_be_protocol alpn_client_preference_list tls_connection_creation_time"
)
_CLB = (
    "time elb client backend request_processing_time backend_processing_time response_processing_time "
    'elb_status_code backend_status_code received_bytes sent_bytes "request" "user_agent" ssl_cipher ssl_protocol'
)


class AlbAccessLogFormat(AwsTextLog):
    """Requests an Application Load Balancer took."""

    name: ClassVar[str] = "aws_alb_access_log"
    description: ClassVar[str] = "Access logs of AWS Application Load Balancers."
    lines = QuotedLines(
        _ALB,
        ends=("trace_id", "error_reason", "classification_reason", "conn_trace_id", "request_transform_status"),
    )
    names: ClassVar[tuple[str, ...]] = tuple(_ALB.replace('"', "").split())
    endpoints: ClassVar[tuple[str, ...]] = ("client", "target")


class NlbAccessLogFormat(AwsTextLog):
    """TLS connections a Network Load Balancer took."""

    name: ClassVar[str] = "aws_nlb_access_log"
    description: ClassVar[str] = "Access logs of AWS Network Load Balancers, which hold TLS connections."
    lines = SpacedLines(_NLB.split(), required=len(_NLB.split()) - 1, more=True)
    names: ClassVar[tuple[str, ...]] = tuple(_NLB.split())
    endpoints: ClassVar[tuple[str, ...]] = ("client", "destination")


class ClbAccessLogFormat(AwsTextLog):
    """Requests a Classic Load Balancer took."""

    name: ClassVar[str] = "aws_clb_access_log"
    description: ClassVar[str] = "Access logs of AWS Classic Load Balancers."
    lines = QuotedLines(_CLB, ends=("request", "ssl_protocol"))
    names: ClassVar[tuple[str, ...]] = tuple(_CLB.replace('"', "").split())
    endpoints: ClassVar[tuple[str, ...]] = ("client", "backend")
