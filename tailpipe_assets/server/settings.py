"""How a server is asked to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tailpipe_assets.server.hosts import is_loopback
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart, not bound


@dataclass(frozen=True, slots=True)
class Settings:
    """What flags and environment say."""

    host: str = "127.0.0.1"
    port: int = 3000
    names: tuple[str, ...] = ()
    read_only: bool = False
    verbose: bool = False
    keep_runs: int = 30
    """Days that Dagster remembers a run."""

    postgres: str = ""
    """The URL of a database, without a password."""

    config_path: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where a browser of this machine finds it."""
        host = _ANY.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def check_reach(self, *, has_login: bool, knows: bool) -> None:
        """Let nobody open the web UI to a network unawares.

        Raises:
            UsageError: others would reach it and need no login.
        """
        if is_loopback(self.host) or has_login or knows:
            return
        raise UsageError(
            f"--host {self.host}: the web UI has no login, and whoever reaches it can start runs and read samples of "
            "your logs.\nSet TAILPIPE_SERVER_TOKEN or TAILPIPE_SERVER_LOGIN=user:password, keep it on 127.0.0.1 behind "
            "a proxy that asks for one,\nor say --i-know when the network does that."
        )
