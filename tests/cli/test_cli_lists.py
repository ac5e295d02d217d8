"""What is installed and what is configured, for eyes and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.main import main
from tailpipe_resources import plugins

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
destination "parquet" "default" {
  path = "/data/lake"
}

credential "pipes" "mine" {
  token = "very-secret-token"
}

source "pipes" "audit" {
  credential = credential.pipes.mine
}

source "file" "nginx" {
  path = "access.log"
}

format "regex" "short" {
  layout = `^(?P<remote_addr>[^ ]+)$`
}

table "door_log" {
  description = "Who went through which door."
  format      = format.regex.short
  column "door" {
    type = "varchar"
  }
}

collection "http_log" "web" {
  source  = source.file.nginx
  format  = "combined"
  enabled = false
  filter {
    where = "status >= 500"
  }
}

collection "http_log" "all" {
  source = source.file.nginx
}
"""
OPTION_KEYS = {"name", "type", "required", "default", "description"}


@pytest.fixture
def hcl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tailpipe.hcl"
    path.write_text(HCL)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with nothing in it."""
    folder = tmp_path / "bare"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def listed(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    """What a command gives as JSON."""
    return json.loads(printed(capsys, *argv, "--output", "json"))


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a command prints when it goes well."""
    with pytest.raises(SystemExit) as left:
        main(argv)
    shown = capsys.readouterr()
    assert (left.value.code, shown.err) == (0, "")
    return shown.out


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("kind", ["source", "format"])
def test_plugins_are_listed_without_configuration(kind: plugins.Kind, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything installed is there, with what it is."""
    found = listed(capsys, kind, "list")

    assert [each["type"] for each in found["types"]] == plugins.names(kind)
    assert all(each["description"] for each in found["types"])
    assert found["configured"] == []


@pytest.mark.usefixtures("hcl")
def test_configured_sources_stand_below(capsys: pytest.CaptureFixture[str]) -> None:
    """Each source block is listed with its place."""
    assert listed(capsys, "source", "list")["configured"] == [
        {"address": "source.pipes.audit", "type": "pipes", "name": "audit", "place": "tailpipe.hcl:10"},
        {"address": "source.file.nginx", "type": "file", "name": "nginx", "place": "tailpipe.hcl:14"},
    ]
    assert "source.file.nginx" in printed(capsys, "source", "list")


@pytest.mark.usefixtures("hcl")
def test_configured_formats_stand_below(capsys: pytest.CaptureFixture[str]) -> None:
    """Each format block is listed with its place."""
    assert listed(capsys, "format", "list")["configured"] == [
        {"type": "regex", "name": "short", "place": "tailpipe.hcl:18"}
    ]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("source", "format")
        for name in plugins.names("source" if kind == "source" else "format")
    ],
)
def test_options_are_shown_as_declared(kind: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each option of each plugin has a type and an explanation."""
    page = listed(capsys, kind, "show", name)

    assert page["type"] == name
    assert all(set(option) == OPTION_KEYS for option in page["options"])
    assert all(option["description"] and option["type"] for option in page["options"])


@pytest.mark.usefixtures("bare")
def test_defaults_and_requirements_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A reader sees what must be given and what is meant otherwise."""
    options = {each["name"]: each for each in listed(capsys, "source", "show", "aws_s3")["options"]}

    assert options["bucket"] == {**options["bucket"], "required": True, "type": "str", "default": None}
    assert options["prefix"]["required"] is False
    assert "bucket" in printed(capsys, "source", "show", "aws_s3")


@pytest.mark.usefixtures("hcl")
def test_tables_of_both_kinds_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Installed tables come first, then the one of rejects, then those the configuration declares."""
    pages = {each["name"]: each for each in listed(capsys, "table", "list")}

    assert [*plugins.names("table"), "tailpipe_rejected", "tailpipe_finding", "door_log"] == list(pages)
    assert pages["http_log"]["place"] is None
    assert pages["door_log"]["place"] == "tailpipe.hcl:22"
    assert "door_log" in printed(capsys, "table", "list")


@pytest.mark.usefixtures("bare")
def test_a_table_shows_every_column_a_query_sees(capsys: pytest.CaptureFixture[str]) -> None:
    """Names, types and descriptions, `tp_` columns included."""
    page = listed(capsys, "table", "show", "http_log")
    columns = {each["name"]: each for each in page["columns"]}

    assert columns["status"]["type"] == "INTEGER"
    assert {"tp_timestamp", "tp_index", "tp_date"} <= set(columns)
    assert all(each["description"] for each in page["columns"])
    assert page["formats"]
    assert "remote_addr" in printed(capsys, "table", "show", "http_log")


@pytest.mark.usefixtures("hcl")
def test_collections_say_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Source, destination, filters and place of each."""
    assert listed(capsys, "collection", "list")[0] == {
        "collection": "http_log.web",
        "source": "source.file.nginx",
        "destination": "/data/lake",
        "enabled": False,
        "runs": "by hand",
        "filters": ["status >= 500"],
        "place": "tailpipe.hcl:30",
    }
    page = listed(capsys, "collection", "show", "http_log.web")
    assert {"prefix": None, "format": "combined", "start": None, "tp_index": None}.items() <= page.items()
    assert "status >= 500" in printed(capsys, "collection", "show", "http_log.web")


@pytest.mark.usefixtures("hcl")
@pytest.mark.parametrize("output", ["pretty", "json"])
def test_secrets_are_never_shown(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No listing prints a token."""
    for argv in (["source", "list"], ["source", "show", "pipes"], ["collection", "list"]):
        assert "very-secret-token" not in printed(capsys, *argv, "--output", output)
