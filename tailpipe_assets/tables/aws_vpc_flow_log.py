"""AWS VPC flow logs: which addresses talked to each other, and whether they were allowed to."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.text_columns import listed, number, number_checks, text
from tailpipe_resources.model.schema import INSTANT

_TIME = "coalesce(nullif(r.start_time, '-'), nullif(r.end_time, '-'))"


def _instant(text_sql: str) -> str:
    """Unix seconds; what no year up to 9999 has is no time."""
    seconds = f"try_cast({text_sql} AS BIGINT)"
    return f"CASE WHEN {seconds} BETWEEN 0 AND 253402300799 THEN make_timestamptz({seconds} * 1000000) END"


_FIELDS = (
    number("version", "INTEGER", "Version of flow logs that has all of the record's fields."),
    text("account_id", "The account that owns the source's network interface."),
    text("interface_id", "The network interface."),
    text("src_addr", "Where the traffic came from; for what the interface sends, its own private address."),
    text("dst_addr", "Where it went; for what the interface receives, its own private address."),
    number("src_port", "INTEGER", "The source's port."),
    number("dst_port", "INTEGER", "The destination's port."),
    number("protocol", "INTEGER", "IANA's number of the protocol: 6 is TCP, 17 UDP, 1 ICMP."),
    number("packets", "BIGINT", "Packets in the interval."),
    number("bytes", "BIGINT", "Bytes in the interval."),
    Field("start_time", INSTANT, _instant("r.start_time"), "When the first packet of the interval was received."),
    Field("end_time", INSTANT, _instant("r.end_time"), "When the last packet of the interval was received."),
    text("action", "`ACCEPT` or `REJECT`, by security groups and network ACLs."),
    text("log_status", "`OK`; `NODATA`: no traffic; `SKIPDATA`: some records are missing."),
    text("vpc_id", "The VPC."),
    text("subnet_id", "The interface's subnet."),
    text("instance_id", "The instance the interface belongs to."),
    number("tcp_flags", "INTEGER", "TCP flags seen, added: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32."),
    text("type", "`IPv4`, `IPv6` or `EFA`."),
    text("pkt_src_addr", "The packet's own source, behind a NAT gateway or load balancer."),
    text("pkt_dst_addr", "The packet's own destination."),
    text("region", "The interface's region."),
    text("az_id", "The interface's availability zone, by id."),
    text("sublocation_type", "`wavelength`, `outpost` or `localzone`."),
    text("sublocation_id", "That place's id."),
    text("pkt_src_aws_service", "The AWS service that `pkt_src_addr` belongs to."),
    text("pkt_dst_aws_service", "The AWS service that `pkt_dst_addr` belongs to."),
    text("flow_direction", "`ingress` or `egress`, seen from the interface."),
    number("traffic_path", "INTEGER", "The way outgoing traffic took, as AWS numbers them; 8 is an internet gateway."),
    text("ecs_cluster_arn", "The ECS cluster of the task the traffic belongs to."),
    text("ecs_cluster_name", "That cluster's name."),
    text("ecs_container_instance_arn", "The ECS container instance, when the task runs on EC2."),
    text("ecs_container_instance_id", "Its id."),
    text("ecs_container_id", "The Docker id of the task's first container."),
    text("ecs_second_container_id", "The Docker id of the task's second container."),
    text("ecs_service_name", "The ECS service the task belongs to."),
    text("ecs_task_arn", "The ECS task."),
    text("ecs_task_definition_arn", "The ECS task's definition."),
    text("ecs_task_id", "The ECS task's id."),
    text("reject_reason", "Why traffic was rejected, such as `BPA` for VPC block public access."),
    text("resource_id", "The resource a regional network interface belongs to."),
    text("encryption_status", "Whether the traffic was encrypted, as AWS numbers it."),
)

AWS_VPC_FLOW_LOG = Table(
    name="aws_vpc_flow_log",
    description="AWS VPC flow logs: traffic of network interfaces, allowed or not, summed up over some minutes.",
    formats=("aws_vpc_flow_log",),
    time=_TIME,
    timestamp=_instant(_TIME),
    checks=number_checks(_FIELDS),
    index="nullif(r.account_id, '-')",
    fields=_FIELDS,
    enrichment={
        "tp_source_ip": "src_addr",
        "tp_destination_ip": "dst_addr",
        "tp_ips": listed("src_addr", "dst_addr", "pkt_src_addr", "pkt_dst_addr"),
        "tp_akas": listed("ecs_cluster_arn", "ecs_container_instance_arn", "ecs_task_arn", "ecs_task_definition_arn"),
    },
    layouts={
        "aws_s3": "AWSLogs/(%{DATA:org_id}/)?"
        "(%{NUMBER:account_id}/vpcflowlogs/%{DATA:region}/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}"
        "|aws-account-id=%{NUMBER:account_id}/aws-service=vpcflowlogs/aws-region=%{DATA:region}"
        "/year=%{YEAR:year}/month=%{MONTHNUM:month}/day=%{MONTHDAY:day})"
        r"/((?:hour=)?%{HOUR:hour}/)?%{DATA}\.log(\.gz|\.parquet)?"
    },
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",),
    sample=(
        b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end"
        b" action log-status\n"
        b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070"
        b" ACCEPT OK\n"
        b"2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105"
        b" 2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK\n"
        b"2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA\n"
        b"2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA\n"
    ),
)
