"""What the tests of alerts share: a lake with findings, and a configuration that tells somebody of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from tailpipe_assets.alerts.delivery import Delivered, Manner, deliver_due
from tailpipe_assets.alerts.stored import StoredAlerts
from tailpipe_resources.config import load
from tailpipe_resources.lake import local_lake
from tailpipe_resources.lake.delta import Change, Told, commit_change
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.schema import delta_schema
from tailpipe_resources.lake.staging import stage
from tailpipe_resources.lake.table import ensure_table
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE, Finding, Severity
from tailpipe_resources.model.schema import COMMON_COLUMNS
from tailpipe_resources.model.slot import Slot
from tailpipe_resources.query.engine import connect
from tests.services.receiver import Receiver, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.alert import AlertEvent
    from tailpipe_resources.model.config import Config

NOW = datetime.now(UTC).replace(microsecond=0)
COLUMNS = (*COMMON_COLUMNS, *FINDING_COLUMNS)
QUICK = Manner(patience=30, first_pause=0.01)
ONE = Finding(
    finding_id="f1",
    version=1,
    detection="aws_cloudtrail_log.trail_stopped",
    definition_hash="h",
    kind="match",
    severity=Severity.HIGH,
    title="CloudTrail logging stopped",
    table="aws_cloudtrail_log",
    collection="prod",
    first_seen=NOW - timedelta(minutes=5),
    last_seen=NOW - timedelta(minutes=5),
    count=1,
    tp_ids=("aa11",),
    authors=("A. Author",),
    mitre=("TA0005:T1562.008",),
    dedupe_key="123456789012/trail",
    actor="arn:aws:iam::123456789012:user/mallory",
    resource="trail",
    source_ip="198.51.100.7",
    sample="{}",
    run_id="11111111-2222-3333-4444-555555555555",
)


def found(number: int, **more: Any) -> Finding:
    """A finding like `ONE`, with another id and key."""
    usual = {"finding_id": f"f{number}", "tp_ids": (f"{number:032x}",), "dedupe_key": f"key{number}"}
    return replace(ONE, **{**usual, **more})


def write_findings(lake: Lake, *findings: Finding) -> None:
    """Commit findings as detections do; those without a time of their own were made now."""
    made = datetime.now(UTC)
    ordered = sorted((replace(each, created_at=each.created_at or made) for each in findings), key=_slot)
    with connect(threads=1) as connection:
        ensure_table(lake, FINDING_TABLE, COLUMNS, delta_schema(connection, COLUMNS))
        added = []
        for slot, those in groupby(ordered, _slot):
            connection.register("rows", pa.Table.from_pylist([_row(each) for each in those]))
            columns = ", ".join(f"{each.name}::{each.type} AS {each.name}" for each in COLUMNS)
            staged = stage(connection, lake, slot, f"SELECT {columns} FROM rows", stream="test")
            assert staged is not None
            added.append(staged.publish(lake))
        commit_change(lake, FINDING_TABLE, Change(tuple(added), (), new_batch(None), told=Told("detect")))


def _slot(one: Finding) -> Slot:
    return Slot(FINDING_TABLE, one.collection, one.detection, one.first_seen.date())


def _row(one: Finding) -> dict[str, Any]:
    common: dict[str, Any] = dict.fromkeys((each.name for each in COMMON_COLUMNS), None)
    own = {each.name: getattr(one, each.name, None) for each in FINDING_COLUMNS}
    own |= {"finding_table": one.table, "finding_collection": one.collection, "row_count": one.count}
    own |= {"severity": str(one.severity), "tp_ids": list(one.tp_ids), "authors": list(one.authors)}
    own |= {"mitre": list(one.mitre), "tags": list(one.tags)}
    own |= {"suppressed_by": one.suppressed_by or None, "merged_into": one.merged_into or None}
    return {**common, **own, "tp_id": f"{one.finding_id}/{one.version}", "tp_timestamp": one.first_seen}


@dataclass
class Desk:
    """A folder with a lake and a configuration that tells one receiver."""

    folder: Path
    receiver: Receiver
    hcl: str

    @property
    def lake(self) -> Lake:
        """Where findings are."""
        return local_lake(self.folder / "lake")

    @property
    def config(self) -> Config:
        """The configuration as it is now."""
        self.configure()
        return load([self.folder / "tailpipe.hcl"])

    def configure(self) -> None:
        """Write the configuration down."""
        (self.folder / "tailpipe.hcl").write_text(self.hcl)

    def find(self, *findings: Finding) -> None:
        """Something was found."""
        write_findings(self.lake, *findings)

    def deliver(self, manner: Manner = QUICK) -> Delivered:
        """One round of delivering."""
        return deliver_due(self.config, manner)

    def until_done(self, manner: Manner = QUICK, rounds: int = 200) -> None:
        """Deliver until nothing is left."""
        for _ in range(rounds):
            if not self.deliver(manner).left:
                return
        raise AssertionError("something is left")

    def events(self) -> tuple[AlertEvent, ...]:
        """What the lake says was done about alerts."""
        with StoredAlerts(self.lake) as stored:
            return stored.events()


def hcl_of(folder: Path, url: str, *, alert: str = "") -> str:
    """A lake in the folder, and a webhook that hears of everything."""
    return (
        f'destination "parquet" "default" {{\n  path = "{folder}/lake"\n}}\n'
        f'notifier "webhook" "soar" {{\n  url = "{url}"\n}}\n'
        f'alert "all" {{\n  notify = [notifier.webhook.soar]\n{alert}}}\n'
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A lake, and a webhook that hears of everything found in it."""
    with receiving() as receiver:
        yield Desk(tmp_path, receiver, hcl_of(tmp_path, f"{receiver.url}/hook"))
