"""Which processes a server keeps running, and what each is told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.server import login
from tailpipe_assets.server.child import Child
from tailpipe_assets.server.web import WebSettings
from tailpipe_resources.config.database import POSTGRES, with_driver
from tailpipe_resources.config.kept import KEPT

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.server.folder import Folder
    from tailpipe_assets.server.settings import Settings

LOCATION = "tailpipe"
"""The name of the code location; `definitions.names` has the same, behind an import of Dagster."""

_MODULE = "tailpipe_assets.definitions"
_WORKSPACE = """\
load_from:
  - grpc_server:
      socket: "{socket}"
      location_name: {location}
"""


@dataclass(frozen=True, slots=True)
class Private:
    """A folder for the length of one server, where sockets are that have no login."""

    root: Path

    @property
    def code_server(self) -> Path:
        """The code server's socket."""
        return self.root / "code.sock"

    @property
    def workspace(self) -> Path:
        """The file that leads Dagster's processes to it."""
        return self.root / "workspace.yaml"

    def write_workspace(self) -> None:
        """Write that file."""
        self.workspace.write_text(_WORKSPACE.format(socket=self.code_server, location=LOCATION))


def environment(settings: Settings, folder: Folder) -> dict[str, str]:
    """What every child has in its environment; no login is in it."""
    secret = {login.TOKEN, login.USER}
    database = settings.postgres or os.environ.get(POSTGRES)
    return {
        **{name: value for name, value in os.environ.items() if name not in secret},
        **{f"TAILPIPE_VAR_{name}": value for name, value in settings.variables.items()},
        **({POSTGRES: with_driver(database)} if database else {}),
        "TAILPIPE_HOME": str(folder.root.parent),
        KEPT: str(folder.kept),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        # While the code server starts again its assets seem to be gone; backfills wait for them.
        "DAGSTER_BACKFILL_RETRY_DEFINITION_CHANGED_ERROR": "1",
        "PYTHONUNBUFFERED": "1",
    }


def follower(env: dict[str, str]) -> Child:
    """The process that collects all the time, for collections that say `follow = true`."""
    return Child("follow", ("tailpipe_assets.cli", "collect", "--follow", "--followed", "--no-progress"), env)


def children(
    settings: Settings, folder: Folder, private: Private, listening: int, env: dict[str, str]
) -> tuple[Child, ...]:
    """The code server, the daemon and the web server.

    Args:
        settings: how the server is asked to run.
        folder: its files.
        private: its sockets.
        listening: the descriptor of the socket that browsers reach.
        env: what every child has in its environment.
    """
    socket, workspace = private.code_server, str(private.workspace)
    code = ("dagster", "code-server", "start", "-m", _MODULE, "--socket", str(socket), "--location-name", LOCATION)
    logins = {name: os.environ[name] for name in (login.TOKEN, login.USER) if name in os.environ}
    web = WebSettings(
        descriptor=listening,
        port=settings.port,
        host=settings.host,
        names=settings.names,
        workspace=workspace,
        code_socket=str(socket),
        state=str(folder.state),
        read_only=settings.read_only,
    )
    return (
        Child("code", (*code, "--working-directory", str(private.root)), env),
        Child("daemon", ("tailpipe_assets.server.daemon", workspace), env, after=socket),
        Child("web", ("tailpipe_assets.server.web", web.dump()), env | logins, passes=(listening,)),
    )
