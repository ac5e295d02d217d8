"""When a code server is ended because its worker is gone, and when it is left in peace."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from tailpipe_assets.server.child import Child
from tailpipe_assets.server.logs import Log
from tailpipe_assets.server.probe import Answer, Patience, Probe, ask
from tailpipe_assets.server.process import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.service


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: a socket's may have 100 bytes."""
    return tmp_path_factory.mktemp("p")


@pytest.fixture
def said() -> list[str]:
    """What the person at the terminal is told."""
    return []


@pytest.fixture
def kept(folder: Path, said: list[str]) -> Iterator[Kept]:
    """A process that would live for a minute."""
    child = Child("code", ("timeit", "-n1", "-r1", "import time; time.sleep(60)"), env={})
    started = Kept(child, Log(folder / "code.log", said.append, verbose=False), said.append)
    started.look()
    yield started
    started.signal(9)


def test_an_answer_of_the_worker_is_fine(folder: Path) -> None:
    """It is passed on as it comes."""
    with _code_server(folder, lambda _request, _context: b""):
        assert ask(folder / "s") is Answer.FINE


def test_a_worker_that_is_gone_is_told(folder: Path) -> None:
    """What is raised where a call is passed on is an answer, too."""

    def refuse(_request: bytes, _context: Any) -> bytes:
        raise RuntimeError("No available client to code server")

    with _code_server(folder, refuse):
        assert ask(folder / "s") is Answer.LOST


def test_no_socket_is_silence(folder: Path) -> None:
    """As before it has come up."""
    assert ask(folder / "s") is Answer.SILENT


def test_one_without_a_worker_is_ended(folder: Path, kept: Kept, said: list[str]) -> None:
    """After the patience for it, and the reason is told."""

    def refuse(_request: bytes, _context: Any) -> bytes:
        raise RuntimeError("No available client to code server")

    with _code_server(folder, refuse):
        probe = Probe(folder / "s", kept, said.append, Patience(lost=1, silent=3600))
        _look_until(lambda: kept.restarts == 1, kept, probe)

    assert said[0] == "the code server does not answer; it is ended, to be started again"
    assert said[1].startswith("code has ended by SIGKILL")


def test_one_that_loads_is_given_time(folder: Path, kept: Kept, said: list[str]) -> None:
    """Silence is borne for longer than a lost worker."""
    probe = Probe(folder / "s", kept, said.append, Patience(lost=0, silent=3600))
    until = time.monotonic() + 5
    _look_until(lambda: time.monotonic() > until, kept, probe)

    assert kept.restarts == 0
    assert said == []


def test_one_that_never_comes_is_ended(folder: Path, kept: Kept, said: list[str]) -> None:
    """Silence has its limit, too."""
    probe = Probe(folder / "s", kept, said.append, Patience(lost=3600, silent=1))
    _look_until(lambda: kept.restarts == 1, kept, probe)

    assert "does not answer" in said[0]


def test_grpc_is_not_imported_to_be_told_of() -> None:
    """Commands that start no server do without it."""
    code = "import sys, tailpipe_assets.server.probe; sys.exit('grpc' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def _look_until(holds: Callable[[], bool], kept: Kept, probe: Probe) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        kept.look()
        probe.look()
        time.sleep(0.05)


@contextmanager
def _code_server(folder: Path, answer: Callable[[bytes, Any], bytes]) -> Iterator[None]:
    """A gRPC server on a socket that answers as a code server of Dagster would."""
    server = grpc.server(ThreadPoolExecutor(2))
    handlers = {"Ping": grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("api.DagsterApi", handlers),))
    server.add_insecure_port(f"unix:{folder / 's'}")
    server.start()
    try:
        yield
    finally:
        server.stop(None).wait()
