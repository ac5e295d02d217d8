"""Notices that configuration files have changed, and has what they say now checked and taken over."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_resources.config.kept import keep, texts_of
from tailpipe_resources.config.paths import find_files
from tailpipe_resources.errors import ConfigError, LakeError, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tailpipe_assets.server.folder import Folder

_EVERY = 2.0
STARTING = 60.0
"""Seconds that a code server may need until it can be told of another configuration."""


@dataclass(slots=True)
class Check:
    """A candidate that is being looked at in another process."""

    process: subprocess.Popen[bytes]
    answer: Path

    def found(self) -> dict[str, Any]:
        """What was found, once the process has ended.

        Raises:
            LakeError: it ended without an answer.
        """
        code = self.process.wait()
        lines = self.answer.read_text().splitlines()
        try:
            found: dict[str, Any] = json.loads(lines[-1])
        except (IndexError, ValueError):
            raise LakeError(f"the configuration could not be checked: the check ended with exit code {code}") from None
        return found


@dataclass(slots=True)
class Watch:
    """The configuration in use, and what is wrong with the one that should be."""

    folder: Folder
    config_path: str | None
    environment: Mapping[str, str]
    code_server: Path
    say: Callable[[str], None]
    problems: tuple[Problem, ...] = ()
    error: str = ""
    follows: bool = False
    """Whether the configuration in use has collections that are followed."""

    _seen: dict[str, str] = field(default_factory=dict)
    _stamps: tuple[object, ...] = ()
    _check: Check | None = None
    _next: float = 0.0

    def start(self) -> Path:
        """Check the configuration for the first time. Gives Dagster's home.

        Raises:
            ConfigError: something in it is wrong.
            LakeError: Dagster cannot keep its runs.
        """
        self._stamps, self._seen = self._look()
        found = self._begin(self._seen, patience=0).found()
        if found["problems"]:
            raise ConfigError(Problem(**each) for each in found["problems"])
        if found["error"]:
            raise LakeError(found["error"])
        self.follows = found["follows"]
        return Path(found["dagster_home"])

    def look(self) -> None:
        """Look whether files have changed, or a check has ended. Quick."""
        if self._check is not None:
            if self._check.process.poll() is not None:
                self._ended(self._check)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._compare()

    def stop(self) -> None:
        """End a check that is under way."""
        if self._check is not None:
            self._check.process.terminate()

    def _compare(self) -> None:
        try:
            stamps = self._stat()
            if stamps == self._stamps:
                return
            self._stamps, texts = self._look()
        except (ConfigError, UsageError) as error:
            self._refused(error.problems if isinstance(error, ConfigError) else (), str(error).strip())
            return
        if texts != self._seen or self.problems or self.error:
            self._seen = texts
            self._check = self._begin(texts, patience=STARTING)

    def _look(self) -> tuple[tuple[object, ...], dict[str, str]]:
        return self._stat(), texts_of(find_files(self.config_path))

    def _stat(self) -> tuple[object, ...]:
        found = []
        for file in find_files(self.config_path):
            try:
                status = file.stat()
            except OSError:
                continue
            found.append((str(file), status.st_mtime_ns, status.st_size, status.st_ino))
        return tuple(found)

    def _begin(self, texts: Mapping[str, str], *, patience: float) -> Check:
        keep(texts, self.folder.candidate)
        files = [str(self.folder.candidate), str(self.folder.kept), str(self.code_server), str(patience)]
        answer = self.folder.root / "check.out"
        with answer.open("wb") as out, (self.folder.logs / "check.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - a command of our own
                [sys.executable, "-P", "-m", "tailpipe_assets.server.checking", *files],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                start_new_session=True,
            )
        return Check(process, answer)

    def _ended(self, check: Check) -> None:
        self._check = None
        try:
            found = check.found()
        except LakeError as error:
            found = {"problems": [], "error": str(error)}
        problems = tuple(Problem(**each) for each in found["problems"])
        if problems or found["error"]:
            self._refused(problems, found["error"])
            return
        self.problems, self.error = (), ""
        self.follows = found["follows"]
        self.say("the changed configuration is in use")

    def _refused(self, problems: tuple[Problem, ...], error: str) -> None:
        if (problems, error) == (self.problems, self.error):
            return
        self.problems, self.error = problems, "" if problems else error
        self.say("the changed configuration is not used; the last good one still is:")
        for line in [*map(str, problems)] or [error]:
            self.say(f"  {line}")
