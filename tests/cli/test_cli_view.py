"""Listing and showing what can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_resources import plugins
from tests.cli.test_cli_lake import as_json, lines, ran
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
collection "http_log" "web" {
  source = source.file.logs
  format = "combined"
}
view "february" {
  from = "2024-02-01"
  to = "2024-02-29"
  tables = ["http_log"]
  description = "Requests of February."
}
view "pages" {
  sql = "select request_uri, tp_timestamp from february.http_log"
}
view "broken" {
  sql = "select nothing"
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three requests."""
    made = Project(tmp_path)
    made.configure(HCL)
    made.write("a.log", lines(1, 2, 3))
    made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


@pytest.mark.usefixtures("project")
def test_list_names_everything_that_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """With what it holds, and what is not there and why."""
    rows = {(row["schema"], row["name"]): row for row in as_json(capsys, "view", "list")}

    assert {key: row["kind"] for key, row in rows.items() if "http_log" in key or key[0] == "main"} == {
        **{("main", name): "table" for name in plugins.names("table") if name != "custom"},
        **{("main", name): "table" for name in ("tailpipe_alert", "tailpipe_finding", "tailpipe_rejected")},
        ("main", "all_log"): "all",
        ("main", "pages"): "query",
        ("february", "http_log"): "period",
        ("web", "http_log"): "collection",
        ("default", "http_log"): "index",
    }
    assert [rows[key]["rows"] for key in (("web", "http_log"), ("main", "all_log"), ("main", "pages"))] == [3, 3, None]
    code, out, err = ran(capsys, "view", "list", "--schema", "february")
    assert (code, len(out.splitlines())) == (Exit.OK, 2)
    assert "the view broken cannot be made" in err


@pytest.mark.usefixtures("project")
def test_show_tells_everything_about_a_view(capsys: pytest.CaptureFixture[str]) -> None:
    """Its columns with what they mean, its files, and when its events happened."""
    table = as_json(capsys, "view", "show", "http_log")
    assert (table["sources"], table["snapshot"], table["files"], table["rows"]) == (["web"], 1, 1, 3)
    assert (table["first"], table["last"]) == ("2024-02-07T13:00:01+00:00", "2024-02-07T13:00:03+00:00")
    assert table["bytes"] > 0
    assert all(column["description"] for column in table["columns"])

    period = as_json(capsys, "view", "show", "february.http_log")
    assert (period["rows"], period["first"][:19], period["description"]) == (
        3,
        "2024-02-07 13:00:01",
        "Requests of February.",
    )
    assert [column["name"] for column in as_json(capsys, "view", "show", "pages")["columns"]] == [
        "request_uri",
        "tp_timestamp",
    ]
    assert as_json(capsys, "view", "show", '"default".http_log')["rows"] == 3
    code, _, err = ran(capsys, "view", "show", "htp_log")
    assert code == Exit.USAGE
    assert 'did you mean "http_log"' in err


def test_a_view_that_makes_no_sense_is_a_problem_of_the_configuration(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its line."""
    project.configure(
        'view "a" {\n  sql = "select 1"\n  where = "true"\n}\nview "main" {\n}\n'
        'view "b" {\n  from = "2024-02-08"\n  to = "2024-02-07"\n}\nview "b" {\n}\n'
    )
    code, _, err = ran(capsys, "config", "check")

    assert code == Exit.USAGE
    for words in ('"sql" is the whole view', 'cannot be called "main"', "would show nothing", 'duplicate view "b"'):
        assert words in err
