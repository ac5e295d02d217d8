"""What a run does: the days it reports, the figures it leaves, and what happens when a part of it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from tailpipe_assets.definitions.collecting import Listener
from tailpipe_assets.definitions.request import Request
from tailpipe_assets.pipeline import CollectOptions
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess
from tailpipe_resources.errors import UsageError
from tailpipe_resources.lake import Lake, local_lake
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources import open_source
from tests.definitions.conftest import DAYS, ERRORS, TODAY, TRAIL, WEB, Run, Unreachable, access_line

if TYPE_CHECKING:
    from datetime import date

    from tailpipe_resources.model import config
    from tailpipe_resources.sources.base import Source
    from tests.services.project import Project

TRAIL_DAY = "2023-07-10"


class Elsewhere(SourceAccess):
    """Sources that read another folder than the configuration names."""

    folder: str

    def open(self, source: config.Source) -> Source:
        """The same plugin, pointed elsewhere."""
        kind = type(open_source(source))
        return kind(kind.options.model_validate({"path": self.folder}))


class OtherLakes(LakeStore):
    """Lakes that lie elsewhere."""

    folder: str

    def open(self, destination: config.Destination) -> Lake:
        """A lake in that folder."""
        return local_lake(Path(self.folder) / destination.name)


class Watched(DuckDBEngine):
    """DuckDB that says which settings its connections have."""

    def settings(self) -> tuple[Any, ...] | None:
        """Memory limit and threads."""
        with self.get_connection() as connection:
            return connection.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()


def iso(*days: date) -> set[str]:
    """Days as Dagster writes them."""
    return {day.isoformat() for day in days}


def stored_bytes(project: Project, table: str, day: date | str) -> int:
    """The size of the files of a day."""
    year, month, last = str(day).split("-")
    files = project.stored(table).glob(f"tp_partition=*/tp_index=*/tp_year={year}/tp_month={month}/tp_day={last}/*")
    return sum(each.stat().st_size for each in files)


def test_a_day_brings_in_its_own_artifacts(run: Run) -> None:
    """A run for one day reads what is dated that day, feeds each collection, and reports that day."""
    result = run(DAYS[1], keys=(WEB, ERRORS))
    figures = run.figures(WEB, DAYS[1])

    assert result.success
    assert run.project.ask("SELECT tp_partition, count(*) FROM http_log GROUP BY 1 ORDER BY 1") == [
        ("errors-only", 1),
        ("web", 2),
    ]
    assert run.days(WEB) == run.days(ERRORS) == iso(DAYS[1])
    assert {name: figures[name] for name in ("rows", "filtered", "rejected", "artifacts", "skipped", "files")} == {
        "rows": 2,
        "filtered": 0,
        "rejected": 0,
        "artifacts": 1,
        "skipped": 0,
        "files": 1,
    }
    assert run.figures(ERRORS, DAYS[1])["filtered"] == 1


def test_figures_are_what_people_look_for(run: Run) -> None:
    """Bytes, speed, path, counts by index and a preview without its secrets are kept beside the rows."""
    run(DAYS[2], keys=(WEB,))
    figures = run.figures(WEB, DAYS[2])
    first = figures["preview"].records[0].data

    assert figures["dagster/row_count"] == figures["dagster/partition_row_count"] == 3
    assert figures["bytes_in"] > 0
    assert figures["bytes_out"] > 0
    assert figures["events_per_second"] > 0
    assert figures["path"].endswith("/lake/http_log/tp_partition=web")
    assert [each.data for each in figures["rows by index"].records] == [{"tp_index": "default", "rows": 3}]
    assert len(figures["preview"].records) == 3
    assert first["remote_addr"] == "10.0.0.1"
    assert first["request_uri"] == "/a?token=(hidden)"


def test_the_preview_can_be_turned_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TAILPIPE_PREVIEW=0 no row is copied into Dagster's storage."""
    monkeypatch.setenv("TAILPIPE_PREVIEW", "0")
    run(DAYS[2], keys=(WEB,))

    assert "preview" not in run.figures(WEB, DAYS[2])


def test_a_range_is_one_run_with_figures_for_each_day(run: Run) -> None:
    """Several days are one pass, each day has its own count, and a day without logs is done as well."""
    before = DAYS[0] - timedelta(days=1)
    assert run(before, DAYS[2], keys=(WEB,)).success

    assert run.days(WEB) == iso(before, *DAYS)
    assert [run.figures(WEB, day)["rows"] for day in (before, *DAYS)] == [0, 1, 2, 3]
    assert [run.figures(WEB, day)["dagster/partition_row_count"] for day in (before, *DAYS)] == [0, 1, 2, 3]
    assert run.figures(WEB, DAYS[2])["rows_of_run"] == 6
    assert run.figures(WEB, DAYS[2])["dagster/row_count"] == 6


