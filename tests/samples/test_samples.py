"""The sample logs are what their summary says, the same each time, and shaped like the real thing."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.samples import WeekSummary, access_log, app_log, cast, cloudtrail, write_week
from tailpipe_assets.samples.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

WEDNESDAY = date(2026, 11, 18)
THURSDAY = date(2026, 11, 19)
KEY = re.compile(
    r"AWSLogs/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)"
    r"/(?P=account)_CloudTrail_(?P=region)_(?P<stamp>\d{8}T\d{4}Z)_[A-Za-z0-9]{16}\.json\.gz"
)
COMBINED = re.compile(
    r'\S+ - \S+ \[18/Nov/2026:\d\d:\d\d:\d\d \+0000\] "[A-Z]+ \S+ HTTP/[\d.]+" \d{3} \d+ "[^"]+" "[^"]+"'
)
APP = re.compile(r'\S+Z [A-Z]+ [a-z]+ request_id=[0-9a-f]{16} user=\w+ ip=[\d.]+ "[^"]+" \d+ms')


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WeekSummary]:
    """A week of logs and its summary."""
    folder = tmp_path_factory.mktemp("logs")
    return folder, write_week(folder, end=date(2026, 11, 20), events_per_day=1_000)


def test_the_same_seed_writes_the_same_bytes(logs: tuple[Path, WeekSummary], tmp_path: Path) -> None:
    """Writing a week again changes no byte and no file's time, so nothing looks new to a collection."""
    folder, _ = logs

    write_week(tmp_path / "logs", end=date(2026, 11, 20), events_per_day=1_000)

    assert _contents(tmp_path / "logs") == _contents(folder)


def test_another_seed_writes_other_logs(logs: tuple[Path, WeekSummary], tmp_path: Path) -> None:
    """The seed decides what is in the logs."""
    folder, _ = logs

    write_week(tmp_path / "logs", end=date(2026, 11, 20), events_per_day=1_000, seed=2)

    assert not set(_contents(tmp_path / "logs").values()) & set(_contents(folder).values())


def test_a_day_does_not_depend_on_the_week_around_it(logs: tuple[Path, WeekSummary], tmp_path: Path) -> None:
    """Tomorrow's week repeats the days it shares with today's, so collecting it adds only the new day."""
    folder, _ = logs

    write_week(tmp_path / "logs", end=date(2026, 11, 21), days=1, events_per_day=1_000)
    write_week(tmp_path / "logs", end=date(2026, 11, 20), days=2, events_per_day=1_000)

    shared = {name: content for name, content in _contents(tmp_path / "logs").items() if "20261119" in name}
    assert shared
    assert shared.items() <= _contents(folder).items()


def test_the_summary_counts_events_exactly(logs: tuple[Path, WeekSummary]) -> None:
    """Records, files, bytes, KMS decrypts and root events are what the objects hold."""
    folder, summary = logs
    objects = list((folder / "cloudtrail").rglob("*.gz"))
    events = _events(folder)

    assert (summary.first, summary.last) == (date(2026, 11, 14), date(2026, 11, 20))
    assert summary.cloudtrail.records == len(events)
    assert summary.cloudtrail.files == len(objects)
    assert summary.cloudtrail.bytes == sum(path.stat().st_size for path in objects)
    assert summary.kms_decrypts == sum(event["eventName"] == "Decrypt" for event in events) > 0
    assert summary.root_events == sum(event["userIdentity"].get("type") == "Root" for event in events) > 0


def test_the_summary_counts_lines_exactly(logs: tuple[Path, WeekSummary]) -> None:
    """Every web request is counted, and so is each application entry, apart from the stack traces."""
    folder, summary = logs
    requests = [line for path in (folder / "nginx").iterdir() for line in _lines(path)]
    entries = [line for path in (folder / "app").iterdir() for line in _lines(path)]
    fitting = sum(APP.fullmatch(line) is not None for line in entries)

    assert summary.nginx.records == len(requests) == 7 * 1_000 + access_log.PROBES + 1
    assert summary.app.records == fitting == 7 * 250 + app_log.GUESSES + 1
    assert summary.app_misfits == len(entries) - fitting > 0


def test_objects_lie_where_aws_puts_them(logs: tuple[Path, WeekSummary]) -> None:
    """An object's key names its account, region and day, and its events belong to them."""
    folder, _ = logs
    trail = folder / "cloudtrail"

    for path in trail.rglob("*.gz"):
        key = KEY.fullmatch(path.relative_to(trail).as_posix())
        assert key is not None
        assert key["stamp"].startswith(key["day"].replace("/", ""))
        for event in _records(path):
            assert event["eventTime"].startswith(key["day"].replace("/", "-"))
            assert (event["recipientAccountId"], event["awsRegion"]) == (key["account"], key["region"])


