"""What runs by itself: schedules, sensors and the freshness of collections."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.looking import ARRIVALS, ASKED, DONE, LEFT, asked_of
from tailpipe_assets.definitions.tidying import first_stretch
from tailpipe_assets.pipeline.compact import compact_collections
from tests.definitions.conftest import DAYS, TODAY, access_line
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dagster._core.definitions.sensor_definition import SensorExecutionData

HCL = """
source "file" "dated" {{
  path        = "{logs}"
  file_layout = "web-%{{YEAR:year}}%{{MONTHNUM:month}}%{{MONTHDAY:day}}.log"
}}
collection "http_log" "web" {{
  source       = source.file.dated
  format       = "combined"
  expect_every = "1h"
  {how}
}}
collection "http_log" "errors" {{
  source  = source.file.dated
  format  = "combined"
  compact = false
  {how}
  filter {{
    where = "status >= 500"
  }}
}}
"""
EVERY = 'every = "5m"'
WATCH = "watch = true"
WEB = dg.AssetKey(["http_log", "web"])


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster with nothing in it."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Three days of logs."""
    made = Project(tmp_path)
    for day in DAYS:
        made.write(f"web-{day:%Y%m%d}.log", access_line(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)))
    made.configure(HCL.format(logs=made.logs, how=EVERY))
    return made


def definitions(project: Project, how: str = EVERY) -> dg.Definitions:
    """The definitions of the project."""
    project.configure(HCL.format(logs=project.logs, how=how))
    return build_definitions(project.plans())


def tick(defs: dg.Definitions, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """What the one schedule asks for."""
    repository = defs.get_repository_def()
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.now(UTC),
        repository_def=repository,
        resources=dict(defs.resources or {}),
    ) as context:
        data = repository.get_schedule_def("collect_file_dated").evaluate_tick(context)
    return data.run_requests[0] if data.run_requests else dg.SkipReason(data.skip_message)


def evaluate(
    defs: dg.Definitions, name: str, instance: dg.DagsterInstance, cursor: str | None = None
) -> SensorExecutionData:
    """What a sensor does."""
    repository = defs.get_repository_def()
    with dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=repository, resources=dict(defs.resources or {})
    ) as context:
        return repository.get_sensor_def(name).evaluate_tick(context)


def requested(data: SensorExecutionData) -> dg.RunRequest:
    """The one run it asks for."""
    (request,) = data.run_requests or ()
    return request


def execute(defs: dg.Definitions, request: dg.RunRequest, instance: dg.DagsterInstance, job: str) -> None:
    """Run what was asked for, as the daemon would."""
    made = defs.get_repository_def().get_job(job)
    chosen = list(request.asset_selection or ())
    assert made.execute_in_process(instance=instance, tags=dict(request.tags), asset_selection=chosen).success


def test_collections_of_a_source_share_a_schedule(project: Project, instance: dg.DagsterInstance) -> None:
    """One run a tick for both, over everything when nothing was collected yet."""
    asked = tick(definitions(project), instance)

    assert isinstance(asked, dg.RunRequest)
    assert asked.asset_selection == [WEB, dg.AssetKey(["http_log", "errors"])]
    assert asked.tags["tailpipe/window"] == "open"
    assert asked.tags["dagster/asset_partition_range_end"] == TODAY.isoformat()
    assert asked.asset_check_keys == [], "a plan of checks would be most of what Dagster keeps of a run"


def test_nothing_new_starts_no_run(project: Project, instance: dg.DagsterInstance) -> None:
    """The tick after a run is skipped and says so; a new file starts one that looks back a day."""
    defs = definitions(project)
    first = tick(defs, instance)
    assert isinstance(first, dg.RunRequest)
    execute(defs, first, instance, "collect_file_dated_job")
    idle = tick(defs, instance)
    noon = datetime.now(UTC).replace(hour=0, minute=0)
    project.write(f"web-{TODAY:%Y%m%d}.log", access_line(noon))
    again = tick(defs, instance)

    assert isinstance(idle, dg.SkipReason)
    assert "nothing new" in str(idle.skip_message)
    assert isinstance(again, dg.RunRequest)
    assert again.tags["dagster/asset_partition_range_start"] == (TODAY - timedelta(days=1)).isoformat()
    assert project.ask("select count(*) from http_log") == [(3,)]


