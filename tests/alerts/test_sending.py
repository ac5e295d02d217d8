"""What each kind of notifier says, in its receiver's own protocol."""

from __future__ import annotations

import email
import hashlib
import hmac
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.alerts.message import Message
from tailpipe_assets.alerts.sending import send
from tailpipe_assets.alerts.undelivered import Undelivered
from tailpipe_resources.config import load
from tests.services.receiver import Answer, mailing, receiving
from tests.services.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.alerting import Notifier

MESSAGE = Message(
    key="abc-1-x.y",
    alert_id="abc",
    number=1,
    kind="finding",
    why="new",
    severity="high",
    title="Logging <stopped>\nBcc: everybody@example.com",
    detection="aws_cloudtrail_log.trail_stopped",
    table="aws_cloudtrail_log",
    collection="prod",
    who=("mallory <!channel>",),
    from_where=("198.51.100.7",),
    what=("trail",),
    rows=3,
    findings=2,
    first_seen="2026-11-25T08:00:00Z",
    last_seen="2026-11-25T08:05:00Z",
    query="tailpipe query \"select * from aws_cloudtrail_log where tp_id in ('a')\"",
    authors=("A. Author",),
    run_url="http://127.0.0.1:3000/runs/r",
)


def notifier(folder: Path, kind: str, body: str) -> Notifier:
    """A notifier as the configuration makes it."""
    (folder / "n.hcl").write_text(f'notifier "{kind}" "n" {{\n{body}\n}}\n')
    (found,) = load([folder / "n.hcl"]).alerting.notifiers
    return found


def is_sent(one: Notifier) -> bool:
    """Whether the message was delivered."""
    try:
        send(one, MESSAGE)
    except Undelivered:
        return False
    return True


def test_a_webhook_is_signed_and_has_a_key(tmp_path: Path) -> None:
    """The signature is over time and body; headers are the user's."""
    with receiving() as receiver:
        body = f'url = "{receiver.url}/hook"\nhmac_secret = "s3cret"\nheaders = {{ Authorization = "Bearer t" }}'
        send(notifier(tmp_path, "webhook", body), MESSAGE)
    (request,) = receiver.taken

    when, _, made = request.headers["Tailpipe-Signature"].partition(",v1=")
    signed = f"{when.removeprefix('t=')}.".encode() + request.body
    assert made == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert request.headers["Idempotency-Key"] == "abc-1-x.y"
    assert request.headers["Authorization"] == "Bearer t"
    assert (request.path, request.json["alert_id"]) == ("/hook", "abc")


def test_slack_gets_blocks_in_which_nothing_is_a_mention(tmp_path: Path) -> None:
    """Names out of logs cannot wake a whole channel."""
    with receiving() as receiver:
        send(notifier(tmp_path, "slack", f'webhook_url = "{receiver.url}/T/B/x"'), MESSAGE)
    told = receiver.taken[0].json

    assert told["text"].startswith("[HIGH] Logging &lt;stopped&gt;")
    kinds = [each["type"] for each in told["blocks"]]
    assert kinds == ["header", "section", "section"]
    assert "mallory &lt;!channel&gt;" in told["blocks"][1]["text"]["text"]
    assert "tailpipe query" in told["blocks"][2]["text"]["text"]


def test_pagerduty_gets_one_incident_an_alert(tmp_path: Path) -> None:
    """By `dedup_key`, with its own words for severities."""
    with receiving(lambda _: Answer(202)) as receiver:
        send(notifier(tmp_path, "pagerduty", f'routing_key = "rk"\nurl = "{receiver.url}/v2/enqueue"'), MESSAGE)
    told = receiver.taken[0].json

    assert (told["routing_key"], told["event_action"], told["dedup_key"]) == ("rk", "trigger", "abc")
    assert told["payload"]["severity"] == "error"
    assert told["payload"]["custom_details"]["who"] == "mallory <!channel>"
    assert told["links"][0]["href"] == "http://127.0.0.1:3000/runs/r"


def test_mail_has_the_same_id_on_every_attempt_and_no_foreign_header(tmp_path: Path) -> None:
    """A line break out of a log begins no header."""
    with mailing() as server:
        body = f'smtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nfrom = "t@example.com"\nto = ["a@example.com"]'
        for _ in range(2):
            send(notifier(tmp_path, "email", body), MESSAGE)
    mails = [email.message_from_string(each) for each in server.mails]

    assert [each["Message-ID"] for each in mails] == ["<abc-1-x.y@tailpipe>"] * 2
    assert mails[0]["Subject"] == "[HIGH] Logging <stopped> Bcc: everybody@example.com"
    assert mails[0]["Bcc"] is None
    assert server.recipients[0] == ["a@example.com"]
    assert "tailpipe query" in str(mails[0].get_payload())


