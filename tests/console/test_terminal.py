"""The console as a person sees it, through a pseudo-terminal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tests.services.console import Terminal

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("project")]

ENDLESS = "select count(*) from range(1_000_000_000_000) t(i) where hash(i) = 3;"
CONTROL = re.compile(r"\x1b[\[\](]")
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3|4|9|10)[0-7](?:;[0-9;]*)?m")


def test_a_session_from_the_first_key_to_the_last(tmp_path: Path, home: Path) -> None:
    """Completion, several lines, a table's columns, an export, and history in the next session."""
    terminal = Terminal(tmp_path, lines=80)
    terminal.wait_for_prompt()
    terminal.type("select stat")
    terminal.wait_for(r"^ +status +INTEGER")
    terminal.type("\t")
    terminal.wait_for(r"^tailpipe> select status$")
    terminal.type(" from http_log\r")
    terminal.wait_for(r"^ +\.\.\.>")
    terminal.type("limit 2;\r")
    terminal.wait_for(r"^2 rows in")
    shown = terminal.wait_for_prompt()
    assert [line.strip() for line in shown].count("200") == 2

    assert any("remote_addr" in line for line in terminal.ask(".inspect http_log", "The client's address|remote_addr"))
    terminal.ask(".export two.jsonl", "2 rows written to two.jsonl")
    assert [json.loads(line) for line in (tmp_path / "two.jsonl").read_text().splitlines()] == [{"status": 200}] * 2
    assert terminal.leave() == Exit.OK

    again = Terminal(tmp_path)
    again.wait_for_prompt()
    again.type("\x1b[A\x1b[A\x1b[A")
    again.wait_for(r"^tailpipe> select status from http_log")
    again.type("\x03")
    again.wait_for_prompt()
    again.type("\x12insp")
    again.wait_for(r"\.inspect http_log")
    again.type("\x03")
    again.wait_for_prompt()
    assert again.leave(".quit\r") == Exit.OK
    assert (home / "history").stat().st_mode & 0o077 == 0


def test_ctrl_c_cancels_the_query_and_not_the_shell(tmp_path: Path) -> None:
    """A long one shows how far it is; the next is answered."""
    terminal = Terminal(tmp_path)
    terminal.wait_for_prompt()
    terminal.type(f"{ENDLESS}\r")
    terminal.wait_for(r"running for \d+ s")
    terminal.type("\x03")
    terminal.wait_for(r"^cancelled$")
    terminal.wait_for_prompt()

    assert "42" in [line.strip() for line in terminal.ask("select 41 + 1 as n;", r"^1 row in")]
    assert not any("running for" in line for line in terminal.seen)
    assert terminal.leave() == Exit.OK


def test_ctrl_c_at_the_prompt_clears_the_line(tmp_path: Path) -> None:
    """And nothing is asked."""
    terminal = Terminal(tmp_path)
    terminal.wait_for_prompt()
    terminal.type("select nonsense")
    terminal.wait_for("select nonsense")
    terminal.type("\x03")
    terminal.wait_for_prompt()

    assert not any("not found" in line for line in terminal.ask("select 1 as n;", r"^1 row in"))
    assert terminal.leave() == Exit.OK


def test_errors_do_not_end_the_session(tmp_path: Path) -> None:
    """They show the place."""
    terminal = Terminal(tmp_path)
    terminal.wait_for_prompt()
    shown = terminal.ask("select statuz from http_log;", "LINE 1")
    assert any(line.strip() == "^^^^^^" for line in shown)
    shown = terminal.ask(".tabels", "no command is called")
    assert any('did you mean ".tables"?' in line for line in shown)
    assert terminal.leave() == Exit.OK


def test_a_long_result_is_paged(tmp_path: Path) -> None:
    """By the pager the user chose, unless switched off."""
    terminal = Terminal(tmp_path, lines=20, PAGER="sed s/^/paged:/")
    terminal.wait_for_prompt()
    assert any(
        line.startswith("paged:") for line in terminal.ask("select 'r' || i as r from range(40) t(i);", "^40 rows")
    )
    terminal.ask(".pager off", "pager: off")
    assert not any(
        line.startswith("paged:") for line in terminal.ask("select 'x' || i as x from range(40) t(i);", "x39")
    )
    assert terminal.leave() == Exit.OK


def test_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    """Everything else is as ever; with colours it has some."""
    plain = Terminal(tmp_path, NO_COLOR="1")
    plain.wait_for_prompt()
    plain.ask("select 1 as n;", r"^1 row in")
    assert plain.leave() == Exit.OK
    assert COLOUR.search(plain.raw) is None

    coloured = Terminal(tmp_path, NO_COLOR="")
    coloured.wait_for_prompt()
    coloured.ask("select 1 as n;", r"^1 row in")
    assert coloured.leave() == Exit.OK
    assert COLOUR.search(coloured.raw) is not None


def test_a_dumb_terminal_gets_plain_text(tmp_path: Path) -> None:
    """No escape codes; several lines, cancelling and leaving work all the same."""
    terminal = Terminal(tmp_path, TERM="dumb")
    terminal.wait_for_prompt()
    terminal.type("select count(*) as n\r")
    terminal.wait_for(r"^ +\.\.\.>")
    terminal.type("from http_log;\r")
    terminal.wait_for(r"^1 row in")
    terminal.wait_for_prompt()
    terminal.type(f"{ENDLESS}\r")
    terminal.wait_for(r"hash\(i\) = 3;")
    terminal.type("\x03")
    terminal.wait_for(r"cancelled$")
    terminal.wait_for_prompt()
    terminal.ask(".help", "leave; so does Ctrl-D")

    assert terminal.leave() == Exit.OK
    assert CONTROL.search(terminal.raw) is None


def test_an_unreadable_configuration_ends_it_with_its_code(tmp_path: Path) -> None:
    """Before there is a prompt."""
    (tmp_path / "tailpipe.hcl").write_text("destination {{{")
    terminal = Terminal(tmp_path)

    assert terminal.leave("") == Exit.USAGE
    assert "Traceback" not in terminal.raw
