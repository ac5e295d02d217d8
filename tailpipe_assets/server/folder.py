"""The server's own files below `TAILPIPE_HOME`: who runs it, how it goes, and what it was configured with."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import BusyError, LakeError
from tailpipe_resources.model.home import home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """Where they lie."""

    root: Path

    @classmethod
    def usual(cls) -> Folder:
        """The one of this `TAILPIPE_HOME`."""
        return cls(home().absolute() / "server")

    @property
    def state(self) -> Path:
        """What the running server tells of itself. Gone when it was stopped in order."""
        return self.root / "state.json"

    @property
    def kept(self) -> Path:
        """The configuration in use: the last one without a problem."""
        return self.root / "last-good.json"

    @property
    def candidate(self) -> Path:
        """The configuration that is being checked."""
        return self.root / "candidate.json"

    @property
    def logs(self) -> Path:
        """What children write."""
        return self.root / "logs"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only server of this home.

        Raises:
            BusyError: another one is.
            LakeError: the folder cannot be written.
        """
        try:
            # Parents would get the usual mode.
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise LakeError(
                f"{self.root} cannot be used: {error.strerror}; set TAILPIPE_HOME to a folder of yours"
            ) from None
        try:
            if not _locks(lock):
                raise BusyError(self._who())
            yield
        finally:
            os.close(lock)

    def is_held(self) -> bool:
        """Whether a server runs."""
        try:
            lock = os.open(self._lock, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _locks(lock)
        finally:
            os.close(lock)

    def tell(self, state: Mapping[str, Any]) -> None:
        """Write down how it goes."""
        begun = self.state.with_suffix(".new")
        begun.write_text(json.dumps(state, indent=1))
        begun.replace(self.state)

    def told(self) -> dict[str, Any]:
        """What the server of this home last told; empty when it was stopped in order."""
        try:
            found: dict[str, Any] = json.loads(self.state.read_text())
        except (OSError, ValueError):
            return {}
        return found

    @property
    def _lock(self) -> Path:
        return self.root / "lock"

    def _who(self) -> str:
        told = self.told()
        who = f" (pid {told['pid']}, {told['address']})" if told else ""
        return (
            f"a server runs for {self.root.parent} already{who}; stop it first, "
            "or give this one another TAILPIPE_HOME and --port"
        )


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
