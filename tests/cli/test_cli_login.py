"""`tailpipe login`, `logout` and `login --status`, at a terminal of their own."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tailpipe_assets.cli.exits import Exit
from tests.services.audit_api import CODE, TOKEN, AuditApi, serving_audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = ["-c", "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"]


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed."""

    api: AuditApi
    home: Path
    folder: Path

    def log_in(self, code: str = CODE, *flags: str) -> tuple[int, str]:
        """The exit code of a login at which this code is typed, and all that was shown."""
        child = pexpect.spawn(
            sys.executable, [*RUN, "login", "--no-browser", *flags], encoding="utf-8", timeout=60, cwd=str(self.folder)
        )
        shown = ""
        if child.expect(["Code: ", pexpect.EOF]) == 0:
            shown = child.before or ""
            child.sendline(code)
            child.expect(pexpect.EOF)
        shown += child.before or ""
        child.close()
        return child.exitstatus or 0, shown

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """A command without a terminal."""
        return subprocess.run(
            [sys.executable, *RUN, *argv],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self) -> tuple[int, dict[str, Any]]:
        """What `login --status` says to programs."""
        finished = self.run("login", "--status", "--output", "json")
        return finished.returncode, json.loads(finished.stdout)

    @property
    def files(self) -> list[Path]:
        """The tokens kept."""
        return sorted((self.home / "credentials").glob("*"))


@pytest.fixture
def terminal(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A Pipes that confirms one code."""
    with serving_audit() as api:
        monkeypatch.setenv("PIPES_HOST", api.url)
        yield Terminal(api, home, tmp_path)


def test_logging_in_keeps_a_token_for_its_owner_alone(terminal: Terminal) -> None:
    """It is asked for with the code, checked, written with mode 0600, and never shown."""
    code, shown = terminal.log_in()

    (file,) = terminal.files
    assert (code, stat.S_IMODE(file.stat().st_mode)) == (Exit.OK, 0o600)
    assert f"{terminal.api.url}/login/token?r=tptr_1" in shown
    assert re.search(r"Logged in to \S+ as ann \(Ann Example\)", shown)
    assert TOKEN not in shown
    assert json.loads(file.read_text())["token"] == TOKEN


def test_the_status_says_who_is_logged_in(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody, then somebody by a login, then somebody by the environment; nobody again after logout."""
    nobody = terminal.status()
    terminal.log_in()
    somebody = terminal.status()
    monkeypatch.setenv("PIPES_TOKEN", TOKEN)
    by_environment = terminal.status()
    monkeypatch.delenv("PIPES_TOKEN")
    out = terminal.run("logout")
    again = terminal.run("logout")

    assert (nobody[0], nobody[1]["token"], nobody[1]["handle"]) == (Exit.FAILED, None, None)
    assert (somebody[0], somebody[1]["token"], somebody[1]["handle"]) == (Exit.OK, "login", "ann")
    assert by_environment[1]["token"] == "environment"
    assert (out.returncode, again.returncode, terminal.files) == (Exit.OK, Exit.OK, [])
    assert "logged out of" in out.stderr
    assert "nobody was logged in" in again.stderr
    assert terminal.status()[0] == Exit.FAILED


@pytest.mark.parametrize(
    ("typed", "said"), [("000000", "no such code"), ("wait", "was not confirmed yet"), ("", "no code")]
)
def test_a_login_that_fails_keeps_nothing(terminal: Terminal, typed: str, said: str) -> None:
    """A wrong code, one that came too early and none are told apart."""
    code, shown = terminal.log_in(typed)

    assert code in {Exit.FAILED, Exit.USAGE}
    assert said in " ".join(shown.split())
    assert terminal.files == []


def test_there_must_be_a_terminal(terminal: Terminal) -> None:
    """A script is told what to do instead, before anything is asked of Pipes."""
    finished = terminal.run("login")

    assert finished.returncode == Exit.USAGE
    assert "Set PIPES_TOKEN" in finished.stderr
    assert terminal.api.asked == []


def test_a_token_that_others_can_read_is_not_used(terminal: Terminal) -> None:
    """The message says how to mend it."""
    terminal.log_in()
    terminal.files[0].chmod(0o644)
    finished = terminal.run("login", "--status")

    assert finished.returncode == Exit.FAILED
    assert "others may read the token; run chmod 600" in finished.stderr


def test_a_token_that_was_withdrawn(terminal: Terminal) -> None:
    """The status says that it is not taken, and what to do."""
    terminal.log_in()
    terminal.api.token = "another"
    finished = terminal.run("login", "--status")

    assert finished.returncode == Exit.FAILED
    assert "run tailpipe login" in finished.stderr
    assert TOKEN not in finished.stderr


@pytest.mark.parametrize("host", ["http://pipes.example.com", "ftp://x", "pipes.example.com/api", "https://u:p@x"])
def test_a_host_that_makes_no_sense(terminal: Terminal, host: str) -> None:
    """A token never goes over a line that everybody can read, nor to something that is no host."""
    finished = terminal.run("login", "--status", "--host", host)

    assert finished.returncode == Exit.USAGE
    assert finished.stderr.startswith("tailpipe: the host of Pipes: ")
