"""The frame: commands, flags, help, and what each error ends with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli import commands
from tailpipe_assets.cli.exits import MEANING, Exit, exit_of
from tailpipe_assets.cli.main import main
from tailpipe_resources import errors

if TYPE_CHECKING:
    from pathlib import Path

RUN = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
HCL = """
source "file" "nginx" {
  path = "access.log"
}

variable "where" {
  type    = string
  default = "status >= 500"
}

collection "http_log" "web" {
  source = source.file.nginx
  format = "combined"
  filter {
    where = var.where
  }
}
"""


def leave(*argv: str) -> int | str | None:
    """The code a command line leaves with."""
    with pytest.raises(SystemExit) as left:
        main(argv)
    return left.value.code


@pytest.fixture
def hcl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small configuration, not in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "tailpipe.hcl").write_text(HCL)
    return folder


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(command: commands.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command has a description, examples and described flags, and the list of commands names it."""
    assert leave(command.name, "--help") == Exit.OK
    page = capsys.readouterr().out
    assert leave("help", command.name) == Exit.OK
    assert capsys.readouterr().out == page
    assert leave("--help") == Exit.OK
    everything = capsys.readouterr().out

    assert f"  {command.name}" in everything
    assert " ".join(command.help.split()) in " ".join(everything.split())
    assert " ".join((command.load().__doc__ or "").split()) in " ".join(page.split())
    assert f"  tailpipe {command.name}" in page
    assert all(action.help for action in command.parser()._actions)


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.name)
def test_the_list_of_commands_names_what_each_does(command: commands.Command) -> None:
    """The words behind a command are those that it takes."""
    verbs = next((action.choices for action in command.parser()._actions if action.dest == "verb"), None)

    if verbs is not None:
        assert command.usage.strip("[]").split("|") == list(verbs)


@pytest.mark.parametrize("columns", [80, 200])
def test_help_keeps_within_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but examples and words that cannot be broken is wider."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for argv in (["--help"], *([command.name, "--help"] for command in commands.COMMANDS)):
        leave(*argv)

    wide = [line for line in capsys.readouterr().out.splitlines() if len(line) > min(columns, 120)]
    assert [line for line in wide if not line.startswith("  tailpipe ") and " " in line.strip()] == []


