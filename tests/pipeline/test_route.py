"""Sorting the records of a batch by where they belong."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.formats.vpc_flow_log import VpcFlowLogFormat, VpcFlowLogOptions
from tailpipe_assets.pipeline.batch import make_batch
from tailpipe_assets.pipeline.grow import Before
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.route import route
from tailpipe_assets.pipeline.transform import routing_fields
from tailpipe_assets.tables.aws_vpc_flow_log import AWS_VPC_FLOW_LOG
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.query.engine import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM = VpcFlowLogFormat(VpcFlowLogOptions())


def _loaded(name: str, accounts: Sequence[str]) -> Loaded:
    """A flow log with a line for each of these accounts, whose port tells the line's number."""
    lines = (f"2 {each} eni-1 - - {n} - - - - 1418530010 1418530070 - OK" for n, each in enumerate(accounts))
    text = "\n".join([*lines, ""]).encode()
    artifact = Artifact(name, "1", len(text))
    pieces = list(FORM.split(io.BytesIO(text), piece_bytes=4096))
    return Loaded(artifact, Task(artifact, Before(), (FORM,)), FORM, pieces)


def test_each_index_value_gets_its_records_in_order_wherever_they_stand() -> None:
    """Those in long runs, those that alternate with others, and those of many artifacts come together."""
    logs = {
        "alternating": [f"{number % 3:012}" for number in range(1000)],
        "alone": ["000000000007"] * 600,
        "mixed": [*["000000000001"] * 300, "000000000002", *["000000000009"] * 300],
    }
    expected = [
        (account, name, str(number))
        for account in sorted(set(itertools.chain(*logs.values())))
        for name, accounts in logs.items()
        for number, each in enumerate(accounts)
        if each == account
    ]
    batch = make_batch([_loaded(name, accounts) for name, accounts in logs.items()], FORM)

    with connect() as connection:
        routed = route(connection, AWS_VPC_FLOW_LOG, AWS_VPC_FLOW_LOG.index, batch)

    shares = sorted(routed.shares, key=lambda each: each.index)
    rows = [(share.index, row) for share in shares for row in share.records.to_pylist()]
    assert expected == [(index, row["tp_source_location"], row["r"]["src_port"]) for index, row in rows]
    assert all(row["r"]["account_id"] == index for index, row in rows)
    assert {each.index: sum(each.by_artifact.values()) for each in shares} == {
        each.index: each.records.num_rows for each in shares
    }


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("nullif(r.Account_ID, '-')", {"account_id", "start_time", "end_time"}),
        ('r."interface_id"', {"interface_id", "start_time", "end_time"}),
        ("left(CAST(r AS VARCHAR), 9)", None),
        ("struct_extract(R, 'account_id')", None),
        ('"r".account_id', None),
    ],
)
def test_sorting_looks_at_no_more_fields_than_its_sql_names(index: str, expected: set[str] | None) -> None:
    """Where the SQL may look at others, all are there."""
    table = replace(AWS_VPC_FLOW_LOG, checks=())
    batch = make_batch([_loaded("log", ["000000000001", "000000000002"])], FORM)

    with connect() as connection:
        routed = route(connection, table, index, batch)

    assert expected == routing_fields(table, index)
    assert sum(share.records.num_rows for share in routed.shares) == 2
    assert not routed.rejects
