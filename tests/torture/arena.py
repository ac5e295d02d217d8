"""The arena: it starts the workers, kills one of them every other second, and starts it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.torture.feed import Feeder
from tests.torture.notes import Notes
from tests.torture.scene import CHANGING, OLD, Scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

ROOT = Path(__file__).parents[2]
CAST = (
    ("alpha", "alpha-1", "home-1"),
    ("alpha", "alpha-2", "home-2"),
    ("beta", "beta", "home-1"),
    (CHANGING, "replacer", "home-1"),
    (OLD, "old", "home-2"),
    ("compactor", "compactor-1", "home-1"),
    ("other-compactor", "compactor-2", "home-2"),
    ("deleter", "deleter", "home-1"),
    ("reader", "reader-1", "home-1"),
    ("reader", "reader-2", "home-2"),
)
"""Role, name and home. Two homes are two machines to an object store: no lock keeps their runs apart."""

KINDS = {"collect", "replace", "compact", "read"}
PATIENCE_SECONDS = 120
KILLED_EARLY = 0.25
"""Of all kills: those that may hit a worker that has not yet come to the end of a step."""

FEED_SECONDS = (0.1, 0.4)
KILL_SECONDS = {"local": (1.0, 2.5), "s3": (2.0, 5.0)}
"""Every step takes longer in an object store; killed as often, none would come to its end."""


@dataclass
class Arena:
    """A running trial."""

    scene: Scene
    random: Random
    kills: int = 0
    crashes: list[str] = field(default_factory=list)
    """What workers that ended by themselves said."""

    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _before: dict[str, int] = field(default_factory=dict)
    """How much each worker had noted when it was started."""

    _ended: set[str] = field(default_factory=set)

    def run(self, seconds: float, tell: Callable[[float], None]) -> None:
        """Let everybody work for so long, and end them."""
        feeder = Feeder(self.scene, self.random)
        started = time.monotonic()
        feeding = told = looked = started
        pace = KILL_SECONDS["s3" if self.scene.endpoint else "local"]
        killing = started + 2 * pace[1]
        for each in CAST:
            self._start(*each)
        while (now := time.monotonic()) < started + seconds or self._wants_more(now - started - seconds):
            if now > feeding:
                feeder.step()
                feeding = now + self.random.uniform(*FEED_SECONDS)
            if now > killing:
                self._kill()
                killing = now + self.random.uniform(*pace)
            if now > told + 10:
                told = now
                tell(now - started)
            if now > looked + 1:
                looked = now
                self._ended = {each["kind"] for each in operations(self.scene) if each["said"] in ("ok", "wrong")}
            self._restart()
            time.sleep(0.02)
        self._end()

    def _wants_more(self, over: float) -> bool:
        """Whether the machine was too busy for every kind of step to come to its end once."""
        return over < PATIENCE_SECONDS and not self._ended >= KINDS

    def _kill(self) -> None:
        """End a worker, mostly one that came to the end of a step, or a slow machine would get nothing done."""
        names = [name for name in self._running if self.scene.ops(name).size > self._before[name]]
        if self.random.random() < KILLED_EARLY:
            names = list(self._running)
        if not names:
            return
        name = self.random.choice(names)
        self._running[name].send_signal(signal.SIGKILL)
        self._running[name].wait()
        self.kills += 1

    def _restart(self) -> None:
        for each in CAST:
            code = self._running[each[1]].poll()
            if code is not None:
                self._note(each[1], code)
                self._start(*each)

    def _note(self, name: str, code: int) -> None:
        if code not in (0, -signal.SIGKILL):
            text = (self.scene.root / "errors" / name).read_text(errors="replace").strip()
            self.crashes.append(f"{name} ended with {code}: {text[-1500:]}")

    def _start(self, role: str, name: str, home: str) -> None:
        command = [sys.executable, "-m", "tests.torture.workers", role, name, self.scene.folder]
        environment = {
            **os.environ,
            "TAILPIPE_HOME": str(self.scene.root / home),
            "PYTHONPATH": str(ROOT),
            "RUST_BACKTRACE": "0",
        }
        self._before[name] = self.scene.ops(name).size
        with (self.scene.root / "errors" / name).open("wb") as errors:
            self._running[name] = subprocess.Popen(
                [*command, str(self.random.getrandbits(32))],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
            )

    def _end(self) -> None:
        (self.scene.root / "over").touch()
        patience = time.monotonic() + (120 if self.scene.endpoint else 30)
        for name, process in self._running.items():
            try:
                self._note(name, process.wait(max(0.1, patience - time.monotonic())))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.crashes.append(f"{name} did not come to its end")


def operations(scene: Scene) -> list[dict[str, Any]]:
    """All steps that all workers came to the end of."""
    return [note for path in sorted((scene.root / "ops").glob("*.jsonl")) for note in Notes(path).new()]
