"""Checks as Dagster shows them: which there are, when they are evaluated, and that they never stop a run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.collecting import Listener
from tailpipe_resources.dagster_resources import SourceAccess
from tailpipe_resources.lake.counts import column_names, count_days
from tailpipe_resources.model.checks import CHECKS
from tests.definitions.conftest import DAYS, ERRORS, TODAY, TRAIL, WEB, Run, Unreachable, access_line

if TYPE_CHECKING:
    from tests.services.project import Project

CUSTOM = dg.AssetKey(["app", "shop"])
HCL = """
table "app" {{
  column "at" {{
    type = "TIMESTAMP"
  }}
  {columns}
}}
collection "app" "shop" {{
  source    = source.file.logs
  timestamp = "at"
  {checks}
}}
"""


def configure(project: Project, columns: str = "", checks: str = "") -> None:
    """A table of the user's own, with more columns than before, perhaps."""
    project.configure(HCL.format(columns=columns, checks=checks))


def record(when: datetime, **values: str) -> str:
    """A line of its log."""
    return json.dumps({"at": when.strftime("%Y-%m-%dT%H:%M:%SZ"), **values}) + "\n"


def noon(back: int) -> datetime:
    """The middle of a day before today."""
    return datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC) - timedelta(days=back)


def passed(run: Run, key: dg.AssetKey) -> dict[str, bool]:
    """Which checks passed when they were last evaluated."""
    return {name: each.passed for name, each in run.checks(key).items()}


def test_every_collection_has_all_checks(project: Project) -> None:
    """They say when they warn and where to change that; they never block."""
    graph = build_definitions(project.plans()).resolve_asset_graph()
    specs = {key: graph.get_check_spec(key) for key in graph.asset_check_keys}
    described = specs[dg.AssetCheckKey(WEB, "rejected_share")].description

    assert {(key.asset_key, key.name) for key in specs} == {
        (key, name) for key in (WEB, ERRORS, TRAIL) for name in CHECKS
    }
    assert described is not None
    assert "more than 1 % of the records" in described
    assert f"`max_rejected` in `checks {{ }}` at {project.folder}/tailpipe.hcl:" in described
    assert not any(each.blocking or each.partitions_def for each in specs.values())


def test_checks_follow_the_configuration(project: Project) -> None:
    """Limits stand in the description; a disabled check is not there, and the code version stays."""

    def told() -> tuple[set[str], str | None, str | None]:
        definitions = build_definitions(project.plans())
        graph = definitions.resolve_asset_graph()
        rejected = graph.get_check_spec(dg.AssetCheckKey(CUSTOM, "rejected_share")).description
        return {key.name for key in graph.asset_check_keys}, rejected, graph.get(CUSTOM).code_version

    configure(project)
    before = told()
    configure(project, checks='checks {\n    max_rejected = 0.25\n    disable = ["small_files"]\n  }')
    after = told()

    assert before[0] - after[0] == {"small_files"}
    assert after[1] is not None
    assert "more than 25 %" in after[1]
    assert before[2] == after[2]


def test_a_run_evaluates_the_checks_of_its_collections(run: Run) -> None:
    """Each collection of the run has a verdict, in a range and in a single day; the others have none."""
    run(DAYS[0], DAYS[2], keys=(WEB,))
    ranged = passed(run, WEB)
    run(DAYS[0], keys=(WEB,))

    assert ranged == passed(run, WEB) == dict.fromkeys(CHECKS, True)
    assert passed(run, ERRORS) == {}
    assert run.checks(WEB)["rejected_share"].description == "Nothing new was read."


def test_a_run_that_is_followed_checks_without_a_plan(run: Run) -> None:
    """The command line's runs leave a verdict a check, and no trace of days on which it was not made."""
    run(DAYS[0], DAYS[2], keys=(WEB,), listener=Listener())
    kept = run.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(WEB, "rejected_share"), limit=9
    )

    assert passed(run, WEB) == dict.fromkeys(CHECKS, True)
    assert len(kept) == 1


def test_no_day_of_a_run_shows_as_skipped(run: Run) -> None:
    """Each day of a range that was started in the web UI has the verdict of the run."""
    run(DAYS[0], DAYS[2], keys=(WEB,))
    for name in CHECKS:
        kept = run.instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(WEB, name), limit=9)
        assert {each.partition for each in kept} == {day.isoformat() for day in DAYS[:3]}
        assert {each.status.value for each in kept} == {"SUCCEEDED"}


def test_all_is_well_is_not_told_every_minute(run: Run) -> None:
    """A run without a plan, such as a schedule's, tells a warning, and a pass that comes after one or another hour."""

    def told() -> int:
        key = dg.AssetCheckKey(WEB, "rejected_share")
        return len(run.instance.event_log_storage.get_asset_check_execution_history(key, limit=9))

    run(DAYS[0], keys=(WEB,), listener=Listener())
    run(DAYS[0], keys=(WEB,), listener=Listener())
    after_two = told()
    run.project.write(f"web-{DAYS[1]:%Y%m%d}.log", "no access log at all\n" * 12)
    run(DAYS[1], keys=(WEB,), listener=Listener())
    warned = passed(run, WEB)["rejected_share"]
    run(DAYS[1], keys=(WEB,), listener=Listener())

    assert (after_two, warned, told()) == (1, False, 3)


def test_a_lake_without_a_row_is_checked(run: Run) -> None:
    """A day without logs is no error of the checks."""
    result = run(DAYS[0] - timedelta(days=9), keys=(WEB,))

    assert result.success
    assert passed(run, WEB) == dict.fromkeys(CHECKS, True)


