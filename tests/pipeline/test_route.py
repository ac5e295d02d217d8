"""Sorting the records of a batch by where they belong."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

from tailpipe_assets.formats.vpc_flow_log import VpcFlowLogFormat, VpcFlowLogOptions
from tailpipe_assets.pipeline.batch import make_batch
from tailpipe_assets.pipeline.grow import Before
from tailpipe_assets.pipeline.loaded import Loaded, Task
from tailpipe_assets.pipeline.route import route
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
