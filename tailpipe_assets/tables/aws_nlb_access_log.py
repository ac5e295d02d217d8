"""Access logs of AWS Network Load Balancers, which hold TLS connections only."""

from __future__ import annotations

from tailpipe_assets.tables.balancer import balancer_layout, balancer_table, instant, listed_words
from tailpipe_assets.tables.declaration import Field
from tailpipe_assets.tables.text_columns import listed, number, text
from tailpipe_resources.model.schema import INSTANT

_FIELDS = (
    text("alpn_be_protocol", "The application protocol agreed with the target."),
    listed_words("alpn_client_preference_list", "The application protocols the client offered.", quotes='"'),
    text("alpn_fe_protocol", "The application protocol agreed with the client."),
    text("chosen_cert_arn", "The certificate shown to the client."),
    text("chosen_cert_serial", "Reserved by AWS."),
    text("client_ip", "The client's address."),
    number("client_port", "BIGINT", "The client's port."),
    number("connection_time", "BIGINT", "Milliseconds from the connection's begin to its end."),
    text("destination_ip", "The address the client connected to, or a target's."),
    number("destination_port", "BIGINT", "The port the client connected to, or a target's."),
    text("domain_name", "The server's name the client sent with TLS."),
    text("elb", "The load balancer: `net/name/id`."),
    text("incoming_tls_alert", "The TLS alert the client sent."),
    text("listener", "The TLS listener's id."),
    number("received_bytes", "BIGINT", "Bytes received from the client, decrypted."),
    number("sent_bytes", "BIGINT", "Bytes sent to the client, before encryption."),
    text("tls_cipher", "The TLS cipher."),
    Field(
        "tls_connection_creation_time",
        INSTANT,
        instant("r.tls_connection_creation_time"),
        "When the TLS connection began.",
    ),
    number("tls_handshake_time", "BIGINT", "Milliseconds of the TLS handshake."),
    text("tls_named_group", "Reserved by AWS."),
    text("tls_protocol_version", "The TLS version."),
    Field("timestamp", INSTANT, "tp_timestamp", "When the connection ended."),
    text("type", "The listener's type, `tls`."),
    text("version", "Version of the log entry's form."),
)

AWS_NLB_ACCESS_LOG = balancer_table(
    name="aws_nlb_access_log",
    description="Access logs of AWS Network Load Balancers: TLS connections, who made them and how they were secured.",
    fields=_FIELDS,
    destination="destination_ip",
    more={
        "tp_domains": listed("domain_name"),
        "tp_akas": listed("chosen_cert_arn"),
    },
    layout=balancer_layout(r"net\.", r"\.log\.gz"),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html",
    sample=(
        b"tls 2.0 2018-12-20T02:59:40 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd 72.21.218.154:51341"
        b" 172.100.100.185:443 5 2 98 246 -"
        b" arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 -"
        b" ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com"
        b" - - - 2018-12-20T02:59:30\n"
        b"tls 2.0 2020-04-01T08:51:42 net/my-network-loadbalancer/c6e77e28c25b2234 g3d4b5e8bb8464cd [2001:db8::7]:51341"
        b" [2001:db8:100::185]:443 5 2 98 246 -"
        b" arn:aws:acm:us-east-2:671290407336:certificate/2a108f19-aded-46b0-8493-c63eb1ef4a99 -"
        b" ECDHE-RSA-AES128-SHA tlsv12 - my-network-loadbalancer-c6e77e28c25b2234.elb.us-east-2.amazonaws.com"
        b' h2 h2 "h2","http/1.1" 2020-04-01T08:51:20\n'
    ),
)