def test_rejects_warn_and_the_run_succeeds(run: Run) -> None:
    """Too many records that do not fit are told with their figures; the rows are there all the same."""
    broken = "no access log at all\n" * 12
    run.project.write(f"web-{DAYS[0]:%Y%m%d}.log", access_line(noon(5)) + broken)
    result = run(DAYS[0], keys=(WEB,))
    found = run.checks(WEB)["rejected_share"]

    assert result.success
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (found.description or "").startswith("12 of 13 records (92.31%) did not fit the table.")
    assert found.metadata["rejected"].value == 12


def test_a_silent_day_warns_with_a_table(run: Run) -> None:
    """The rows of the weeks before come from the lake, and the offending day is listed."""
    configure(run.project)
    for week in (1, 2, 3):
        run.project.write(f"w{week}.jsonl", record(noon(1 + 7 * week)) * 150)
    run(TODAY, keys=(CUSTOM,), tags={"tailpipe/window": "open"})
    run(TODAY - timedelta(days=1), keys=(CUSTOM,))
    found = run.checks(CUSTOM)["row_count_as_usual"]

    assert not found.passed
    assert "| day | rows | usual | times usual | change |" in (found.description or "")
    assert (found.metadata["rows"].value, found.metadata["usual_rows"].value) == (0, 150)


def test_events_of_tomorrow_warn(run: Run) -> None:
    """The day they lie on was not asked for, and is looked at because rows came to it."""
    configure(run.project)
    run.project.write("a.jsonl", record(noon(-2)))
    run(TODAY, keys=(CUSTOM,))
    found = run.checks(CUSTOM)["clock_skew"]

    assert not found.passed
    assert found.metadata["newest_event"].value == noon(-2).isoformat()


def test_a_widened_table_is_told_once(run: Run) -> None:
    """The run that adds a column names it; the first run, which makes the table, and later ones do not."""
    seen = []
    for number, columns in enumerate(("", 'column "host" {\n  }', 'column "host" {\n  }')):
        configure(run.project, columns)
        run.project.write(f"{number}.jsonl", record(noon(1), host="a"))
        run(TODAY, keys=(CUSTOM,))
        seen.append(run.checks(CUSTOM)["schema_unchanged"].description)

    assert seen[0] == seen[2] == "The table has the columns it had before."
    assert (seen[1] or "").startswith("The table has got new columns: host. In rows collected earlier they are NULL.")


def test_small_files_are_counted_in_the_log(run: Run) -> None:
    """Each run leaves a file; too many of a finished day warn until they are compacted."""
    configure(run.project, checks="checks {\n    max_small_files = 2\n  }")
    for number in range(3):
        run.project.write(f"{number}.jsonl", record(noon(1)))
        run(TODAY, keys=(CUSTOM,))
    crowded = run.checks(CUSTOM)["small_files"].passed
    run(TODAY - timedelta(days=1), keys=(dg.AssetKey([*CUSTOM.path, "compacted"]),))
    run(TODAY, keys=(CUSTOM,))

    assert (crowded, run.checks(CUSTOM)["small_files"].passed) == (False, True)


def test_a_collection_that_failed_has_no_verdict(run: Run) -> None:
    """Nothing is said of what was not looked at; the collections of other sources are checked."""
    result = run(DAYS[0], resources={"sources": Unreachable(name="dated")})

    assert not result.success
    assert passed(run, WEB) == {}
    assert passed(run, TRAIL) == dict.fromkeys(CHECKS, True)


def test_a_second_attempt_keeps_what_the_first_one_found(run: Run) -> None:
    """Verdicts of a collection that was collected stay when the step is tried again for another one."""
    run.project.write(f"web-{DAYS[0]:%Y%m%d}.log", "broken\n" * 12)
    with run.project.lake.lock("http_log", "errors-only"):
        result = run(DAYS[0], keys=(WEB, ERRORS), resources={"sources": SourceAccess(retries=1, pause=0)})

    assert sum(event.is_step_restarted for event in result.all_events) == 1
    assert passed(run, WEB)["rejected_share"] is False
    assert passed(run, ERRORS) == {}


@pytest.mark.parametrize("collected", [False, True])
def test_checks_can_be_executed_alone(collected: bool, run: Run) -> None:
    """Without collecting, those checks speak that the lake alone can answer."""
    configure(run.project, checks="checks {\n    max_small_files = 2\n  }")
    for number in range(3 if collected else 0):
        run.project.write(f"{number}.jsonl", record(noon(1)))
        run.project.collect()
    definitions = build_definitions(run.project.plans())
    job = dg.define_asset_job("checks", dg.AssetSelection.checks_for_assets(CUSTOM))
    merged = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    result = merged.resolve_job_def("checks").execute_in_process(instance=run.instance, raise_on_error=False)

    assert result.success
    assert passed(run, CUSTOM) == {
        "row_count_as_usual": True,
        "clock_skew": True,
        "small_files": not collected,
    }


def test_days_are_counted_as_queries_count_them(project: Project) -> None:
    """Rows, files, bytes and the newest event of each day, by the log alone; nothing of other collections."""
    lake = project.lake
    assert (count_days(lake, "http_log", "web"), column_names(lake, "http_log")) == ({}, None)
    project.collect()
    found = count_days(lake, "http_log", "web")

    assert {day: each.rows for day, each in found.items()} == dict(zip(DAYS, (1, 2, 3), strict=True))
    assert all((each.files, each.crowd) == (1, 1) and each.size > 0 for each in found.values())
    assert [found[day].newest for day in DAYS] == [noon((TODAY - day).days) for day in DAYS]
    assert count_days(lake, "http_log", "nothing") == {}
    assert "status" in (column_names(lake, "http_log") or ())
