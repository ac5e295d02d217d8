"""A collector that is killed while it pages: the next one goes on, and every event is there once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.pipeline.test_api_days import PIPES, SLACK, TABLE, event
from tests.services.audit_api import serving_audit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.project import Project

RUN = ["-c", "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"]


def collector(folder: Path) -> subprocess.Popen[bytes]:
    """`tailpipe collect` in a process of its own."""
    start = [sys.executable, *RUN, "collect", "--no-record", "--no-progress", "--from", "T-4d"]
    return subprocess.Popen(start, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.service
@pytest.mark.parametrize("kind", ["slack", "pipes"])
def test_killed_in_the_middle_of_paging(project: Project, kind: str) -> None:
    """Whichever request it dies at, nothing is lost or doubled, though more happens meanwhile."""
    now = datetime.now(UTC)
    with serving_audit() as api:
        text = ({"slack": SLACK, "pipes": PIPES}[kind] + TABLE).format(url=api.url, kind=kind)
        project.configure(text.replace('start  = "2026-11-20"', "").replace("limit       = 3", "limit       = 5"))
        api.add(*(event(n, now - timedelta(days=3) + timedelta(minutes=30 * n)) for n in range(140)))
        for deadly in (3, 10, 20):
            child = collector(project.folder)
            asked = iter(range(1, deadly + 1))

            def strike(_: dict[str, str], child: subprocess.Popen[bytes] = child, deadly: int = deadly) -> None:
                if next(asked, 0) == deadly:  # noqa: B023 - used up before the next round
                    os.kill(child.pid, signal.SIGKILL)

            api.before = strike
            assert child.wait(timeout=240) == -signal.SIGKILL
            api.add(event(1000 + deadly, datetime.now(UTC)))
        api.before = lambda _: None
        assert collector(project.folder).wait(timeout=240) == 0
        assert collector(project.folder).wait(timeout=240) == 0

    held = sorted(int(row[0]) for row in project.ask("select id from audit"))
    assert held == [*range(140), 1003, 1010, 1020]