def test_runs_do_not_pile_up(project: Project, instance: dg.DagsterInstance) -> None:
    """While a run of the schedule waits or works, its ticks are skipped."""
    defs = definitions(project)
    instance.create_run_for_job(
        defs.get_repository_def().get_job("collect_file_dated_job"), status=dg.DagsterRunStatus.STARTED
    )
    asked = tick(defs, instance)

    assert isinstance(asked, dg.SkipReason)
    assert "not done" in str(asked.skip_message)


def test_a_source_that_cannot_be_listed_is_run(project: Project, instance: dg.DagsterInstance) -> None:
    """The run then fails, is retried and told; a skipped tick would hide it."""
    defs = definitions(project)
    for path in project.logs.iterdir():
        path.unlink()
    project.logs.rmdir()

    assert isinstance(tick(defs, instance), dg.RunRequest)


@pytest.mark.parametrize(
    "tags",
    [{DONE: datetime.now(UTC).isoformat(), LEFT: "1"}, {DONE: (datetime.now(UTC) + timedelta(days=400)).isoformat()}],
    ids=["left", "ahead"],
)
def test_a_run_that_left_something_is_looked_behind(
    project: Project, instance: dg.DagsterInstance, tags: dict[str, str]
) -> None:
    """What was not delivered stays in the window of later ticks, and nothing is known of a run of a clock ahead."""
    defs = definitions(project)
    job = defs.get_repository_def().get_job("collect_file_dated_job")
    told = {**tags, ASKED: asked_of(project.plans())}
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS, tags=told)
    asked = tick(defs, instance)

    assert isinstance(asked, dg.RunRequest)
    assert asked.tags["tailpipe/window"] == "open"


THIRD = """
collection "http_log" "third" {{
  source   = source.file.dated
  format   = "combined"
  lookback = "0"
  {how}
}}
"""


@pytest.mark.parametrize("change", ["another collection", "more files", "another lake"])
def test_what_is_asked_for_since_is_asked_for_from_the_start(
    project: Project, instance: dg.DagsterInstance, change: str
) -> None:
    """A collection that joins a schedule, a source that reaches further and a lake that is elsewhere get the past."""
    defs = definitions(project)
    first = tick(defs, instance)
    assert isinstance(first, dg.RunRequest)
    execute(defs, first, instance, "collect_file_dated_job")
    assert isinstance(tick(defs, instance), dg.SkipReason)
    change_configuration(project, EVERY, change)
    defs = build_definitions(project.plans())
    second = tick(defs, instance)
    assert isinstance(second, dg.RunRequest)
    execute(defs, second, instance, "collect_file_dated_job")

    assert second.tags["tailpipe/window"] == "open"
    assert collected(project, change) == 3
    assert isinstance(tick(defs, instance), dg.SkipReason)


@pytest.mark.parametrize("change", ["another collection", "more files", "another lake"])
def test_a_watcher_looks_from_the_start_at_what_is_asked_for_since(
    project: Project, instance: dg.DagsterInstance, change: str
) -> None:
    """The same for sensors; one that was stopped by an older version begins from the start, too."""
    defs = definitions(project, WATCH)
    execute(defs, requested(evaluate(defs, "watch_file_dated", instance)), instance, "watch_file_dated_job")
    idle = evaluate(defs, "watch_file_dated", instance, (TODAY - timedelta(days=1)).isoformat())
    change_configuration(project, WATCH, change)
    defs = build_definitions(project.plans())
    execute(
        defs, requested(evaluate(defs, "watch_file_dated", instance, idle.cursor)), instance, "watch_file_dated_job"
    )

    assert collected(project, change) == 3
    assert not evaluate(defs, "watch_file_dated", instance, idle.cursor).run_requests


