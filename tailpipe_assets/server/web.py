"""The web server: Dagster's application behind our guard, on a socket that the supervisor holds."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

_PATIENCE = 60.0
"""Seconds to wait for the code server, which starts at the same time."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What a web server is told on its command line. Secrets come by its environment."""

    descriptor: int
    """The listening socket."""

    port: int
    host: str
    names: tuple[str, ...]
    workspace: str
    code_socket: str
    state: str
    read_only: bool

    def dump(self) -> str:
        """As one argument."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, argument: str) -> WebSettings:
        """What an argument says."""
        told = json.loads(argument)
        return cls(**told | {"names": tuple(told["names"])})


def main() -> None:
    """Serve until a signal comes."""
    settings = WebSettings.load(sys.argv[1])
    logging.basicConfig(format="%(asctime)s - %(name)s - %(levelname)s - %(message)s", level=logging.WARNING)
    import uvicorn
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    from tailpipe_assets.server.guard import Guard
    from tailpipe_assets.server.health import health
    from tailpipe_assets.server.hosts import Hosts
    from tailpipe_assets.server.login import Login

    _wait_for(Path(settings.code_socket))
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(
            instance,
            version=__version__,
            read_only=settings.read_only,
            workspace_load_target=WorkspaceFileTarget([settings.workspace]),
        ) as context,
    ):
        guard = Guard(
            create_app_from_workspace_process_context(context),
            Hosts(settings.port, settings.host, frozenset(settings.names)),
            Login.of(os.environ),
            partial(health, context, Path(settings.state)),
        )
        # No header of a proxy is believed: who asks from where makes no difference here.
        config = uvicorn.Config(
            guard, log_level="warning", proxy_headers=False, server_header=False, timeout_graceful_shutdown=2
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[socket.socket(fileno=settings.descriptor)])


def _wait_for(code_server: Path) -> None:
    from tailpipe_assets.server.process import answers

    until = time.monotonic() + _PATIENCE
    while not answers(code_server) and time.monotonic() < until:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
