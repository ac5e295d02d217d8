"""VPC flow logs: AWS's documented records, custom fields and what does not fit."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailpipe_resources.errors import ConfigError
from tailpipe_resources.sources.layout import Layout
from tests.services.one_table import OneTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
SSH = (
    "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"
)
NODATA = "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
EVERY_FIELD = {
    "version": "8", "account-id": "123456789010", "interface-id": "eni-1", "srcaddr": "10.0.0.220",
    "dstaddr": "2001:db8::5", "srcport": "39812", "dstport": "80", "protocol": "6", "packets": "8",
    "bytes": "9007199254740993", "start": "1566848875", "end": "1566848933", "action": "REJECT", "log-status": "OK",
    "vpc-id": "vpc-1", "subnet-id": "subnet-1", "instance-id": "i-1", "tcp-flags": "19", "type": "IPv4",
    "pkt-srcaddr": "10.0.1.5", "pkt-dstaddr": "10.0.0.220", "region": "us-east-1", "az-id": "use1-az4",
    "sublocation-type": "outpost", "sublocation-id": "op-1", "pkt-src-aws-service": "S3",
    "pkt-dst-aws-service": "AMAZON", "flow-direction": "egress", "traffic-path": "8",
    "ecs-cluster-arn": "arn:cluster", "ecs-cluster-name": "shop", "ecs-container-instance-arn": "arn:instance",
    "ecs-container-instance-id": "ci", "ecs-container-id": "c1", "ecs-second-container-id": "c2",
    "ecs-service-name": "web", "ecs-task-definition-arn": "arn:definition", "ecs-task-arn": "arn:task",
    "ecs-task-id": "t", "reject-reason": "BPA", "resource-id": "nat-1", "encryption-status": "0",
}  # fmt: skip


@pytest.fixture
def flows(tmp_path: Path) -> OneTable:
    """A collection of flow logs as AWS writes them."""
    return OneTable("aws_vpc_flow_log", tmp_path)


@pytest.mark.parametrize("header", [[HEADER], []])
def test_the_documented_record_fills_its_columns(flows: OneTable, header: list[str]) -> None:
    """AWS's first example, with the header line S3 has and without it."""
    assert flows.row(*header, SSH) == {
        "version": 2,
        "account_id": "123456789010",
        "interface_id": "eni-1235b8ca123456789",
        "src_addr": "172.31.16.139",
        "dst_addr": "172.31.16.21",
        "src_port": 20641,
        "dst_port": 22,
        "protocol": 6,
        "packets": 20,
        "bytes": 4249,
        "start_time": "2014-12-14 04:06:50+00",
        "end_time": "2014-12-14 04:07:50+00",
        "action": "ACCEPT",
        "log_status": "OK",
    }
    assert flows.common(*header, SSH) == {
        "tp_timestamp": "2014-12-14 04:06:50+00",
        "tp_index": "123456789010",
        "tp_source_ip": "172.31.16.139",
        "tp_destination_ip": "172.31.16.21",
        "tp_ips": ["172.31.16.139", "172.31.16.21"],
    }


def test_every_field_there_is_becomes_a_column(flows: OneTable) -> None:
    """In whatever order the header names them, with counts beyond 32 bits."""
    names = sorted(EVERY_FIELD)
    lines = (" ".join(names), " ".join(EVERY_FIELD[name] for name in names))

    row = flows.row(*lines)

    assert list(row) == [each.name for each in flows.table.columns]
    assert (row["src_addr"], row["bytes"], row["tcp_flags"], row["traffic_path"]) == ("10.0.0.220", 2**53 + 1, 19, 8)
    assert (row["pkt_dst_aws_service"], row["ecs_second_container_id"]) == ("AMAZON", "c2")
    assert (row["reject_reason"], row["resource_id"], row["encryption_status"]) == ("BPA", "nat-1", "0")
    common = flows.common(*lines)
    assert sorted(common.pop("tp_ips")) == ["10.0.0.220", "10.0.1.5", "2001:db8::5"]
    assert sorted(common.pop("tp_akas")) == ["arn:cluster", "arn:definition", "arn:instance", "arn:task"]
    assert common == {
        "tp_timestamp": "2019-08-26 19:47:55+00",
        "tp_index": "123456789010",
        "tp_source_ip": "10.0.0.220",
        "tp_destination_ip": "2001:db8::5",
    }


