"""`config check`: everything that is wrong, at once, or what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
source "file" "nginx" {
  path = "access.log"
}

collection "http_log" "web" {
  source = source.file.nginx
  format = "combined"
  filter {
    where = "status >= 500"
  }
}
"""


def check(folder: Path, text: str, *flags: str) -> int | str | None:
    """The exit code of checking one file."""
    (folder / "tailpipe.hcl").write_text(text)
    with pytest.raises(SystemExit) as left:
        main(["config", "check", *flags])
    return left.value.code


def test_a_sound_configuration_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files, collections, sources and destinations are named, and nothing is on stderr."""
    monkeypatch.chdir(tmp_path)

    assert check(tmp_path, HCL, "--output", "json") == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert check(tmp_path, HCL) == Exit.OK
    shown = capsys.readouterr()

    assert found["files"] == ["tailpipe.hcl"]
    assert [each["collection"] for each in found["collections"]] == ["http_log.web"]
    assert found["sources"] == [{"address": "source.file.nginx", "place": "tailpipe.hcl:2"}]
    assert [each["name"] for each in found["destinations"]] == ["default"]
    assert "http_log.web" in shown.out
    assert shown.err == ""


def test_lookups_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With their files, and how values are found in them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("k,v\n")
    (tmp_path / "b.csv").write_text("n\n")
    keyed = 'lookup "a" {\n  path = "a.csv"\n  key = "k"\n}\n'
    networks = 'lookup "b" {\n  path = "b.csv"\n  network = "n"\n}\n'

    assert check(tmp_path, HCL + keyed + networks, "--output", "json") == Exit.OK

    assert json.loads(capsys.readouterr().out)["lookups"] == [
        {"name": "a", "path": f"{tmp_path}/a.csv", "found": "by k", "place": "tailpipe.hcl:13"},
        {"name": "b", "path": f"{tmp_path}/b.csv", "found": "by network n", "place": "tailpipe.hcl:17"},
    ]


def test_problems_of_reading_and_planning_come_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong attribute and a filter that does not bind are both reported, with code 2 and nothing on stdout."""
    monkeypatch.chdir(tmp_path)
    text = HCL.replace("status >=", "statuss >=") + '\nsource "file" "other" {\n  pathh = "x"\n}\n'

    assert check(tmp_path, text) == Exit.USAGE
    shown = capsys.readouterr()

    assert shown.out == ""
    places = [line.split(": ")[0] for line in shown.err.splitlines()]
    assert {"tailpipe.hcl:10", "tailpipe.hcl:15"} <= set(places)


def test_holds_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With the collections they cover; one that covers none is pointed out."""
    monkeypatch.chdir(tmp_path)
    holds = "".join(
        f'hold "{name}" {{\n  collection = "{selector}"\n  reason = "case 17"\n}}\n'
        for name, selector in (("all", "*"), ("typo", "http_lgo.web"))
    )

    assert check(tmp_path, HCL + holds) == Exit.OK
    shown = capsys.readouterr()
    assert check(tmp_path, HCL + holds, "--output", "json") == Exit.OK
    found = json.loads(capsys.readouterr().out)

    assert shown.out.endswith("2 holds, no problems\n")
    assert shown.err == 'hold "typo" (tailpipe.hcl:17) covers no collection that is configured\n'
    assert [(each["name"], each["collections"]) for each in found["holds"]] == [("all", ["http_log.web"]), ("typo", [])]


VIEWS = """
view "fine" {
  tables = ["http_log"]
  where = "status >= 500"
}
view "typo" {
  tables = ["http_lgo"]
  collections = ["webb", "w*"]
}
view "no_column" {
  accelerated = true
  tables = ["http_log"]
  where = "statuss >= 500"
}
view "no_sql" {
  sql = "selec 1"
}
view "two" {
  sql = "select nothing from http_log"
}
view "over_two" {
  sql = "select * from fine.http_lgo"
}
view "moving" {
  accelerated = true
  where = "tp_timestamp > now() - interval 7 days"
}
view "an_index" {
  sql = "select count(*) from \\"123456789012\\".aws_cloudtrail_log"
}
"""


def test_views_are_tried_before_anybody_asks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, SQL and what cannot be accelerated, at the line of the attribute, with the nearest name, all at once."""
    monkeypatch.chdir(tmp_path)

    assert check(tmp_path, HCL + VIEWS) == Exit.USAGE
    lines = capsys.readouterr().err.splitlines()
    start = HCL.count("\n")
    expected = (
        (7, 'view "typo": there is no table "http_lgo"; did you mean "http_log"?'),
        (8, 'view "typo": there is no collection "webb"; did you mean "web"?'),
        (13, 'view "no_column": '),
        (16, 'view "no_sql": '),
        (19, 'view "two": '),
        (22, 'view "over_two": no table is called "http_lgo"; did you mean "http_log"?'),
        (26, 'view "moving" cannot be accelerated: now gives something else each time'),
    )
    for number, words in expected:
        assert any(line.startswith(f"tailpipe.hcl:{start + number}: {words}") for line in lines), (number, lines)
    assert len(lines) == len(expected) + 1


def test_sound_views_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what they are for, and whether they are accelerated."""
    monkeypatch.chdir(tmp_path)
    text = HCL + 'view "errors" {\n  accelerated = true\n  description = "What failed."\n  collections = ["web"]\n}\n'

    assert check(tmp_path, text, "--output", "json") == Exit.OK
    (view,) = json.loads(capsys.readouterr().out)["views"]
    assert (view["name"], view["description"], view["accelerated"]) == ("errors", "What failed.", True)