def test_a_password_is_not_sent_in_the_clear(tmp_path: Path) -> None:
    """Where the server offers no TLS, nothing is sent."""
    with mailing() as server:
        body = (
            f'smtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nfrom = "t@example.com"\nto = ["a@example.com"]\n'
            'username = "u"\npassword = "p"'
        )
        with pytest.raises(Undelivered, match="offers no TLS"):
            send(notifier(tmp_path, "email", body), MESSAGE)

    assert server.mails == []


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("RCPT", "550 no such user", "every recipient was refused: a@example.com: 550 no such user"),
        ("MAIL", "451 later", "SMTP 451: later"),
        ("DATA", "554 spam", "SMTP 554: spam"),
    ],
)
def test_what_a_mail_server_says_is_repeated(command: str, answer: str, said: str, tmp_path: Path) -> None:
    """With its code."""
    with mailing() as server:
        server.refuse = lambda line: answer if line.upper().startswith(command) else None
        body = f'smtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nfrom = "t@example.com"\nto = ["a@example.com"]'
        with pytest.raises(Undelivered) as raised:
            send(notifier(tmp_path, "email", body), MESSAGE)

    assert raised.value.reason == said


@pytest.mark.parametrize(
    ("answer", "said", "wait"),
    [
        (Answer(500, body="out of order"), "HTTP 500: out of order", None),
        (Answer(429, {"Retry-After": "7"}), "HTTP 429: ok", 7.0),
        (Answer(503, {"Retry-After": "never"}, body=""), "HTTP 503", None),
        (Answer(302, {"Location": "/elsewhere"}, body=""), "HTTP 302", None),
        (Answer(is_lost=True), "the connection failed or broke off", None),
    ],
)
def test_what_is_wrong_is_said_without_the_url(answer: Answer, said: str, wait: float | None, tmp_path: Path) -> None:
    """Which may be a secret."""
    with receiving(lambda _: answer) as receiver:
        one = notifier(tmp_path, "webhook", f'url = "{receiver.url}/hush"')
        with pytest.raises(Undelivered) as raised:
            send(one, MESSAGE)

    assert (raised.value.reason, raised.value.retry_after) == (said, wait)


@pytest.mark.parametrize(("status", "said"), [("200 OK", None), ("500 Broken", "HTTP 500: x")])
def test_an_answer_without_an_end_holds_nothing_up(status: str, said: str | None, tmp_path: Path) -> None:
    """A receiver that never stops talking has said all that counts at the start."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as talking:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 99999999\r\n\r\n".encode())
                until = time.monotonic() + 5
                with suppress(OSError):
                    while time.monotonic() < until:
                        connection.sendall(b"x")
                        time.sleep(0.2)

        talking.submit(talk)
        one = notifier(tmp_path, "webhook", f'url = "http://127.0.0.1:{server.getsockname()[1]}/"')
        begun = time.monotonic()
        reason = None
        try:
            send(one, MESSAGE)
        except Undelivered as error:
            reason = error.reason
        assert (reason, time.monotonic() - begun < 3) == (said, True)


def test_a_secret_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was there when the configuration was loaded."""
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/")
    one = notifier(tmp_path, "webhook", 'url = env("HOOK")')
    monkeypatch.delenv("HOOK")

    with pytest.raises(Undelivered, match="HOOK is not set"):
        send(one, MESSAGE)


def test_a_file_gets_a_line_a_message(tmp_path: Path) -> None:
    """Readable by its owner only."""
    one = notifier(tmp_path, "file", f'path = "{tmp_path}/alerts.jsonl"')
    for _ in range(2):
        send(one, MESSAGE)
    path = tmp_path / "alerts.jsonl"

    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["abc-1-x.y"] * 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path) -> None:
    """And the message waits."""
    with small_disk(tmp_path / "disk", 1) as disk:
        one = notifier(tmp_path, "file", f'path = "{disk.folder}/alerts.jsonl"')
        send(one, MESSAGE)
        before = (disk.folder / "alerts.jsonl").read_bytes()
        disk.fill()
        sent = [is_sent(one) for _ in range(10)]
        whole = (disk.folder / "alerts.jsonl").read_bytes()

    assert not all(sent)
    assert whole.startswith(before)
    assert all(json.loads(line) for line in whole.splitlines())


@pytest.mark.parametrize("form", ["text", "json"])
def test_standard_output_gets_text_or_json(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people, or for a program."""
    send(notifier(tmp_path, "stdout", f'format = "{form}"'), MESSAGE)
    sys.stdout.flush()
    out = capsys.readouterr().out
    told: Any = json.loads(out) if form == "json" else out

    assert told["alert_id"] == "abc" if form == "json" else "198.51.100.7" in told


def test_what_a_log_says_stays_on_its_line() -> None:
    """Neither a forged fact, nor a command to a terminal, nor a name so long that receivers refuse it."""
    said = replace(MESSAGE, who=("eve\x1b[2J\n  who  nobody\r\u202e",), what=("x" * 100_000,)).as_text()
    assert "eve\\x1b[2J\\n  who  nobody\\r\\u202e\n" in said
    assert all(each.isprintable() for each in said.splitlines())
    assert len(said) < 2000


def test_a_message_is_the_same_after_it_was_kept() -> None:
    """Every attempt says the same."""
    assert Message.loads(MESSAGE.dumps()) == MESSAGE