def test_no_traffic_is_a_row_of_nothing(flows: OneTable) -> None:
    """`NODATA` and `SKIPDATA` have times, and NULL where `-` stands."""
    row = flows.row(HEADER, NODATA)

    assert row == {
        "version": 2,
        "account_id": "123456789010",
        "interface_id": "eni-1235b8ca123456789",
        "start_time": "2015-05-10 18:01:16+00",
        "end_time": "2015-05-10 18:02:14+00",
        "log_status": "NODATA",
    }
    assert set(flows.common(HEADER, NODATA)) == {"tp_timestamp", "tp_index"}


def test_the_user_names_the_fields_of_files_without_a_header(tmp_path: Path) -> None:
    """In the flow log's own spelling; a header in a file is believed before it."""
    form = """  format = format.aws_vpc_flow_log.short
}
format "aws_vpc_flow_log" "short" {
  layout = `${end} ${srcaddr} ${bytes}`
"""
    flows = OneTable("aws_vpc_flow_log", tmp_path, form)

    assert flows.rows("src_addr, bytes, tp_timestamp::varchar, tp_index", "1418530070 10.0.0.1 7") == [
        ("10.0.0.1", 7, "2014-12-14 04:07:50+00", "default")
    ]
    assert flows.rows("src_addr, bytes, account_id", HEADER, SSH) == [("172.31.16.139", 4249, "123456789010")]


@pytest.mark.parametrize("layout", ["version account", "version version", ""])
def test_a_layout_of_unknown_fields_is_refused(tmp_path: Path, layout: str) -> None:
    """Before anything is read, with the place."""
    flows = OneTable("aws_vpc_flow_log", tmp_path, f"  format = format.aws_vpc_flow_log.x\n}}\n"
                     f'format "aws_vpc_flow_log" "x" {{\n  layout = "{layout}"\n')  # fmt: skip

    with pytest.raises(ConfigError, match="layout: "):
        flows.rows("version", SSH)


def test_files_one_after_the_other_and_exported_lines_are_read(flows: OneTable) -> None:
    """A header line is never a row, and the time CloudWatch Logs writes before a line is no field of it."""
    lines = (HEADER, SSH, HEADER, f"2014-12-14T04:08:00.000Z {SSH}", NODATA)

    assert flows.rows("src_addr, log_status", *lines) == [
        ("172.31.16.139", "OK"),
        ("172.31.16.139", "OK"),
        (None, "NODATA"),
    ]


def test_fields_we_do_not_know_are_passed_over(flows: OneTable) -> None:
    """A header may name what AWS adds one day."""
    assert flows.rows("dst_addr, bytes", HEADER + " moon-phase", SSH + " full") == [("172.31.16.21", 4249)]


def test_lines_that_do_not_fit_are_set_aside_one_by_one(flows: OneTable) -> None:
    """With the reason; those around them are rows."""
    bad = {
        "garbage": "the line does not fit the format",
        SSH + " more": "the line does not fit the format",
        SSH.replace(" 22 ", " ssh "): "dst_port is no number",
        SSH.replace("4249", "99999999999999999999"): "bytes is no number",
        SSH.replace("1418530010", "-").replace("1418530070", "-"): "it has no time",
        SSH.replace("1418530010", "soon"): "its time cannot be read: soon",
        SSH.replace("1418530010", "9" * 18): f"its time cannot be read: {'9' * 18}",
    }

    assert dict(flows.rejects(HEADER, SSH, *bad, NODATA)) == bad
    assert flows.project.one("select count(*) from aws_vpc_flow_log") == 2


@pytest.mark.parametrize("blank", ["", " ", "\t ", "\n\n\n\n\n"])
def test_blank_lines_before_the_header_hide_nothing(flows: OneTable, blank: str) -> None:
    """The first line with words names the fields."""
    rows = flows.rows("src_addr, dst_addr", blank, "dstaddr srcaddr start", "10.0.0.2 10.0.0.1 1418530010")

    assert rows == [("10.0.0.1", "10.0.0.2")]