def test_one_collection_of_a_source_can_be_run_alone(run: Run) -> None:
    """The others neither run nor are reported."""
    run(DAYS[0], keys=(ERRORS,))

    assert run.days(WEB) == set()
    assert run.project.one("SELECT count(*) FROM http_log") == 1


def test_a_second_run_adds_nothing(run: Run) -> None:
    """The same day again is done again, with no row."""
    run(DAYS[0], keys=(WEB,))
    run(DAYS[0], keys=(WEB,))
    figures = run.figures(WEB, DAYS[0])

    assert (figures["rows"], figures["skipped"], figures["dagster/row_count"]) == (0, 1, 1)


def test_days_beyond_the_selection_are_reported(run: Run) -> None:
    """An undated artifact belongs to every window: the days its rows fall on are reported, older than any day known."""
    assert run(TODAY, keys=(TRAIL,)).success

    assert run.days(TRAIL) == {TODAY.isoformat(), TRAIL_DAY}
    assert run.figures(TRAIL, TRAIL_DAY) == {
        "rows": 2,
        "dagster/partition_row_count": 2,
        "files_on_disk": 1,
        "bytes_on_disk": stored_bytes(run.project, "aws_cloudtrail_log", TRAIL_DAY),
    }


def test_what_arrived_late_is_found_by_the_run_of_a_later_day(run: Run) -> None:
    """Its own day is reported with it; overwriting a day leaves it alone."""
    text = (run.project.folder / "tailpipe.hcl").read_text()
    (run.project.folder / "tailpipe.hcl").write_text(text.replace('lookback = "0"', 'lookback = "1d"'))

    assert run(DAYS[2], keys=(WEB,), tags={"tailpipe/overwrite": "true"}).success
    assert run.days(WEB) == iso(DAYS[2])
    assert run(DAYS[2], keys=(WEB,)).success

    assert run.days(WEB) == iso(DAYS[1], DAYS[2])
    assert run.figures(WEB, DAYS[1]) == {
        "rows": 2,
        "dagster/partition_row_count": 2,
        "files_on_disk": 1,
        "bytes_on_disk": stored_bytes(run.project, "http_log", DAYS[1]),
    }
    assert run.project.one("SELECT count(*) FROM http_log") == 5


def test_an_open_window_brings_in_everything(run: Run) -> None:
    """With the tag that says so, a run for today collects what was not collected, and reports every day it touched."""
    run(TODAY, tags=Request().tags)

    assert run.days(WEB) == iso(TODAY, *DAYS)
    assert run.days(TRAIL) == {TODAY.isoformat(), TRAIL_DAY}
    assert run.figures(WEB, TODAY)["rows"] == 6


def test_part_of_a_day_is_not_called_done(run: Run) -> None:
    """A window that ends within the day collects, but claims only days that have rows."""
    early = datetime.combine(DAYS[0], datetime.min.time(), UTC)
    run(DAYS[0], keys=(WEB, ERRORS), tags=Request(Window(early, early + timedelta(hours=1))).tags)
    run(DAYS[1], keys=(WEB,), tags=Request(Window(early - timedelta(hours=9), early - timedelta(hours=8))).tags)

    assert run.days(WEB) == iso(DAYS[0])


def test_overwrite_is_a_tag(run: Run) -> None:
    """What the command line asks for survives as tags, so that a run executed again does the same."""
    run(DAYS[0], keys=(WEB,))
    run(DAYS[0], keys=(WEB,), tags={"tailpipe/overwrite": "true"})

    assert (run.figures(WEB, DAYS[0])["rows"], run.figures(WEB, DAYS[0])["replaced"]) == (1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        Request(),
        Request(Window(datetime(2024, 2, 7, tzinfo=UTC), None), CollectOptions(overwrite=True)),
        Request(Window(None, datetime(2024, 2, 7, 13, tzinfo=UTC)), CollectOptions(salvage=True)),
        Request(
            Window(datetime(2024, 2, 7, tzinfo=UTC), datetime(2024, 2, 8, tzinfo=UTC)),
            CollectOptions(retry_quarantined=True),
        ),
    ],
)
def test_tags_say_all_of_a_request(asked: Request) -> None:
    """A request read back from its tags is the same request."""
    assert Request.of(asked.tags, ["2024-02-07"]) == asked


