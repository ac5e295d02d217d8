"""The generated logs of built-in tables: all of it becomes rows, odd cases among them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.samples import by_table
from tests.services.one_table import OneTable

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2024, 2, 7)
ODD = {
    "aws_alb_access_log": ("target_ip is null", "ssl_protocol is null", "contains(client_ip, ':')"),
    "aws_clb_access_log": ("request_url is null", "contains(client_ip, ':')"),
    "aws_nlb_access_log": ("tls_cipher is null", "alpn_client_preference_list = ['h2', 'http/1.1']"),
    "aws_s3_server_access_log": ("request_uri is null", "contains(user_agent, '\"')", "contains(remote_ip, ':')"),
    "aws_vpc_flow_log": ("log_status = 'NODATA'", "log_status = 'SKIPDATA'", "contains(src_addr, ':')"),
}


@pytest.mark.parametrize("table", by_table.TABLES)
def test_every_record_becomes_a_row(table: str, tmp_path: Path) -> None:
    """On the day it was written for; none is rejected, and the odd ones are there."""
    collected = OneTable(table, tmp_path).project
    written = by_table.write_day(table, collected.logs / "a.log.gz", DAY, records=2000)

    result = collected.collect_one()

    assert (written.records, result.rows, result.rejected) == (2000, 2000, 0)
    assert collected.ask(f"select distinct tp_date::varchar from {table}") == [(str(DAY),)]
    for case in ODD.get(table, ()):
        assert collected.one(f"select count(*) from {table} where {case}") > 0, case


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    """On every machine and at any time."""
    for table in by_table.TABLES:
        for name in ("one", "other"):
            by_table.write_day(table, tmp_path / name, DAY, records=20)
        assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
