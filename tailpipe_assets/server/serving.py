"""`tailpipe server` from its settings to its end."""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.server.children import Private, children, environment, follower
from tailpipe_assets.server.folder import Folder
from tailpipe_assets.server.housekeeping import Housekeeping
from tailpipe_assets.server.logs import Log
from tailpipe_assets.server.probe import Probe
from tailpipe_assets.server.process import Kept
from tailpipe_assets.server.supervisor import supervise
from tailpipe_assets.server.watching import Watch
from tailpipe_resources.errors import BusyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_assets.server.settings import Settings

_KILLED = 10.0
"""Seconds that the children of a server that was killed may still hold the port."""


def serve(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Run until SIGINT or SIGTERM.

    Args:
        settings: how.
        on_ready: told once the web UI answers.

    Raises:
        BusyError: another server has this home, or someone has the port.
        ConfigError: the configuration is broken.
        LakeError: Dagster cannot keep its runs.
    """
    folder = Folder.usual()
    with folder.held(), _listening(settings, killed=bool(folder.told())) as listening, _private() as private:
        env = environment(settings, folder)
        watch = Watch(folder, settings.config_path, env, private.code_server, say)
        env["DAGSTER_HOME"] = str(watch.start())
        logs = folder.logs
        kept = [
            Kept(child, Log(logs / f"{child.name}.log", say, settings.verbose), say)
            for child in children(settings, folder, private, listening.fileno(), env)
        ]
        follow = _Follow(kept, watch, Kept(follower(env), Log(logs / "follow.log", say, settings.verbose), say))
        tidy = Housekeeping(settings.keep_runs, env, logs / "housekeeping.log")
        probe = Probe(private.code_server, kept[0], say)
        told = _Told(folder, settings, kept, watch)
        try:
            jobs = (watch.look, follow.look, tidy.look, probe.look, _Greeting(settings, on_ready).look, told.tell)
            supervise(kept, jobs, say=say)
        finally:
            watch.stop()
            tidy.stop()
            folder.state.unlink(missing_ok=True)


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(f"tailpipe server: {line}", file=sys.stderr, flush=True)  # noqa: T201 - the supervisor's own voice


@dataclass(slots=True)
class _Follow:
    """Has collections followed as soon as any is to be. The process then stays, and heeds the configuration itself."""

    kept: list[Kept]
    watch: Watch
    child: Kept

    def look(self) -> None:
        """Take the child up when it is needed."""
        if self.watch.follows and self.child not in self.kept:
            self.kept.append(self.child)


@dataclass(slots=True)
class _Told:
    """Keeps what others are told up to date."""

    folder: Folder
    settings: Settings
    kept: list[Kept]
    watch: Watch
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    _last: dict[str, object] = field(default_factory=dict)

    def tell(self) -> None:
        """Write down how it goes when that has changed."""
        # Status may be asked from another folder.
        places = [str(replace(each, path=str(Path(each.path).absolute()))) for each in self.watch.problems]
        problems = places or [self.watch.error] * bool(self.watch.error)
        now = {
            "pid": os.getpid(),
            "address": self.settings.address,
            "started": self.started,
            "read_only": self.settings.read_only,
            "children": [each.facts() for each in self.kept],
            "problems": problems,
        }
        if now != self._last:
            self.folder.tell(now)
            self._last = now


@dataclass(slots=True)
class _Greeting:
    """Says where the web UI is, once it answers."""

    settings: Settings
    on_ready: Callable[[], None]
    _next: float = 0.0
    _done: bool = False

    def look(self) -> None:
        """Ask it, now and then."""
        if not self._done and time.monotonic() > self._next:
            self._next = time.monotonic() + 0.5
            self._done = self._answers()
            if self._done:
                self.on_ready()

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection(self.settings.address.removeprefix("http://"), timeout=0.5)
        try:
            asked.request("GET", "/health")
            return asked.getresponse().status > 0
        except OSError:
            return False
        finally:
            asked.close()


@contextmanager
def _listening(settings: Settings, *, killed: bool) -> Iterator[socket.socket]:
    """The socket that browsers reach. It outlives web servers, so that nobody is turned away while one starts again."""
    until = time.monotonic() + (_KILLED if killed else 0.0)
    while True:
        try:
            made = _bound(settings)
            break
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(0.2)
                continue
            raise _unheard(settings, error) from None
    with made:
        yield made


def _bound(settings: Settings) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(address)
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _unheard(settings: Settings, error: OSError) -> Exception:
    where = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return BusyError(f"{where} is taken by another program; choose another with --port, or end that one")
    if error.errno == errno.EACCES:
        return UsageError(f"{where} is not for ordinary users; choose one from 1024 up with --port")
    return UsageError(f"--host {settings.host}: {error.strerror or error}; give an address of this machine")


@contextmanager
def _private() -> Iterator[Private]:
    # A path of a socket may have 100 bytes, which a TAILPIPE_HOME may well exceed.
    made = Private(Path(tempfile.mkdtemp(prefix="tailpipe-")))
    try:
        made.write_workspace()
        yield made
    finally:
        shutil.rmtree(made.root, ignore_errors=True)
