"""`tailpipe mod`: what is installed, for eyes and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tailpipe_assets.cli.main import main

ACME = Path(__file__).parents[1] / "data" / "mods" / "acme"


def code_of(arguments: list[str]) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_mod_is_installed_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With the block that uses it."""
    assert code_of(["mod", "install", str(ACME)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"installed acme_cloudtrail folder from {ACME}\n")
    assert 'detection_pack "mod" "acme_cloudtrail" {\n  path = ".tailpipe/mods/acme_cloudtrail"\n}' in said

    assert code_of(["mod", "list", "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["state"], row["path"]) == ("acme_cloudtrail", "ok", ".tailpipe/mods/acme_cloudtrail")

    assert code_of(["mod", "install"]) == 0
    assert capsys.readouterr().out == "every mod is as mods.lock.json pins it\n"


def test_show_tells_what_is_in_a_mod(capsys: pytest.CaptureFixture[str]) -> None:
    """Installed, or in a folder."""
    assert code_of(["mod", "show", str(ACME), "--output", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["benchmarks"] == ["trail", "all"]
    assert "passed over: 1 dashboard; only detections are used" in shown["notices"]

    code_of(["mod", "install", str(ACME)])
    capsys.readouterr()
    assert code_of(["mod", "show", "acme_cloudtrail"]) == 0
    said = capsys.readouterr().out
    assert "trail_stopped" in said
    assert "env() is not for mods" in said


def test_what_init_begins_works(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As a pack of a configuration, without a warning."""
    assert code_of(["mod", "init", "our-mod"]) == 0
    (tmp_path / "x.hcl").write_text(
        'source "file" "logs" {\n  path = "logs"\n}\n'
        'collection "aws_cloudtrail_log" "production" {\n  source = source.file.logs\n}\n'
        'detection_pack "mod" "our" {\n  path = "our-mod"\n}\n'
    )
    capsys.readouterr()
    assert code_of(["--config-path", "x.hcl", "config", "check", "--strict"]) == 0
    assert "warning" not in capsys.readouterr().err
    assert code_of(["mod", "init", "our-mod"]) == 2
    assert "our-mod holds a mod already" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert code_of(["mod", "init", "file/our_mod"]) == 2
    assert "no mod can be written into file/our_mod: Not a directory" in capsys.readouterr().err


def test_strict_fails_where_rules_are_skipped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Otherwise they are warnings."""
    (tmp_path / "x.hcl").write_text(
        'source "file" "logs" {\n  path = "logs"\n}\n'
        'collection "aws_cloudtrail_log" "production" {\n  source = source.file.logs\n}\n'
        f'detection_pack "mod" "acme" {{\n  path = "{ACME}"\n}}\n'
    )
    assert code_of(["--config-path", "x.hcl", "config", "check"]) == 0
    assert "skipped 12 of 20: " in capsys.readouterr().err
    assert code_of(["--config-path", "x.hcl", "config", "check", "--strict"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["uninstall", "acme"], 'no mod "acme" is installed'),
        (["uninstall"], "uninstall needs the name of one mod"),
        (["show"], "show needs the name of one mod"),
        (["install"], "no mod is installed here; name one"),
        (["update"], "no mod is installed here; name one"),
        (["list", "acme"], 'list takes no name; did you mean "show acme"?'),
    ],
)
def test_what_makes_no_sense_is_said(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """With what to type."""
    assert code_of(["mod", *arguments]) == 2
    assert message in capsys.readouterr().err