def test_help_names_exit_codes_and_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """What scripts need to know is on one page, with or without `--help`."""
    leave()
    bare = capsys.readouterr().out
    leave("--help")
    page = capsys.readouterr().out
    leave("help", "help")

    assert bare == page == capsys.readouterr().out
    assert re.findall(r"^  (\d+) +(.+)$", page, re.MULTILINE) == [(str(code.value), code.meaning) for code in Exit]
    assert "TAILPIPE_CONFIG_PATH" in page


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` says the name and the number."""
    assert leave("--version") == Exit.OK
    assert re.fullmatch(r"tailpipe \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["collectoin"], 'tailpipe: no command is called "collectoin"; did you mean "collection"?'),
        (["qeury", "select 1"], 'tailpipe: no command is called "qeury"; did you mean "query"?'),
        (["help", "sorce"], 'tailpipe: no command is called "sorce"; did you mean "source"?'),
        (["zzz"], 'tailpipe: no command is called "zzz"; see tailpipe --help'),
        (["source"], "tailpipe: say what: list, show, test. See tailpipe source --help"),
        (["detection"], "tailpipe: say what: list, show, test, run. See tailpipe detection --help"),
        (["try"], "tailpipe: PATH|s3://BUCKET[/PREFIX] is missing. See tailpipe try --help"),
        (
            ["source", "shwo"],
            'tailpipe: tailpipe source "shwo" is unknown; did you mean "show"? See tailpipe source --help',
        ),
        (
            ["collect", "--frm", "x"],
            'tailpipe: there is no flag --frm; did you mean "--from"? See tailpipe collect --help',
        ),
        (
            ["collect", "--frm=x"],
            'tailpipe: there is no flag --frm; did you mean "--from"? See tailpipe collect --help',
        ),
        (["collect", "--from"], "tailpipe: --from: expected one argument. See tailpipe collect --help"),
        (["source", "show", "file", "x"], 'tailpipe: "x" is one word too many. See tailpipe source --help'),
        (
            ["status", "--output", "jsn"],
            'tailpipe: --output "jsn" is unknown; did you mean "json"? See tailpipe status --help',
        ),
        (
            ["-v"],
            "tailpipe: there is no flag -v; there is --config-path, --help, --var, --version. See tailpipe --help",
        ),
        (["source", "show"], "tailpipe: show needs a name; list shows which there are"),
        (["source", "list", "file"], 'tailpipe: list takes no name; did you mean "show file"?'),
        (["source", "show", "flie"], 'tailpipe: no source is called "flie"; did you mean "file"?'),
        (["collection", "list", "--var", "where"], "tailpipe: --var where: write --var name=value"),
    ],
)
def test_typing_errors_are_answered(
    argv: list[str], message: str, hcl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong word gets the nearest right one and code 2; stdout stays empty."""
    assert leave("--config-path", str(hcl), *argv) == Exit.USAGE
    shown = capsys.readouterr()

    assert shown.err == f"{message}\n"
    assert shown.out == ""


def test_bad_flags_end_with_usage() -> None:
    """A flag that does not exist is a usage error, and flags cannot be shortened."""
    assert leave("source", "list", "--colour") == Exit.USAGE
    assert leave("source", "list", "--out", "json") == Exit.USAGE
    assert leave("--nope") == Exit.USAGE


def test_global_flags_stand_before_or_after(hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both spellings name the same configuration, and variables from both places arrive."""
    path = str(hcl)

    assert leave("--config-path", path, "--var", "where=a", "collection", "list", "--output", "json") == Exit.OK
    before = capsys.readouterr().out
    assert leave("collection", "list", "--var", "where=a", "--output", "json", "--config-path", path) == Exit.OK

    assert capsys.readouterr().out == before
    assert '"a"' in before


def test_the_old_word_still_works(hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`partition` is another name for `collection`."""
    assert leave("partition", "list", "--config-path", str(hcl)) == Exit.OK
    assert "http_log.web" in capsys.readouterr().out


def test_no_configuration_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a file there is an example to copy, and code 2."""
    monkeypatch.chdir(tmp_path)

    assert leave("collection", "list") == Exit.USAGE
    assert 'source "file" "nginx" {' in capsys.readouterr().err


def test_configuration_problems_are_shown_as_they_are(hcl: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each problem is a line that begins with its place."""
    (hcl / "tailpipe.hcl").write_text(HCL.replace("source.file.nginx", "source.file.ngnx"))

    assert leave("collection", "list", "--config-path", str(hcl)) == Exit.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{hcl}/tailpipe.hcl:12: ")
    assert lines[-1] == "tailpipe: 1 problem; nothing was run."


def test_every_error_has_a_code() -> None:
    """No error of ours falls through the table, and retrying is told from mending."""
    made = {kind: exit_of(kind("x")) for kind, _ in MEANING if kind is not errors.ConfigError}

    assert made[errors.UsageError] == Exit.USAGE
    assert made[errors.BusyError] == Exit.BUSY
    assert made[errors.CancelledError] == Exit.CANCELLED
    assert exit_of(errors.SourceUnavailableError("x")) == Exit.SOURCE
    assert exit_of(errors.SourceRefusedError("x")) == Exit.FAILED
    assert exit_of(errors.QueryError("x")) == Exit.FAILED
    assert exit_of(errors.ConfigError([])) == Exit.USAGE


def test_the_unexpected_is_short_and_can_be_made_long(tmp_path: Path) -> None:
    """An error nobody foresaw gives one line; `TAILPIPE_DEBUG=1` gives the traceback."""
    broken = RUN.replace("main(sys", "sys.modules['tailpipe_assets.cli.table'] = 1; main(sys")
    command = [sys.executable, "-c", broken, "table", "list"]

    short = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    long = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={"TAILPIPE_DEBUG": "1"}
    )

    assert (short.returncode, len(short.stderr.splitlines())) == (Exit.FAILED, 2)
    assert "TAILPIPE_DEBUG=1" in short.stderr
    assert "Traceback" in long.stderr


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`tailpipe table show ... | head` prints no complaint."""
    command = f'"{sys.executable}" -c "{RUN}" table show http_log --output json | head -c 1'
    finished = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (finished.stdout, finished.stderr) == ("{", "")


def test_output_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    """A full disk is nothing unexpected."""
    command = f'"{sys.executable}" -c "{RUN}" table show http_log > /dev/full'
    finished = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert finished.returncode == Exit.FAILED
    assert finished.stderr == "tailpipe: what there is to say cannot be written: No space left on device\n"


def test_the_exit_code_holds_when_nobody_hears_why(tmp_path: Path) -> None:
    """A complaint that cannot be written, because its reader left or the disk is full, changes nothing else."""
    complain = f'"{sys.executable}" -c "{RUN}" --config-path nope config check'
    for command in (
        f"{complain} 2> /dev/full",
        f"{{ sleep 1; {complain}; echo $? > code; }} 2>&1 | true; exit $(<code)",
    ):
        finished = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)

        assert (finished.returncode, finished.stdout, finished.stderr) == (Exit.USAGE, "", "")


def test_collecting_goes_on_when_nobody_hears_how_far_it_is(hcl: Path, tmp_path: Path) -> None:
    """A reader of stderr that leaves costs no row, and is no fault of the lake."""
    (tmp_path / "access.log").write_text(
        '192.0.2.7 - - [18/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 12 "-" "curl/8.5"\n'
    )
    collect = f'"{sys.executable}" -c "{RUN}" --config-path "{hcl}" collect --no-record'
    command = f"{{ sleep 1; {collect} > summary; echo $? > code; }} 2>&1 | true"

    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)

    assert (tmp_path / "code").read_text() == "0\n"
    assert (tmp_path / "summary").read_text().splitlines()[1].split()[:2] == ["http_log.web", "1"]


def test_letters_that_a_locale_lacks_are_written_as_escapes(tmp_path: Path) -> None:
    """Where a terminal is set to ASCII, text is told all the same."""
    command = [sys.executable, "-c", RUN, "--config-path", "tailpipe.hcl", "query", "select chr(8364) as euro"]
    (tmp_path / "tailpipe.hcl").write_text(HCL)
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}

    finished = subprocess.run(command, cwd=tmp_path, env=ascii_only, capture_output=True, text=True, check=False)

    assert (finished.returncode, finished.stdout) == (Exit.OK, "euro\n----\n\\u20ac\n")


def test_ctrl_c_while_duckdb_works_is_no_error(tmp_path: Path) -> None:
    """A configuration is tried in DuckDB, which answers Ctrl-C with an error of its own."""
    (tmp_path / "slow.py").write_text(
        "import duckdb\n"
        "def add_arguments(parser): pass\n"
        "def run(args):\n"
        "    print('ready', flush=True)\n"
        "    duckdb.execute('select count(*) from range(1000000) a, range(1000000) b').fetchall()\n"
    )
    slow = RUN.replace("main(sys", "import slow; sys.modules['tailpipe_assets.cli.table'] = slow; main(sys")
    command = [sys.executable, "-c", slow, "table"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)

    assert (running.returncode, said) == (Exit.CANCELLED, "tailpipe: stopped\n")