@pytest.mark.parametrize("text", ["opne", "2024/", "/x", "a/b"])
def test_a_broken_tag_is_told(text: str) -> None:
    """A window that cannot be read is an error, not a window."""
    with pytest.raises(UsageError, match="tailpipe/window"):
        Request.of({"tailpipe/window": text}, ["2024-02-07"])


def test_a_failure_stops_only_its_collection(run: Run) -> None:
    """The other source's collections are reported; the failed ones are not, and the run fails with their reason."""
    result = run(DAYS[0], resources={"sources": Unreachable(name="dated")})
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]

    assert not result.success
    assert run.days(TRAIL) == {DAYS[0].isoformat(), TRAIL_DAY}
    assert run.days(WEB) == run.days(ERRORS) == set()
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.metadata["http_log.web"].value == "no such place"


def test_a_passing_failure_is_tried_again(run: Run) -> None:
    """A source that may recover is asked as often as it says, unless someone is there to ask again."""
    down = {"sources": Unreachable(name="dated", recovers=True, retries=2, pause=0)}
    alone = run(DAYS[0], keys=(WEB,), resources=down)
    followed = run(DAYS[0], keys=(WEB,), resources=down, listener=Listener())

    assert sum(event.is_step_restarted for event in alone.all_events) == 2
    assert sum(event.is_step_restarted for event in followed.all_events) == 0
    assert not alone.success


def test_a_quarantined_artifact_is_named(run: Run) -> None:
    """The reason stands in the metadata, and the day is done."""
    run.project.write("trail/bad.json", b"\x00\x01 not json |")
    run(TODAY, keys=(TRAIL,))
    faults = run.figures(TRAIL, TODAY)["faults"]

    assert "bad.json" in faults
    assert "quarantined" in faults


def test_a_stopped_run_is_canceled_and_claims_nothing(run: Run) -> None:
    """Stopped before anything was read, a run reports no day, and Dagster shows it as canceled."""
    listener = Listener(stopped=lambda: True)
    result = run(DAYS[0], keys=(WEB,), listener=listener)
    stored = run.instance.get_run_by_id(result.run_id)

    assert run.days(WEB) == set()
    assert stored is not None
    assert stored.status == dg.DagsterRunStatus.CANCELED
    assert [each.cancelled for each in listener.results] == [True]


def test_who_listens_hears_and_gets_results(run: Run) -> None:
    """The process that started the run is told of progress, and finds a result a collection."""
    heard: list[str] = []
    listener = Listener(on_event=lambda progress: heard.append(progress.stage))
    run(DAYS[0], listener=listener)

    assert heard.count("done") == 3
    assert sorted((each.table, each.collection, each.rows) for each in listener.results) == [
        ("aws_cloudtrail_log", "prod", 2),
        ("http_log", "errors-only", 1),
        ("http_log", "web", 1),
    ]


def test_resources_can_be_swapped(run: Run, tmp_path: Path) -> None:
    """A deployment says where sources and lakes are and what DuckDB may use, without touching the HCL."""
    other = tmp_path / "other"
    other.mkdir()
    noon = datetime(2024, 2, 7, 12, tzinfo=UTC)
    (other / "access.log").write_text(access_line(noon) * 7)
    engine = Watched(memory_limit="200MiB", threads=1)
    run(
        TODAY,
        keys=(WEB,),
        resources={
            "sources": Elsewhere(folder=str(other)),
            "lakes": OtherLakes(folder=str(tmp_path / "lakes")),
            "duckdb": engine,
        },
    )

    assert run.figures(WEB, "2024-02-07")["rows"] == 7
    assert (tmp_path / "lakes" / "default" / "http_log" / "_delta_log").is_dir()
    assert not (run.project.folder / "lake").exists()
    assert engine.settings() == ("200.0 MiB", 1)


def test_the_engine_closes_what_it_opens() -> None:
    """A connection is closed at the end of its block, also when an error ends it."""
    import duckdb

    with pytest.raises(ZeroDivisionError), DuckDBEngine().get_connection() as connection:
        raise ZeroDivisionError

    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")


def test_without_our_tags_days_are_the_request() -> None:
    """A run started in the web UI is for exactly the days it names."""
    assert Request.of({}, sorted(iso(*DAYS))).window == Window.of_days(DAYS[0], DAYS[2])


def test_a_run_observes_its_source(run: Run) -> None:
    """What the source was seen to have is on its page, after each run that could list it."""
    run(DAYS[0], DAYS[-1])

    (record,) = run.instance.fetch_observations(dg.AssetKey(["source", "file", "dated"]), limit=5).records

    assert record.asset_observation is not None
    assert {name: value.value for name, value in record.asset_observation.metadata.items()} == {
        "artifacts": 3,
        "artifacts of the run": 3,
    }
