"""`tailpipe collect` and `collect --follow` deliver what was found."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.alerts.conftest import Desk, found, hcl_of
from tests.services.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
RUN = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
LINE = '10.0.0.1 - - [07/Feb/2024:13:00:{:02} +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n'
PATIENCE = 60.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A log, a lake, and a webhook."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(LINE.format(1))
    with receiving() as receiver:
        logs = f'source "file" "logs" {{\n  path = "{tmp_path}/logs"\n}}\n'
        web = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
        made = Desk(tmp_path, receiver, hcl_of(tmp_path, f"{receiver.url}/hook") + logs + web)
        made.configure()
        yield made


def started(desk: Desk, *flags: str) -> subprocess.Popen[bytes]:
    """A process that collects."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TAILPIPE_CONFIG_PATH": str(desk.folder / "tailpipe.hcl")}
    return subprocess.Popen([sys.executable, "-c", RUN, "collect", "--no-record", *flags], env=environment)


def wait_until(is_so: Callable[[], bool]) -> float:
    """Seconds until something is so."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < PATIENCE, "it never was"
        time.sleep(0.01)
    return time.monotonic() - begun


def test_collecting_delivers_at_its_end(desk: Desk) -> None:
    """Without a daemon."""
    desk.find(found(1))
    assert started(desk).wait(PATIENCE) == 0

    assert len(desk.receiver.taken) == 1


@pytest.mark.slow
def test_following_delivers_after_each_commit(desk: Desk) -> None:
    """What is found is told right away, and the follower still ends in order."""
    child = started(desk, "--follow", "--no-progress")
    try:
        wait_until(lambda: bool(list((desk.folder / "lake" / "http_log").glob("tp_partition=*/**/*.parquet"))))
        for number in range(3):
            desk.find(found(number))
            with (desk.folder / "logs" / "a.log").open("a") as log:
                log.write(LINE.format(number + 2))
            seconds = wait_until(lambda number=number: len(desk.receiver.taken) > number)  # type: ignore[misc]
            print(f"{seconds:.2f} s from the line to the receiver")
        child.send_signal(signal.SIGTERM)
        assert child.wait(PATIENCE) == 0
    finally:
        child.kill()
        child.wait()
