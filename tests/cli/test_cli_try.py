"""`tailpipe try`: from a place's name to the first answer, with nothing typed but what it says."""

from __future__ import annotations

import gzip
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_assets.recognition.known import tables
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY, S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGS = "2024-02-07T12:00:00Z,ada,12\n2024-02-07T12:00:01Z,bob,13\n"
SAMPLE = tables()["aws_cloudtrail_log"].sample


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def let_in(monkeypatch: pytest.MonkeyPatch, endpoint: S3Endpoint) -> None:
    """Credentials in the environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    code = left.value.code
    return int(code) if isinstance(code, int) else 0


def tried(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What `try --output json` says."""
    run("try", *arguments, "--output", "json")
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def test_the_printed_commands_lead_to_an_answer(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The configuration is written, and the two commands that are named collect and ask."""
    (here / "doors.csv").write_text(LOGS)

    assert run("try", "doors.csv", "--write", "doors.hcl") == Exit.OK
    shown = capsys.readouterr()
    commands = [shlex.split(line)[1:] for line in shown.err.splitlines() if line.startswith("  tailpipe ")]
    assert [run(*command) for command in commands] == [Exit.OK, Exit.OK]
    answer = capsys.readouterr().out

    assert shown.out == ""
    assert len(commands) == 2
    assert "bob" in answer
    assert "doors_log" in shown.err


def test_the_configuration_alone_is_on_stdout(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that it can be sent into a file."""
    (here / "doors.csv").write_text(LOGS)

    assert run("try", "doors.csv") == Exit.OK
    (here / "tailpipe.hcl").write_text(capsys.readouterr().out)

    assert run("config", "check") == Exit.OK


def test_a_file_that_exists_is_not_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unless that is asked for."""
    (here / "doors.csv").write_text(LOGS)
    (here / "mine.hcl").write_text("# mine\n")

    assert run("try", "doors.csv", "--write", "mine.hcl") == Exit.USAGE
    assert (here / "mine.hcl").read_text() == "# mine\n"
    assert "--force" in capsys.readouterr().err
    assert run("try", "doors.csv", "--write", "mine.hcl", "--force") == Exit.OK
    assert "doors_log" in (here / "mine.hcl").read_text()


def test_json_holds_all_that_is_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, types, rejects, the configuration and the next commands."""
    (here / "web.log").write_bytes(tables()["http_log"].sample + b"nonsense\n" + tables()["http_log"].sample * 2)

    said = tried(capsys, "web.log")

    (proposal,) = said["proposals"]
    assert (proposal["table"], proposal["records"], proposal["rejected"]) == ("http_log", 10, 1)
    assert proposal["rejects"][0]["record"] == "nonsense"
    assert proposal["rejects"][0]["reason"] == "the line does not fit the format"
    assert len(proposal["rows"]) == 5
    assert proposal["columns"]["status"] == "INTEGER"
    assert 'collection "http_log"' in said["hcl"]
    assert len(said["next"]) == 2


def test_an_unknown_log_is_no_success(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line that fails is shown, and nothing is written."""
    (here / "note").write_text("hello there\n")

    assert run("try", "note", "--write", "note.hcl") == Exit.FAILED
    assert "hello there" in capsys.readouterr().err
    assert not (here / "note.hcl").exists()


def test_an_empty_folder_is_said_to_be_empty(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not taken for a log that nobody knows."""
    (here / "logs").mkdir()

    assert run("try", "logs") == Exit.FAILED
    assert "nothing here" in capsys.readouterr().err


def test_empty_files_are_said_to_be_empty(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is proposed, and it is said why."""
    (here / "a.log").write_text("")

    assert run("try", "a.log") == Exit.FAILED
    assert "There is nothing in them: all are empty." in capsys.readouterr().err


@pytest.mark.service
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("prefix", ["", "logs/", "app-", "logs/app-"])
def test_s3_access_logs_are_found_by_the_buckets_name(
    prefix: str, s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever target prefix they are written under, what is proposed collects them."""
    sample = tables()["aws_s3_server_access_log"].sample
    bucket = s3_endpoint.bucket({f"{prefix}2019-02-06-00-05-00-79A59DF900B949E5": sample})
    let_in(monkeypatch, s3_endpoint)

    assert run("try", "--write", "tailpipe.hcl", f"s3://{bucket}") == Exit.OK
    assert run("collect", "--no-record") == Exit.OK
    capsys.readouterr()
    assert run("query", "select count(*) from aws_s3_server_access_log", "--output", "csv", "--no-header") == Exit.OK
    assert capsys.readouterr().out.strip() == "2"


def test_a_place_that_is_not_there_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error is the source's own."""
    assert run("try", "nowhere") == Exit.FAILED
    assert f"{here}/nowhere: there is no such file or folder" in capsys.readouterr().err


@pytest.mark.service
@pytest.mark.usefixtures("here")
def test_a_bucket_needs_no_more_than_its_name(
    s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the credentials of the environment: recognized by some objects, then collected and asked."""
    folder = "AWSLogs/123456789012/CloudTrail/us-east-1/2024/02"
    objects = {f"{folder}/0{day}/1_CloudTrail_{day}.json.gz": gzip.compress(SAMPLE) for day in range(1, 4)}
    digest = f"{folder.replace('CloudTrail', 'CloudTrail-Digest')}/01/1_CloudTrail-Digest_1.json.gz"
    bucket = s3_endpoint.bucket({**objects, digest: gzip.compress(b'{"digestS3Bucket": "b"}')})
    let_in(monkeypatch, s3_endpoint)

    said = tried(capsys, f"s3://{bucket}", "--write", "tailpipe.hcl")
    codes = [run(*shlex.split(command)[1:]) for command in said["next"]]

    assert [each["table"] for each in said["proposals"]] == ["aws_cloudtrail_log"]
    assert [each.rpartition("/")[2] for each in said["left_out"]] == ["1_CloudTrail-Digest_1.json.gz"]
    assert said["unknown"] == []
    assert codes == [Exit.OK, Exit.OK]


@pytest.mark.service
@pytest.mark.usefixtures("here")
def test_each_kind_of_log_in_a_bucket_gets_its_prefix(
    s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Logs of several kinds are collected from below prefixes of their own, without a reject."""
    flows = tables()["aws_vpc_flow_log"].sample
    objects = {f"AWSLogs/1/CloudTrail/us-east-1/2024/02/0{day}/{day}.json": SAMPLE for day in range(1, 4)}
    objects |= {f"AWSLogs/1/vpcflowlogs/us-east-1/2024/02/0{day}/{day}.log": flows for day in range(1, 4)}
    objects |= {f"apps/web-{day}.csv": f"time,user,n\n{LOGS}".encode() for day in range(1, 4)}
    objects |= {f"apps/api-{day}.csv": b"at,path,code\n2024-02-07T12:00:00Z,/,200\n" for day in range(1, 4)}
    bucket = s3_endpoint.bucket(objects)
    let_in(monkeypatch, s3_endpoint)

    said = tried(capsys, f"s3://{bucket}", "--write", "tailpipe.hcl")
    assert run("collect", "--output", "json") == Exit.OK
    results = json.loads(capsys.readouterr().out)["collections"]

    assert {each["table"] for each in said["proposals"]} == {
        "aws_cloudtrail_log",
        "aws_vpc_flow_log",
        "web_log",
        "api_log",
    }
    assert [each["rejected"] for each in results] == [0, 0, 0, 0]
    assert all(each["artifacts"] == 3 for each in results)


@pytest.mark.service
@pytest.mark.usefixtures("here")
def test_a_bucket_that_is_not_there_is_said(
    s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the source's own words and exit code."""
    let_in(monkeypatch, s3_endpoint)

    assert run("try", "s3://no-such-bucket-at-all") == Exit.FAILED
    assert "no-such-bucket-at-all" in capsys.readouterr().err
