"""What the pages say is true: snippets run, commands and targets exist, tables repeat what the code says.

How a fenced block of README.md is tried depends on its language:

- `hcl` loads and plans. Paths below `/var/log` are those of a temporary folder, where the test puts lines to collect.
- `console` has a command after `$ ` and the output it gives in the demo; `...` stands for lines left out.
- `sh` runs in a copy of the demo, or where its section has a configuration of its own, in a folder with that one.
  Blocks that make environments or start servers do not run; what they name has to exist.
- `sql` is asked with `tailpipe query` in the demo, and of plain DuckDB when it reads Parquet files by itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import duckdb
import pytest

from tailpipe_assets.cli import commands, main
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.pipeline import plan
from tailpipe_assets.samples import write_week
from tailpipe_resources.config import find_files, load
from tailpipe_resources.model.place import Problems

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OWN_CONFIGURATION = "Your first configuration"
LOGS = "/var/log/"
LINES = {
    "nginx/access.log": '192.0.2.7 - - [18/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.5"\n',
    "shop/1.log": "2026-11-18T10:00:00Z INFO opened\n",
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fenced block."""

    language: str
    section: str
    line: int
    text: str


def _snippets() -> list[Snippet]:
    section, start, language, kept = "", 0, "", list[str]()
    found: list[Snippet] = []
    for number, line in enumerate(README.splitlines(), start=1):
        if line.startswith("```"):
            if start:
                found.append(Snippet(language, section, start, "".join(kept)))
            start, language, kept = (0, "", []) if start else (number, line[3:], [])
        elif start:
            kept.append(f"{line}\n")
        elif line.startswith("## "):
            section = line[3:]
    return found


SNIPPETS = _snippets()


def _of(*languages: str) -> list[Snippet]:
    return [each for each in SNIPPETS if each.language in languages]


def _name(snippet: Snippet) -> str:
    return f"{snippet.language}-{snippet.line}"


def _runs_tailpipe(snippet: Snippet) -> bool:
    return all(re.match(r"tailpipe (?!server)|echo .*\| tailpipe ", line) for line in snippet.text.splitlines())


SH = [each for each in _of("sh") if _runs_tailpipe(each)]
OTHER_SH = [each for each in _of("sh") if not _runs_tailpipe(each)]
EXPORTS = next(each.text for each in OTHER_SH if "export TAILPIPE_HOME" in each.text)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a checkout where the demo was made, on the day of the excerpts."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "hcl", folder / "hcl")
    write_week(folder / "demo" / "logs", end=date(2026, 11, 23))
    _bash(folder, f"{EXPORTS}tailpipe collect --no-progress")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with the first configuration and a line of log for it."""
    first = next(each for each in _of("hcl") if each.section == OWN_CONFIGURATION)
    return _project(tmp_path, first.text)


@pytest.mark.parametrize("snippet", _of("hcl"), ids=_name)
def test_every_configuration_is_right(snippet: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each configuration shown loads and plans without a problem, once the variables are set that it names."""
    for name in re.findall(r'env\("(\w+)"\)', snippet.text):
        monkeypatch.setenv(name, "https://hooks.example.org/T/B/x")
    folder = _project(tmp_path, snippet.text)

    assert _plans(folder / "tailpipe.hcl") == snippet.text.count("collection ")


@pytest.mark.parametrize("path", sorted((ROOT / "hcl").glob("*.hcl")), ids=lambda path: path.stem)
def test_every_file_of_the_demo_is_right(path: Path) -> None:
    """Each configuration in hcl/ loads and plans without a problem."""
    assert _plans(path) > 0


@pytest.mark.slow
@pytest.mark.parametrize("snippet", [each for each in _of("hcl") if LOGS in each.text], ids=_name)
def test_configurations_collect_their_logs(snippet: Snippet, tmp_path: Path) -> None:
    """Each configuration of files collects the line that is there for it."""
    folder = _project(tmp_path, snippet.text)
    table = re.search(r'table_name = "(\w+)"|collection "(\w+)"', snippet.text.replace('collection "custom"', ""))
    assert table is not None

    _bash(folder, "tailpipe collect --no-progress")

    name = table[1] or table[2]
    assert _bash(folder, f'tailpipe query --no-header --output csv "select count(*) from {name}"') == "1\n"


@pytest.mark.slow
@pytest.mark.parametrize("snippet", [each for each in SH if each.section != OWN_CONFIGURATION], ids=_name)
def test_commands_run_in_the_demo(snippet: Snippet, demo: Path) -> None:
    """Each command shown ends well in the demo."""
    _bash(demo, EXPORTS + snippet.text)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", [each for each in SH if each.section == OWN_CONFIGURATION], ids=_name)
