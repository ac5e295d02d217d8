"""Sources that are told what is new, seen from Dagster: a message makes a run, and nothing new makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.request import OPEN, WINDOW
from tests.definitions.conftest import TODAY
from tests.definitions.test_automation import evaluate, execute, requested
from tests.pipeline.test_passes import ONE, TWO, line, numbers
from tests.services.project import Project
from tests.services.s3 import serving_s3
from tests.services.told_bucket import ToldBucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.service
WATCHED = (ONE + TWO).replace("source.file.logs", "source.aws_s3.logs\n  watch = true")
SENSOR, JOB = "watch_aws_s3_logs", "watch_aws_s3_logs_job"


@pytest.fixture
def bucket() -> Iterator[ToldBucket]:
    """A bucket with one object of which nobody was told."""
    with serving_s3() as endpoint:
        made = ToldBucket(endpoint)
        made.put("0.log", line(0))
        yield made


def test_a_message_makes_a_run_and_nothing_new_makes_none(tmp_path: Path, bucket: ToldBucket) -> None:
    """The first look lists; later ones see what is told, leave it to the run, and clear away what is no news."""
    project = Project(tmp_path)
    project.configure(bucket.hcl() + WATCHED)
    defs = build_definitions(project.plans())
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        execute(defs, requested(evaluate(defs, SENSOR, instance)), instance, JOB)
        bucket.put("untold.log", line(7))
        bucket.tell("0.log")
        bucket.send("nonsense")
        quiet = evaluate(defs, SENSOR, instance)
        assert (quiet.run_requests, quiet.skip_message) == ([], "nothing new: no notice names anything else")
        assert bucket.waiting == 1

        bucket.arrive("a.log", line(1))
        request = requested(evaluate(defs, SENSOR, instance, quiet.cursor))
        assert request.tags[WINDOW] == OPEN
        assert request.tags["dagster/asset_partition_range_end"] == TODAY.isoformat()
        assert bucket.waiting == 2
        execute(defs, request, instance, JOB)
        assert (numbers(project, "one"), numbers(project, "two"), bucket.waiting) == ([0, 1], [0, 1], 1)
        assert evaluate(defs, SENSOR, instance, quiet.cursor).run_requests == []