def change_configuration(project: Project, how: str, change: str) -> None:
    """Ask for something else of the same source, all of it days old."""
    elsewhere = f"{how}\n  destination = destination.parquet.elsewhere"
    text = HCL.format(logs=project.logs, how=elsewhere if change == "another lake" else how)
    if change == "another collection":
        text += THIRD.format(how=how)
    elif change == "more files":
        for day in DAYS:
            line = access_line(datetime(day.year, day.month, day.day, 13, tzinfo=UTC))
            project.write(f"more/web-{day:%Y%m%d}.log", line.replace("10.0.0.1", "10.0.0.2"))
        text = text.replace(f'path        = "{project.logs}"', f'paths = ["{project.logs}", "{project.logs}/more"]')
    else:
        text += f'destination "parquet" "elsewhere" {{\n  path = "{project.folder}/elsewhere"\n}}\n'
    project.configure(text)


def collected(project: Project, change: str) -> object:
    """How many rows of what is asked for since are there."""
    if change == "another collection":
        return project.one("select count(*) from http_log where tp_partition = 'third'")
    if change == "more files":
        return project.one("select count(*) from http_log where tp_partition = 'web' and remote_addr = '10.0.0.2'")
    return len([*(project.folder / "elsewhere").glob("http_log/tp_partition=web/**/*.parquet")])


def test_files_of_this_machine_are_looked_at_more_often(project: Project) -> None:
    """Whenever Dagster's daemon comes by, which is every five seconds; listing a bucket costs money."""
    project.configure(
        f'''
source "file" "here" {{
  path = "{project.logs}"
}}
source "aws_s3" "there" {{
  bucket = "trails"
}}
collection "http_log" "here" {{
  source = source.file.here
  format = "combined"
  watch  = true
}}
collection "aws_cloudtrail_log" "there" {{
  source = source.aws_s3.there
  watch  = true
}}
'''
    )
    repository = build_definitions(project.plans()).get_repository_def()
    here, there = (repository.get_sensor_def(f"watch_{each}") for each in ("file_here", "aws_s3_there"))

    assert here.minimum_interval_seconds is not None
    assert here.minimum_interval_seconds < 5
    assert there.minimum_interval_seconds == 30


def test_a_watched_source_is_run_when_it_has_something(project: Project, instance: dg.DagsterInstance) -> None:
    """New artifacts start a run; once all is collected the cursor moves on and nothing is started."""
    defs = definitions(project, WATCH)
    first = evaluate(defs, "watch_file_dated", instance)
    request = requested(first)
    execute(defs, request, instance, "watch_file_dated_job")
    idle = evaluate(defs, "watch_file_dated", instance)
    noon = datetime.now(UTC).replace(hour=0, minute=0)
    project.write(f"web-{TODAY:%Y%m%d}.log", access_line(noon))
    again = evaluate(defs, "watch_file_dated", instance, idle.cursor)

    assert not idle.run_requests
    assert idle.cursor is not None
    assert requested(again).run_key != request.run_key


def test_a_cursor_of_a_clock_that_was_ahead_is_forgotten(project: Project, instance: dg.DagsterInstance) -> None:
    """Everything is looked at anew."""
    defs = definitions(project, WATCH)
    ahead = f"{(datetime.now(UTC) + timedelta(days=400)).isoformat()} {asked_of(project.plans())}"

    request = requested(evaluate(defs, "watch_file_dated", instance, ahead))

    assert request.tags["tailpipe/window"] == "open"


def test_days_that_are_over_are_compacted(project: Project, instance: dg.DagsterInstance) -> None:
    """One run takes days that lie close together, and none of a collection that is left out; then nothing is due."""
    defs = definitions(project)
    project.collect()
    request = requested(evaluate(defs, "compact_when_due", instance))
    execute(defs, request, instance, "compact")
    idle = evaluate(defs, "compact_when_due", instance)

    assert request.asset_selection == [dg.AssetKey(["http_log", "web", "compacted"])]
    assert request.tags["dagster/asset_partition_range_start"] == DAYS[0].isoformat()
    assert request.tags["dagster/asset_partition_range_end"] == DAYS[-1].isoformat()
    assert not idle.run_requests


