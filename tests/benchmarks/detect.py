"""What looking for a hundred things costs while logs come in, against taking them in without looking."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from tailpipe_assets.samples import cloudtrail
from tests.benchmarks.measure import interleaved, show

FIRST_DAY = date(2024, 2, 1)
DAYS = 4
EVENTS = 1_000_000
MOST = 0.25
"""Of the CPU time of taking the logs in."""

_NAMES = (
    *("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "CreateUser", "CreateAccessKey", "PutKey"),
    *("AttachUserPolicy", "PutUserPolicy", "CreateLoginProfile", "UpdateLoginProfile", "DeleteBucket", "ImportImage"),
    *("LeaveOrganization", "GetPasswordData", "ModifyImageAttribute", "ModifySnapshotAttribute", "DeleteFlowLogs"),
    *("GetFederationToken", "SendSerialConsoleSSHPublicKey"),
)
_SHAPES = (
    "event_source = '{source}' and event_name = '{name}'",
    "event_name in ('{name}', '{name}V2') and error_code is null",
    "event_name like '{name}%' and user_identity.type = 'Root'",
    "event_name = '{name}' and request_parameters ->> 'name' = 'x{number}'",
    "lower(event_name) = lower('{name}') and not coalesce(user_agent like 'aws-cli/{number}%', false)",
)
_SOURCES = ("iam.amazonaws.com", "ec2.amazonaws.com", "cloudtrail.amazonaws.com", "s3.amazonaws.com")


def main(*, rounds: int, scale: float) -> None:
    """Generate the logs, take them in with and without rules in turns, and print what that cost."""
    events = int(EVENTS * scale)
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder) / "cloudtrail"
        for number in range(DAYS):
            cloudtrail.write_day(logs, FIRST_DAY + timedelta(days=number), events=events // DAYS)
        best = interleaved(logs, {"tailpipe": ("aws_cloudtrail_log",), "detecting": ()}, rounds)
    show(f"CloudTrail, {events:,} events, 100 rules and 10 thresholds", "events", best, against="tailpipe")
    without, looking = best
    print(f"  looking costs {looking.cpu / without.cpu - 1:.1%} of the CPU time; {MOST:.0%} is the most it may")


def rules() -> str:
    """A hundred rules for single rows that are rare, as attacks are, and ten thresholds over common events."""
    return "\n".join((*(_rule(number) for number in range(100)), *(_threshold(number) for number in range(10))))


def _rule(number: int) -> str:
    where = _SHAPES[number % len(_SHAPES)].format(
        name=_NAMES[number % len(_NAMES)] if number % 5 else "StopLogging", source=_SOURCES[number % 4], number=number
    )
    return f'detection "aws_cloudtrail_log" "rule_{number}" {{ where = "{where}" }}'


def _threshold(number: int) -> str:
    name = ("AssumeRole", "GetObject", "ConsoleLogin", "GetSecretValue", "DescribeInstances")[number % 5]
    return (
        f'detection "aws_cloudtrail_log" "threshold_{number}" {{\n  where = "event_name = \'{name}\'"\n'
        f'  threshold {{\n    group_by = ["user_identity.arn"]\n    count = {1000 + number}\n'
        '    window = "10m"\n  }\n}'
    )