def test_a_file_of_nothing_but_a_header_is_empty(flows: OneTable) -> None:
    """Neither an error nor a row."""
    assert flows.rows("tp_id", HEADER) == []
    assert flows.rejects(HEADER) == []


NUMBERS = {"srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path", "version"}


def parquet(*records: Mapping[str, str | None]) -> bytes:
    """Records as S3 delivers them: AWS's names with `_` in place of `-`, numbers as such."""
    columns = {
        name.replace("-", "_"): pa.array(
            [
                None if (value := each.get(name)) is None else int(value) if name in NUMBERS else value
                for each in records
            ],
            pa.int64() if name in NUMBERS else pa.string(),
        )
        for name in records[0]
    }
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held, compression="gzip")
    return held.getvalue()


def text_of(record: dict[str, str]) -> str:
    """The same as text, under a header line."""
    return "\n".join([" ".join(record), " ".join(record.values())])


def test_parquet_says_what_text_says(flows: OneTable) -> None:
    """Text and Parquet lie in one folder; every field comes to the same column."""
    project, table = flows.project, flows.table
    project.write("a.log.gz", gzip.compress(text_of(EVERY_FIELD).encode()))
    project.write("b.log.parquet", parquet(EVERY_FIELD))
    result = project.collect_one()
    names = ", ".join(f'"{each.name}"' for each in table.columns)
    one, other = project.ask(f"select tp_timestamp, tp_index, tp_ips, tp_akas, {names} from aws_vpc_flow_log")

    assert (result.rows, result.rejected, result.faults) == (2, 0, ())
    assert one == other
    assert None not in one


def test_a_row_of_parquet_may_lack_what_it_has_no_data_for(flows: OneTable) -> None:
    """Whether the file says so by `-` or by nothing; a row without a time is set aside, the others stay."""
    nodata = {"start": "1431280876", "action": "-", "log-status": "NODATA", "srcaddr": "-", "srcport": None}
    timeless = {**nodata, "start": None}
    project = flows.project
    project.write("a.log.parquet", parquet(nodata, timeless, nodata))
    project.collect_one()

    rows = project.ask("select tp_source_offset, src_addr, src_port, action, log_status from aws_vpc_flow_log")
    assert sorted(rows) == [(0, None, None, None, "NODATA"), (2, None, None, None, "NODATA")]
    assert project.ask("select position, reason from tailpipe_rejected") == [(1, "it has no time")]


def test_a_broken_parquet_file_is_set_aside(flows: OneTable) -> None:
    """It is no log of lines either."""
    project = flows.project
    project.write("a.log.parquet", parquet(EVERY_FIELD)[:-20])
    (fault,) = project.collect_one().faults

    assert fault.status == "quarantined"
    assert "no sound Parquet file" in fault.reason


@pytest.mark.parametrize("organization", ["", "o-1a2b3c/"])
@pytest.mark.parametrize("ending", [".log.gz", ".log.parquet"])
@pytest.mark.parametrize(
    ("folders", "hour"),
    [
        ("123456789012/vpcflowlogs/us-east-1/2024/02/07/", 0),
        ("123456789012/vpcflowlogs/us-east-1/2024/02/07/14/", 14),
        ("aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=2024/month=02/day=07/", 0),
        (
            "aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=2024/month=02/day=07/hour=14/",
            14,
        ),
    ],
)
def test_keys_of_all_of_aws_options_are_found(
    flows: OneTable, organization: str, folders: str, hour: int, ending: str
) -> None:
    """With Hive's names and hours, or without."""
    name = "123456789012_vpcflowlogs_us-east-1_fl-1234abcd_20240207T1430Z_fe123456"

    found = Layout(flows.table.layouts["aws_s3"]).match(f"logs/AWSLogs/{organization}{folders}{name}{ending}")

    assert found is not None
    assert found.start == datetime(2024, 2, 7, hour, tzinfo=UTC)
    assert (found.fields["account_id"], found.fields["region"]) == ("123456789012", "us-east-1")