def test_events_have_the_variety_of_real_ones(logs: tuple[Path, WeekSummary]) -> None:
    """All kinds of callers appear, ids are unique, and free-form parts are null, empty or deep."""
    events = _events(logs[0])
    kinds = {event["userIdentity"].get("type") for event in events}
    issued = [event["userIdentity"]["sessionContext"] for event in events if "sessionContext" in event["userIdentity"]]

    assert kinds == {"IAMUser", "AssumedRole", "AWSService", "Root", None}
    assert len({event["eventID"] for event in events}) == len(events)
    assert {context["attributes"]["mfaAuthenticated"] for context in issued} == {"true", "false"}
    assert any(event["requestParameters"] is None for event in events)
    assert any((event["requestParameters"] or {}).get("instancesSet") == {} for event in events)
    assert any("errorCode" in event for event in events)
    assert {"tlsDetails", "additionalEventData", "resources", "serviceEventDetails"} <= {
        name for event in events for name in event
    }


def test_the_intruder_is_in_all_three_logs(logs: tuple[Path, WeekSummary]) -> None:
    """One address can be followed from the web site through the application into the AWS account."""
    folder, _ = logs
    acts = {event["eventName"] for event in _events(folder) if event["sourceIPAddress"] == cast.INTRUDER}
    web = [line for path in (folder / "nginx").iterdir() for line in _lines(path) if line.startswith(cast.INTRUDER)]
    app = [line for path in (folder / "app").iterdir() for line in _lines(path) if f"ip={cast.INTRUDER}" in line]

    assert acts == {
        "AttachUserPolicy",
        "AuthorizeSecurityGroupIngress",
        "ConsoleLogin",
        "CreateAccessKey",
        "DeleteTrail",
        "GetSecretValue",
        "StopLogging",
    }
    assert web
    assert app


@pytest.mark.parametrize("day", [date(2026, 11, 16), THURSDAY])
def test_other_days_are_quiet(day: date, tmp_path: Path) -> None:
    """The intruder comes on Wednesdays only."""
    assert cloudtrail.write_intrusion(tmp_path / "logs", day).records == 0
    assert not (tmp_path / "logs").exists()


def test_the_benchmark_shape_is_the_real_one(tmp_path: Path) -> None:
    """Objects hold 200 events, and an event takes 180 to 220 bytes after gzip, as CloudTrail's do."""
    written = cloudtrail.write_day(tmp_path, THURSDAY, events=10_000)

    assert (written.files, written.records) == (50, 10_000)
    assert 180 <= written.bytes / written.records <= 220
    assert {len(_records(path)) for path in tmp_path.rglob("*.gz")} == {200}


def test_web_lines_are_combined_format(tmp_path: Path) -> None:
    """Every line of the access log is one nginx could have written, in the order of time."""
    access_log.write_day(tmp_path / "access.log", WEDNESDAY, lines=3_000)
    lines = _lines(tmp_path / "access.log")
    times = [line.split("[")[1][:20] for line in lines]

    assert [line for line in lines if COMBINED.fullmatch(line) is None] == []
    assert times == sorted(times)


@pytest.mark.parametrize("count", [0, 1, 201])
def test_any_number_of_events_can_be_had(count: int, tmp_path: Path) -> None:
    """The last object takes what is left over; no events is no object."""
    written = cloudtrail.write_day(tmp_path, THURSDAY, events=count)

    assert written.records == count
    assert written.files == -(-count // cloudtrail.EVENTS_PER_OBJECT)


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m tailpipe_assets.samples` ends with the folders and their counts."""
    main([str(tmp_path), "--days", "1", "--seed", "7", "--end", "2026-11-19"])

    said = capsys.readouterr().out
    assert "2,860 events in 15 files" in said
    assert "2,860 requests in 1 files" in said
    assert (tmp_path / "app" / "shop-20261119.log").is_file()


@pytest.mark.parametrize("arguments", [["--days", "0"], ["--end", "yesterday"], []])
def test_the_command_refuses_nonsense(arguments: list[str], tmp_path: Path) -> None:
    """No days, no date or no folder is a usage error."""
    folder = [str(tmp_path)] if arguments else []

    with pytest.raises(SystemExit) as left:
        main([*folder, *arguments])

    assert left.value.code == 2


def _contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime) for path in files}


def _events(folder: Path) -> list[dict[str, Any]]:
    return [event for path in (folder / "cloudtrail").rglob("*.gz") for event in _records(path)]


def _records(path: Path) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))["Records"]
    return records


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()
