"""Access logs of AWS Application Load Balancers."""

from __future__ import annotations

from tailpipe_assets.tables.balancer import (
    balancer_layout,
    balancer_table,
    instant,
    listed_words,
    request_url,
)
from tailpipe_assets.tables.declaration import Field
from tailpipe_assets.tables.text_columns import (
    listed,
    number,
    quoted,
    request_method,
    request_protocol,
    seconds,
    text,
)
from tailpipe_resources.model.schema import INSTANT

_FIELDS = (
    listed_words("actions_executed", "What was done with the request, such as `waf`, `authenticate` and `forward`."),
    quoted("chosen_cert_arn", "The certificate shown to the client."),
    quoted("classification", "Whether the request is `Acceptable`, `Ambiguous` or `Severe` by RFC 7230."),
    quoted("classification_reason", "Why."),
    text("client_ip", "The client's address, or its proxy's."),
    number("client_port", "BIGINT", "The client's port."),
    text("conn_trace_id", "Ties the request to its connection in the connection log."),
    quoted("domain_name", "The server's name the client sent with TLS."),
    text("elb", "The load balancer: `app/name/id`."),
    number("elb_status_code", "BIGINT", "The status the load balancer answered with."),
    quoted("error_reason", "Why an action failed."),
    number("matched_rule_priority", "BIGINT", "The matched rule's priority; 0 is the default rule, -1 an error."),
    number("received_bytes", "BIGINT", "Bytes received from the client."),
    quoted("redirect_url", "Where the client was redirected to."),
    request_protocol("request_http_version"),
    request_method("request_http_method"),
    request_url(),
    Field(
        "request_creation_time", INSTANT, instant("r.request_creation_time"), "When the load balancer got the request."
    ),
    seconds("request_processing_time", "Seconds until the request was sent to a target."),
    seconds("response_processing_time", "Seconds from the target's answer to the first byte sent to the client."),
    number("sent_bytes", "BIGINT", "Bytes sent to the client."),
    text("ssl_cipher", "The TLS cipher; NULL without TLS."),
    text("ssl_protocol", "The TLS version; NULL without TLS."),
    text("target_group_arn", "The target group."),
    text("target_ip", "The target's address."),
    quoted("target_list", "All targets that were tried, with their ports, between spaces."),
    number("target_port", "BIGINT", "The target's port."),
    seconds("target_processing_time", "Seconds the target took to begin its answer."),
    number("target_status_code", "BIGINT", "The status the target answered with."),
    quoted("target_status_list", "The statuses of all targets that were tried, between spaces."),
    Field("timestamp", INSTANT, "tp_timestamp", "When the answer was made; for WebSockets, when they were closed."),
    quoted("trace_id", "The header `X-Amzn-Trace-Id`."),
    text("type", "`http`, `https`, `h2`, `grpcs`, `ws` or `wss`."),
    quoted("user_agent", "The program the client says it is."),
    quoted("transformed_host", "The host header after a rule rewrote it."),
    quoted("transformed_uri", "The URI after a rule rewrote it."),
    quoted("request_transform_status", "Whether the rewrite worked."),
)

AWS_ALB_ACCESS_LOG = balancer_table(
    name="aws_alb_access_log",
    description="Access logs of AWS Application Load Balancers: requests, the targets that answered, and how.",
    fields=_FIELDS,
    destination="target_ip",
    more={
        "tp_domains": listed("domain_name"),
        "tp_akas": listed("target_group_arn", "chosen_cert_arn"),
    },
    layout=balancer_layout(r"app\.", r"\.log\.gz"),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
    sample=(
        b"https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80"
        b' 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0"'
        b" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"
        b" arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067"
        b' "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com"'
        b' "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1'
        b' 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
        b' TID_1234abcd5678ef90 "m.example.com" "-" "TransformSuccess"\n'
        b"http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 [2001:db8::17]:2817 -"
        b' 0.000 0.001 -1 502 - 34 366 "GET http://www.example.com:80/a b HTTP/1.1" "curl/7.46.0" - - -'
        b' "Root=1-58337364"'
        b' "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" "LambdaInvalidResponse" "-" "-" "-" "-"\n'
    ),
)