def test_a_day_collected_again_is_compacted_again(project: Project, instance: dg.DagsterInstance) -> None:
    """New files in a compacted day make it due, with another key, so that Dagster does start a run."""
    defs = definitions(project)
    project.collect()
    first = requested(evaluate(defs, "compact_when_due", instance))
    compact_collections(project.lake, [("http_log", "web")])
    day = DAYS[1]
    project.write(f"web-{day:%Y%m%d}-b.log", access_line(datetime(day.year, day.month, day.day, 13, tzinfo=UTC)))
    project.write(f"web-{day:%Y%m%d}.log", access_line(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)) * 2)
    project.collect()
    again = requested(evaluate(defs, "compact_when_due", instance))

    assert again.tags["dagster/asset_partition_range_start"] == day.isoformat()
    assert again.run_key != first.run_key


def test_stretches_of_days() -> None:
    """Days with small gaps go together; after a long gap a later run goes on."""
    days = [date(2024, 2, day) for day in (1, 2, 9, 20)]

    assert first_stretch(days) == (date(2024, 2, 1), date(2024, 2, 9))
    assert first_stretch(days[3:]) == (date(2024, 2, 20), date(2024, 2, 20))


def test_a_collection_gone_quiet_is_told_once(project: Project, instance: dg.DagsterInstance) -> None:
    """Fresh after a run, quiet after the time that was named, each told once and not every minute."""
    defs = definitions(project)
    project.collect()
    fresh = evaluate(defs, "watch_arrivals", instance)
    same = evaluate(defs, "watch_arrivals", instance, fresh.cursor)
    plans = [
        replace(each, collection=replace(each.collection, pace=replace(each.collection.pace, expect_every=timedelta())))
        for each in project.plans()
    ]
    quiet = evaluate(build_definitions(plans), "watch_arrivals", instance, same.cursor)

    (told,) = fresh.asset_events
    assert isinstance(told, dg.AssetCheckEvaluation)
    assert (told.asset_key, told.check_name, told.passed) == (WEB, ARRIVALS, True)
    assert not same.asset_events
    late = next(each for each in quiet.asset_events if each.asset_key == WEB)
    assert isinstance(late, dg.AssetCheckEvaluation)
    assert not late.passed
    assert late.severity == dg.AssetCheckSeverity.WARN
    assert "Nothing new for" in str(late.description)


def test_a_collection_never_collected_counts_from_the_first_look(
    project: Project, instance: dg.DagsterInstance
) -> None:
    """It is fresh at first, and quiet when nothing has come since."""
    defs = definitions(project)
    first = evaluate(defs, "watch_arrivals", instance)
    seen = json.loads(first.cursor or "{}")
    long_ago = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    cursor = json.dumps({name: {**each, "first": long_ago} for name, each in seen.items()})
    second = evaluate(defs, "watch_arrivals", instance, cursor)

    assert [each.passed for each in first.asset_events if isinstance(each, dg.AssetCheckEvaluation)] == [True]
    assert [each.passed for each in second.asset_events if isinstance(each, dg.AssetCheckEvaluation)] == [False]


def test_a_source_is_observed(project: Project, instance: dg.DagsterInstance) -> None:
    """The observation tells what is there and what waits."""
    defs = definitions(project)
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(["source", "file", "dated"])}
    )
    result = job.execute_in_process(instance=instance)

    (event,) = result.get_asset_observation_events()
    told = event.asset_observation_data.asset_observation.metadata
    assert told["artifacts"].value == 3
    assert told["backlog artifacts"].value == 3
    assert told["backlog bytes"].value == 3 * len(access_line(datetime.now(UTC)))


def test_definitions_load_without_warnings_of_ours(project: Project) -> None:
    """Nothing superseded, in beta or in preview is used, but what is said to be."""
    project.configure(HCL.format(logs=project.logs, how=WATCH))
    script = (
        "import warnings, dagster as dg\n"
        "for kind in (dg.BetaWarning, dg.PreviewWarning, dg.SupersessionWarning):\n"
        "    warnings.simplefilter('error', kind)\n"
        "from tailpipe_assets.definitions import defs\n"
        "dg.Definitions.validate_loadable(defs())\n"
    )
    environment = {**os.environ, "TAILPIPE_CONFIG_PATH": str(project.folder)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
