"""What commands say of a bucket's queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.cli.main import main
from tests.pipeline.test_passes import ONE, line
from tests.services.project import Project
from tests.services.s3 import serving_s3
from tests.services.s3_proxy import Fault, counting
from tests.services.told_bucket import ToldBucket

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service
COLLECTION = ONE.replace("source.file", "source.aws_s3")


def test_commands_tell_of_the_queue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test tries it and names what is missing; a dry run and the status count what waits, and take nothing."""
    monkeypatch.chdir(tmp_path)

    def printed(*arguments: str) -> str:
        with pytest.raises(SystemExit):
            main(list(arguments))
        return capsys.readouterr().out

    def said(*arguments: str) -> Any:
        return json.loads(printed(*arguments, "--output", "json"))

    with serving_s3() as endpoint, counting(endpoint.url) as proxy:
        bucket = ToldBucket(endpoint)
        bucket.put("0.log", line(0))
        Project(tmp_path).configure(bucket.hcl(url=bucket.by_way_of(proxy.url)) + COLLECTION)
        assert said("collect", "--dry-run")["collections"][0]["notices"] is None
        said("collect", "--no-record")
        bucket.tell("0.log", "1.log")
        (forecast,) = said("collect", "--dry-run")["collections"]
        assert (forecast["artifacts"], forecast["notices"]) == (0, 2)
        (standing,) = said("status", "t.one")["collections"]
        assert (standing["waiting"], standing["notices"], standing["failure"]) == (0, 2, None)
        assert "t.one: a run goes by about 2 notices" in printed("collect", "--dry-run")
        assert "t.one: about 2 notices wait for its source" in printed("status")

        step = said("source", "test", "aws_s3.logs")[-1]
        assert step == {"step": "notices", "ok": True, "said": "about 2 messages wait", "permission": ""}
        for action in ("GetQueueAttributes", "ReceiveMessage", "DeleteMessage"):
            proxy.fails(Fault(action, "deny"))
            step = said("source", "test", "aws_s3.logs")[-1]
            assert (step["step"], step["ok"]) == ("notices", False)
            assert f"the credential needs sqs:{action} on the queue" in step["said"]
            assert f"sqs:{action}" in step["permission"]
        assert bucket.waiting == 2