def test_first_commands_run(snippet: Snippet, own: Path) -> None:
    """What a newcomer types after the first configuration ends well, and shows the row."""
    assert "\n   200         1\n" in _bash(own, snippet.text)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", _of("console"), ids=_name)
def test_output_is_as_shown(snippet: Snippet, demo: Path) -> None:
    """Each excerpt is what its command writes."""
    command, _, shown = snippet.text.removeprefix("$ ").partition("\n")

    written = _bash(demo, f"{EXPORTS}{command}")

    for piece in shown.split("...\n"):
        assert piece in written


@pytest.mark.slow
@pytest.mark.parametrize("snippet", _of("sql"), ids=_name)
def test_queries_run_in_the_demo(snippet: Snippet, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query shown can be asked in the demo."""
    if "read_parquet" in snippet.text:
        monkeypatch.chdir(demo)
        assert duckdb.execute(snippet.text).fetchall() > [(0,)]
        return
    (demo / "shown.sql").write_text(snippet.text)
    _bash(demo, f"{EXPORTS}tailpipe query shown.sql")


def test_what_does_not_run_here_exists() -> None:
    """Blocks that are not run hold exports, environments, `make`, and the web UI as the demo shows it."""
    shown = "\n".join(line.strip() for line in _made_by("demo").splitlines())
    for line in chain.from_iterable(each.text.splitlines() for each in OTHER_SH):
        if line.startswith("tailpipe server"):
            assert ".venv/bin/tailpipe server" in shown
        elif "TAILPIPE" in line:
            assert line in shown
        else:
            assert re.fullmatch(r"make \w+|python3 -m venv \S+|\S+/pip install \.|export PATH=\S+", line)


def test_commands_named_are_those_there_are() -> None:
    """Every command named exists, and every command there is is named, here or on a page of its own."""
    pattern = re.compile(r"(?<![\w/.~-])tailpipe (?!query|collect$)([a-z]+)\b")
    named = {*pattern.findall(_code()), "query", "collect"}
    elsewhere = {word for page in PAGES for word in re.findall(r"^tailpipe ([a-z]+)", page.read_text(), re.MULTILINE)}

    assert named <= set(commands.names())
    assert named | elsewhere >= {each.name for each in commands.COMMANDS}


def test_flags_named_are_those_there_are() -> None:
    """Every flag named belongs to a command."""
    helps = "".join(each.parser().format_help() for each in commands.COMMANDS)
    ours = "\n".join(line for line in _code().splitlines() if "pip " not in line)

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", ours)) <= set(re.findall(r"--[a-z][a-z-]*", helps))


def test_exit_codes_are_repeated_truly() -> None:
    """The table of exit codes is that of the help."""
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", README, re.MULTILINE))

    assert rows == {str(code.value): code.meaning for code in Exit}


def test_variables_are_repeated_truly() -> None:
    """The table of environment variables names those of the help."""
    named = re.findall(r"^\| `((?:TAILPIPE|DAGSTER)_\w+)` \|", README, re.MULTILINE)

    assert named == list(main._ENVIRONMENT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_named_can_be_made(page: Path) -> None:
    """Every `make` target a page names exists."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the project finds it."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


def _code() -> str:
    """Everything in README that is code."""
    blocks = [each.text for each in _of("sh", "console")]
    prose = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", prose)])


def _project(folder: Path, text: str) -> Path:
    """A folder with a configuration whose logs are in it."""
    logs = folder / "var" / "log"
    for name, line in LINES.items():
        (logs / name).parent.mkdir(parents=True)
        (logs / name).write_text(line)
    (folder / "tailpipe.hcl").write_text(text.replace(LOGS, f"{logs}/"))
    return folder


def _plans(path: Path) -> int:
    problems = Problems()
    plans = plan(load(find_files(str(path)), problems=problems), problems=problems)
    problems.raise_any()
    return len(plans)


def _made_by(target: str) -> str:
    make = shutil.which("make")
    assert make is not None
    finished = subprocess.run([make, "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
    return finished.stdout.replace("'", "").replace("$$", "$")


def _bash(folder: Path, script: str) -> str:
    """What a script writes to stdout, run where `tailpipe` is on the PATH and nothing is set."""
    bash = shutil.which("bash")
    assert bash is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAILPIPE_", "DAGSTER_"))}
    environment = {**kept, "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "HOME": str(folder)}
    finished = subprocess.run(
        [bash, "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout
