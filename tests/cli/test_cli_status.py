"""How collections are doing, what a run would do, and whether sources can be read."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.main import main
from tailpipe_resources.sources.s3_identity import smallest_policy
from tests.services.s3 import serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.s3 import S3Endpoint

LINE = '10.0.0.1 - - [{:%d/%b/%Y:%H:%M:%S} +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"\n'
HCL = """
destination "parquet" "default" {{
  path = "{folder}/lake"
}}
source "file" "logs" {{
  path = "{folder}/logs"
}}
collection "http_log" "web" {{
  source = source.file.logs
  format = "combined"
}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, and a log of three lines, one of which is none."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(LINE.format(datetime.now(UTC)) * 2 + "nonsense\n")
    (tmp_path / "tailpipe.hcl").write_text(HCL.format(folder=tmp_path))
    monkeypatch.setenv("TAILPIPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", str(tmp_path))
    return tmp_path


def tailpipe(*argv: str) -> int | str | None:
    """A command, and its exit code."""
    with pytest.raises(SystemExit) as exit_:
        main(list(argv))
    return exit_.value.code


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was written as JSON."""
    return json.loads(capsys.readouterr().out)


def test_before_anything_is_collected_all_of_it_waits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no event yet, and no commit."""
    assert tailpipe("status", "--output", "json") == 0
    whole = told(capsys)
    (found,) = whole["collections"]

    assert whole["alerts"] == {"pending": 0, "oldest_pending_seconds": None, "dead": 0}
    assert (whole["conditions"], whole["failing_detections"]) == ([], [])
    assert (found["collection"], found["rows"], found["waiting"]) == ("http_log.web", 0, 1)
    assert found["waiting_bytes"] == (folder / "logs" / "a.log").stat().st_size
    assert found["newest_event"] is None
    assert found["last_commit"] is None
    assert found["committed_seconds"] is None


@pytest.mark.usefixtures("folder")
def test_afterwards_it_says_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows and rejects of today, times, and how long it took."""
    tailpipe("collect", "--no-record", "--no-progress")
    capsys.readouterr()
    assert tailpipe("status", "--output", "json") == 0
    (found,) = told(capsys)["collections"]

    assert (found["rows"], found["rows_today"], found["rejected_today"], found["waiting"]) == (2, 2, 1, 0)
    assert found["newest_event"] <= found["newest_artifact"] <= found["last_commit"]
    assert 0 <= found["committed_seconds"] < 600
    assert found["failure"] is None


@pytest.mark.usefixtures("folder")
def test_it_is_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a collection."""
    assert tailpipe("status") == 0
    heading, line = capsys.readouterr().out.splitlines()

    assert heading.startswith("collection    newest event  last commit  rows  today")
    assert line.split() == ["http_log.web", "never", "never", "0", "0", "0", "1", "-", "-"]


def test_a_source_that_is_gone_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the lake knows is shown all the same."""
    (folder / "logs" / "a.log").unlink()
    (folder / "logs").rmdir()
    code = tailpipe("status")
    captured = capsys.readouterr()

    assert code == 3
    assert "http_log.web" in captured.out
    assert "there is no such file or folder" in captured.err
    assert tailpipe("status", "--no-sources") == 0


def test_a_dry_run_collects_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be."""
    assert tailpipe("collect", "--dry-run", "--output", "json") == 0
    (found,) = told(capsys)["collections"]

    assert (found["listed"], found["artifacts"], found["requests"], found["failure"]) == (1, 1, 0, None)
    assert 0 < found["stored_bytes"] < found["bytes"] < found["free_bytes"]
    assert not (folder / "lake" / "http_log").exists()
    assert tailpipe("collect", "--dry-run") == 0
    assert "Nothing was collected" in capsys.readouterr().out
    assert tailpipe("collect", "--dry-run", "--overwrite") == 2


@pytest.mark.usefixtures("folder")
def test_a_file_source_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """As whom, what there is, and its first bytes."""
    assert tailpipe("source", "test", "logs") == 0
    steps = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]

    assert steps == [["ok", "identity"], ["ok", "list"], ["ok", "read"]]
    assert tailpipe("source", "test", "lgs") == 2
    assert 'did you mean "logs"' in capsys.readouterr().err


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Endpoint]:
    """A store that speaks S3."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.mark.service
def test_a_bucket_is_tried(
    folder: Path, s3: S3Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that is not there is no matter of permission."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (folder / "tailpipe.hcl").write_text(
        f'source "aws_s3" "trail" {{\n  bucket = "absent"\n  endpoint_url = "{s3.url}"\n  force_path_style = true\n}}\n'
    )
    code = tailpipe("source", "test", "trail", "--output", "json")
    identity, listing = told(capsys)

    assert code == 1
    assert identity["said"] == "access key AKIATEST"
    assert not listing["ok"]
    assert "no such bucket" in listing["said"]
    assert listing["permission"] == ""


@pytest.mark.service
def test_what_is_denied_names_the_permission(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The smallest one, ready to be pasted."""
    with denying() as url:
        (folder / "tailpipe.hcl").write_text(
            'credential "aws" "key" {\n  access_key = "AKIATEST"\n  secret_key = "secret"\n}\n'
            f'source "aws_s3" "trail" {{\n  bucket = "logs"\n  prefix = "AWSLogs/"\n  endpoint_url = "{url}"\n'
            "  force_path_style = true\n  credential = credential.aws.key\n}\n"
        )
        code = tailpipe("source", "test", "trail")
    captured = capsys.readouterr()

    assert code == 1
    assert captured.out.splitlines()[1].startswith("failed  list")
    assert captured.err.endswith(smallest_policy("logs", "AWSLogs/", "list") + "\n")


def test_the_smallest_policies() -> None:
    """Listing below a prefix, reading below it, and nothing else."""
    listing, reading = (json.loads(smallest_policy("logs", "a/", action)) for action in ("list", "read"))

    assert listing["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::logs",
            "Condition": {"StringLike": {"s3:prefix": "a/*"}},
        }
    ]
    assert reading["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/a/*"},
    ]


class _Denying(BaseHTTPRequestHandler):
    """Lets nobody do anything, as S3 says it."""

    def do_GET(self) -> None:
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def denying() -> Iterator[str]:
    """Where that store is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Denying)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
