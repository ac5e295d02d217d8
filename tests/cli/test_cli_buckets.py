"""Lakes in buckets through the command line and Dagster: collected, asked together with folders, previewed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_assets.definitions.build import build_definitions
from tests.services.project import Project
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, S3Endpoint, serving_s3

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.service
TODAY = datetime.now(UTC)
HCL = """
credential "aws" "lake" {{
  access_key = env("LAKE_KEY")
  secret_key = env("LAKE_SECRET")
  region = "us-east-1"
  endpoint_url = "{url}"
  force_path_style = true
}}
destination "parquet" "bucket" {{
  path = "s3://{bucket}/lake"
  credential = credential.aws.lake
  encryption = "aws:kms"
  kms_key_id = "key-1"
}}
collection "http_log" "kept" {{
  source = source.file.logs
  format = "combined"
}}
collection "http_log" "archived" {{
  source = source.file.logs
  format = "combined"
  destination = destination.parquet.bucket
}}
"""


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[S3Endpoint]:
    """A working store that speaks like S3; ask it for a bucket of your own."""
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def project(s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three lines of today, kept in a folder and in a bucket; the working directory is the project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAKE_KEY", ACCESS_KEY)
    monkeypatch.setenv("LAKE_SECRET", SECRET_KEY)
    made = Project(tmp_path)
    line = f'10.0.0.1 - - [{TODAY:%d/%b/%Y}:00:00:00 +0000] "GET /?token=abc123 HTTP/1.1" 200 12 "-" "curl"\n'
    made.write("web.log", line * 3)
    made.configure(HCL.format(url=s3_endpoint.url, bucket=s3_endpoint.bucket()))
    return made


def tailpipe(*argv: str) -> int | str | None:
    """The code the command leaves with."""
    with pytest.raises(SystemExit) as left:
        main(list(argv))
    return left.value.code


def test_one_query_asks_the_folder_and_the_bucket(
    project: Project, s3_endpoint: S3Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    """Both hold the same table; a second run adds nothing; what is written is encrypted; no secret is shown."""
    assert tailpipe("collect", "--no-record") == Exit.OK
    assert tailpipe("collect", "--no-record", "--output", "json") == Exit.OK
    said = capfd.readouterr()
    again = json.loads(said.out[said.out.index("{") :])["collections"]
    query = "select tp_partition, count(*) as n from http_log group by all order by all"
    assert tailpipe("query", query, "--output", "json") == Exit.OK
    answer = capfd.readouterr()

    assert [(each["rows"], each["skipped"]) for each in again] == [(0, 1), (0, 1)]
    assert [tuple(row.values()) for row in json.loads(answer.out)] == [("archived", 3), ("kept", 3)]
    assert SECRET_KEY not in f"{said}{answer}"
    client = s3_endpoint.client()
    bucket = (project.folder / "tailpipe.hcl").read_text().partition("s3://")[2].partition("/")[0]
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
    found = [client.head_object(Bucket=bucket, Key=key) for key in keys]
    assert {(each["ServerSideEncryption"], each["SSEKMSKeyId"]) for each in found} == {("aws:kms", "key-1")}


def test_a_bucket_that_is_gone_fails_its_collection_alone(
    project: Project, s3_endpoint: S3Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    """The other one is collected; the message names the bucket."""
    project.configure(HCL.format(url=s3_endpoint.url, bucket="no-such-bucket"))

    assert tailpipe("collect", "--no-record") != Exit.OK
    said = capfd.readouterr()

    assert "http_log.kept: done: 1 of 1 artifacts, 3 rows" in said.err
    assert "s3://no-such-bucket/lake cannot be reached: there is no such bucket" in said.out
    assert tailpipe("query", "select 1") != Exit.OK
    assert "s3://no-such-bucket/lake cannot be reached: there is no such bucket" in capfd.readouterr().err


def test_dagster_previews_rows_of_a_bucket(project: Project) -> None:
    """Beside the figures, without secrets."""
    key = dg.AssetKey(["http_log", "archived"])
    day = TODAY.date().isoformat()
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions(project.plans()).resolve_implicit_global_asset_job_def()
        tags = {"dagster/asset_partition_range_start": day, "dagster/asset_partition_range_end": day}
        assert job.execute_in_process(instance=instance, asset_selection=[key], tags=tags).success
        record = instance.get_latest_materialization_event(key)

    assert record is not None
    assert record.asset_materialization is not None
    metadata = {name: each.value for name, each in record.asset_materialization.metadata.items()}
    assert metadata["dagster/row_count"] == 3
    assert str(metadata["path"]).startswith("s3://")
    assert [row.data["request_uri"] for row in metadata["preview"].records] == ["/?token=(hidden)"] * 3  # type: ignore[union-attr]


def test_accelerated_views_of_buckets(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Their copies hold in the next process too, which reaches the bucket by another address."""
    view = 'view "datatank" {\n  accelerated = true\n  tables = ["http_log"]\n}\n'
    path = project.folder / "tailpipe.hcl"
    path.write_text(path.read_text() + view)
    counted = ("query", "--output", "csv", "--no-header", "select count(*) from datatank.http_log")
    assert tailpipe("collect", "--no-record") == Exit.OK
    assert tailpipe("view", "refresh") == Exit.OK
    capsys.readouterr()
    assert tailpipe(*counted) == Exit.OK
    told = capsys.readouterr()
    assert (told.out, "which is current" in told.err) == ("6\n", True)

    project.write("more.log", f'10.0.0.1 - - [{TODAY:%d/%b/%Y}:00:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x"\n')
    assert tailpipe("collect", "--no-record") == Exit.OK
    capsys.readouterr()
    assert tailpipe(*counted) == Exit.OK
    told = capsys.readouterr()
    assert (told.out, "and 2 files that came since" in told.err) == ("8\n", True)


@pytest.mark.usefixtures("project")
def test_another_duckdb_reads_the_bucket_by_the_script(
    s3_endpoint: S3Endpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    """A plain one in a process of its own, with keys from its environment, where it can get its extension."""
    assert tailpipe("collect", "--no-record") == Exit.OK
    capfd.readouterr()
    assert tailpipe("connect", "--output", "json") == Exit.OK
    path = json.loads(capfd.readouterr().out)["init_script_path"]
    script = Path(path).read_text(encoding="utf-8")
    assert SECRET_KEY not in script
    assert ACCESS_KEY not in script

    asked = (
        "import duckdb, sys; c = duckdb.connect(); c.execute(open(sys.argv[1]).read()); "
        "print(c.execute('select tp_partition, count(*) from http_log group by all order by all').fetchall())"
    )
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    done = subprocess.run(
        [sys.executable, "-c", asked, path], env={**os.environ, **keys}, capture_output=True, text=True, check=False
    )
    if "Failed to download extension" in done.stderr:
        pytest.skip("DuckDB cannot download httpfs here")

    assert done.stdout.strip() == "[('archived', 3), ('kept', 3)]", done.stderr
    assert s3_endpoint.url.removeprefix("http://") in script
