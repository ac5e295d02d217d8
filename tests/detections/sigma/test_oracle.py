"""What converted rules find in the lake is what an evaluation of the same rules on the raw events finds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tailpipe_assets.detections.sigma.converting import Converter
from tailpipe_assets.pipeline.rules import rule_table
from tailpipe_assets.tables.aws_cloudtrail_log import AWS_CLOUDTRAIL_LOG
from tailpipe_resources.query.engine import isolated
from tests.services.project import shared_data
from tests.services.sigma_oracle import is_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.services.project import Project

RULES = Path(__file__).parents[2] / "data" / "sigma"
PUBLIC = os.environ.get("TAILPIPE_TEST_SIGMA", "")
"""A folder of rules about CloudTrail."""

TABLE = rule_table(AWS_CLOUDTRAIL_LOG)
REFUSED = {"elsewhere", "look_ahead", "placeholder", "unknown_field"}
COLLECTION = """
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
ROLE = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "ops"}}}
EVENTS: tuple[dict[str, Any], ...] = (
    {"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com", "userAgent": "aws-cli/2"},
    {"eventName": "STOPLOGGING", "errorCode": "AccessDenied", "userAgent": "aws_cli/2", "userIdentity": ROLE},
    {"eventName": "DeleteTrail", "eventSource": "cloudtrail.amazonaws.com", "sourceIPAddress": "10.1.127.255"},
    {"eventName": "GetTrail", "errorCode": "", "sourceIPAddress": "10.1.128.0", "userAgent": "at 100% of it"},
    {"eventName": "GetObject", "eventSource": "s3.amazonaws.com", "sourceIPAddress": "cloudtrail.amazonaws.com"},
    {"requestParameters": {"bucketName": "Ledger", "key": "q1"}, "sourceIPAddress": "192.168.4.7"},
    {"requestParameters": {"BucketName": "ledger"}, "userAgent": "a*b", "sourceIPAddress": "2001:DB8:8000::1"},
    {"requestParameters": {"containerDefinitions": [{"command": ["sh", "curl 169.254.170.2/x"]}]}},
    {"requestParameters": {"containerDefinitions": [{"command": "curl 169.254.170.2"}, {"command": None}]}},
    {"requestParameters": {"layers": ["arn:good:1", "arn:EVIL:1"]}, "sourceIPAddress": "::1"},
    {"requestParameters": {"layers": "arn:evil:1", "port": 22}, "userAgent": "[arn:evil:1"},
    {"requestParameters": {"port": "22"}, "resources": [{"ARN": "arn:aws:s3:::LEDGER"}, {"ARN": "other"}]},
    {"requestParameters": {"port": 8443}, "responseElements": {"publiclyAccessible": True}},
    {"requestParameters": {"port": "no number"}, "responseElements": {"publiclyAccessible": "True"}},
    {"readOnly": False, "managementEvent": True, "userAgent": "axb", "sourceIPAddress": "2001:db8:7fff::1"},
    {"readOnly": True, "userAgent": "bot\nBOT", "eventTime": "2026-11-20T03:59:59Z"},
    {"userAgent": "ends with \\end", "eventTime": "2026-11-20T04:00:00Z"},
    {"userIdentity": {"type": "IAMUser", "userName": "ben", "arn": "arn:aws:iam::1:user/ben"}},
    {"userIdentity": {"type": "iamuser", "userName": "Ann", "arn": "arn:aws:iam::1:user/Ann"}},
    {"userIdentity": {"userName": "Ann"}, "requestParameters": {"userName": "ann"}, "eventName": "CreateAccessKey"},
    {"eventName": "PutObject", "eventSource": "s3.amazonaws.com", "userIdentity": {"userName": "BEN"}},
    {"requestParameters": {"key": None, "bucketName": None}, "errorCode": "x", "sourceIPAddress": "10.1.0.0.1"},
    {"sourceIPAddress": "fe80::1%eth0", "userAgent": "10.1.2.300"},
    {"sourceIPAddress": "00:11:22:33:44:55", "userAgent": "10.1.2.3"},
    {"requestParameters": {"note": 'a "quoted" ledger', "key": ["a", ["b", {"c": "d"}]]}, "userAgent": "İstanbul"},
)


def disagreements(project: Project, events: Sequence[Mapping[str, Any]], folder: Path) -> tuple[int, list[str]]:
    """How many rules run, and those that find other events in the lake than they should."""
    by_id = {str(each["eventID"]): dict(each) for each in events}
    wrong, count = [], 0
    with isolated() as connection, project.connection() as lake:
        converter = Converter(connection, TABLE, {}, "tp_trial")
        for file in sorted(folder.rglob("*.yml")):
            text = file.read_text()
            where = converter.convert(text).where
            if where is None:
                continue
            count += 1
            rule = yaml.safe_load(text)
            wanted = {name for name, event in by_id.items() if is_found(rule, event)}
            rows = lake.execute(f"SELECT event_id FROM aws_cloudtrail_log WHERE ({where})").fetchall()
            found = {str(name) for (name,) in rows}
            if found != wanted:
                wrong.append(f"{file.stem}: too many {sorted(found - wanted)}, missing {sorted(wanted - found)}")
    return count, wrong


def whole(number: int, event: Mapping[str, Any]) -> dict[str, Any]:
    """An event with what every event has."""
    return {
        "eventID": f"e{number}",
        "eventTime": "2026-11-20T10:00:00Z",
        "eventName": "Other",
        "eventSource": "x.amazonaws.com",
        "recipientAccountId": "1",
        **event,
    }


def test_every_modifier_means_in_sql_what_it_means(project: Project) -> None:
    """Every rule of ours finds some of these events, not all of them, and those that it should."""
    events = [whole(number, event) for number, event in enumerate(EVENTS)]
    project.configure(COLLECTION)
    project.write("events.json", json.dumps({"Records": events}))
    project.collect_one()

    count, wrong = disagreements(project, events, RULES)

    assert wrong == []
    assert count == len(list(RULES.glob("*.yml"))) - len(REFUSED)
    for file in sorted(RULES.glob("*.yml")):
        if file.stem not in REFUSED:
            rule = yaml.safe_load(file.read_text())
            assert 0 < sum(is_found(rule, each) for each in events) < len(events), file.stem


@pytest.mark.parametrize("data", ["stratus", "cloudtrail"])
def test_public_rules_find_in_real_events_what_they_should(data: str, project: Project) -> None:
    """All of a folder of rules, such as SigmaHQ's, over real events."""
    if not PUBLIC:
        pytest.skip("set TAILPIPE_TEST_SIGMA to a folder of Sigma rules about CloudTrail")
    events = []
    for number, file in enumerate(sorted(shared_data(data).glob("*.json"))):
        records = json.loads(file.read_text())
        records = records["Records"] if isinstance(records, dict) else records
        # Some events have no id, or are in several files.
        events += [{**each, "eventID": f"{number}/{place}"} for place, each in enumerate(records)]
    project.configure(COLLECTION)
    project.write("events.json", json.dumps({"Records": events}))
    project.collect_one()

    count, wrong = disagreements(project, events, Path(PUBLIC))

    assert wrong == []
    assert count > 0
