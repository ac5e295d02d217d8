"""A run whose lake cannot be reached is tried again, as one whose source cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_resources.dagster_resources import LakeStore, SourceAccess
from tailpipe_resources.lake import Lake, open_lake
from tests.definitions.conftest import DAYS
from tests.services.s3 import s3_destination

if TYPE_CHECKING:
    from tailpipe_resources.model import config
    from tests.services.project import Project

WEB = dg.AssetKey(["http_log", "web"])


class NowhereLakes(LakeStore):
    """Lakes in a store where nothing listens."""

    def open(self, destination: config.Destination) -> Lake:
        """A lake nobody can reach."""
        return open_lake(s3_destination("http://127.0.0.1:9", destination.name))


@pytest.mark.slow
def test_a_run_is_tried_again_when_its_lake_cannot_be_reached(project: Project) -> None:
    """As often as the source says; what it says in the end names the lake."""
    resources = {"lakes": NowhereLakes(), "sources": SourceAccess(retries=1, pause=0)}
    definitions = build_definitions(project.plans(), resources=resources)

    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[WEB],
            raise_on_error=False,
            partition_key=DAYS[0].isoformat(),
        )

    assert not result.success
    assert sum(event.is_step_restarted for event in result.all_events) == 1
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.user_failure_data is not None
    told = failure.user_failure_data.metadata["http_log.web"].value
    assert told == "s3://default/security/lake cannot be reached: nothing listens there; check endpoint_url"
