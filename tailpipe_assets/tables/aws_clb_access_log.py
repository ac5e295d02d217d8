"""Access logs of AWS Classic Load Balancers."""

from __future__ import annotations

from tailpipe_assets.tables.balancer import balancer_layout, balancer_table, request_url
from tailpipe_assets.tables.declaration import Field
from tailpipe_assets.tables.text_columns import (
    number,
    quoted,
    request_method,
    request_protocol,
    seconds,
    text,
)
from tailpipe_resources.model.schema import INSTANT

_FIELDS = (
    text("backend_ip", "The address of the instance that answered."),
    number("backend_port", "BIGINT", "That instance's port."),
    seconds("backend_processing_time", "Seconds the instance took to begin its answer, or to be connected to."),
    number("backend_status_code", "BIGINT", "The status the instance answered with."),
    text("client_ip", "The client's address."),
    number("client_port", "BIGINT", "The client's port."),
    text("elb", "The load balancer's name."),
    number("elb_status_code", "BIGINT", "The status the load balancer answered with."),
    number("received_bytes", "BIGINT", "Bytes received from the client, without headers."),
    request_protocol("request_http_version"),
    request_method("request_http_method"),
    request_url(),
    seconds("request_processing_time", "Seconds until the request was sent to an instance."),
    seconds("response_processing_time", "Seconds from the instance's answer to the first byte sent to the client."),
    number("sent_bytes", "BIGINT", "Bytes sent to the client, without headers."),
    text("ssl_cipher", "The TLS cipher; NULL without TLS."),
    text("ssl_protocol", "The TLS version; NULL without TLS."),
    Field("timestamp", INSTANT, "tp_timestamp", "When the load balancer got the request or connection."),
    quoted("user_agent", "The program the client says it is."),
)

AWS_CLB_ACCESS_LOG = balancer_table(
    name="aws_clb_access_log",
    description="Access logs of AWS Classic Load Balancers: requests or connections, and the instances that answered.",
    fields=_FIELDS,
    destination="backend_ip",
    layout=balancer_layout("", r"\.log"),
    exclude=r"_(app|net|gwy)\.|conn_log",
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html",
    sample=(
        b"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200"
        b" 200"
        b' 0 29 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -\n'
        b"2015-05-13T23:39:43.945958Z my-loadbalancer 192.168.131.39:2817 10.0.0.1:80 0.001069 0.000028 0.000041 - -"
        b" 82 305"
        b' "- - - " "-" - -\n'
        b"2015-05-13T23:39:44.945958Z my-loadbalancer 2001:db8::9:2817 - -1 -1 -1 503 0 0 0"
        b' "GET https://www.example.com:443/ HTTP/1.1" "curl/7.38.0" DHE-RSA-AES128-SHA TLSv1.2\n'
    ),
)
