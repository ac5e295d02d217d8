"""The workers that write: each does one step after another until the trial is over or it is killed.

Run as `python -m tests.torture.workers ROLE NAME FOLDER SEED`.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.pipeline import collect
from tailpipe_resources.errors import BusyError, CommitConflictError, LakeDamagedError, TailpipeError
from tests.torture import rewriting
from tests.torture.reading import Reader
from tests.torture.scene import CHANGING, GROWING, OLD, Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_assets.pipeline import Plan

COMPACTORS = {"compactor": rewriting.compact_as_told, "other-compactor": rewriting.compact_without_locks}
PAUSE = (0.0, 0.1)
BUSY_PAUSE = (0.1, 0.6)
FULL_DISK = (0, 100, 700, 3000)
"""Bytes a file may have while the disk counts as full."""


@contextmanager
def full_disk(odds: float, random: Random) -> Iterator[bool]:
    """Now and then files cannot grow for a while; says whether this is one of those times."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = random.random() * 100 < odds
    if full:
        resource.setrlimit(resource.RLIMIT_FSIZE, (random.choice(FULL_DISK), hard))
    try:
        yield full
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@dataclass
class Outcome:
    """What a step came to."""

    kind: str
    said: str
    """`ok`, `nothing`, `busy`, `conflict`, `fault` where a fault was injected, else `error`."""

    detail: str = ""


def outcome(kind: str, failure: Exception | None, *, faulty: bool) -> Outcome:
    """A failure as an outcome. Only injected faults excuse one, and nothing excuses a damaged lake."""
    detail = "" if failure is None else f"{type(failure).__name__}: {failure}"
    if failure is None:
        return Outcome(kind, "ok")
    if isinstance(failure, BusyError):
        return Outcome(kind, "busy")
    if isinstance(failure, CommitConflictError):
        return Outcome(kind, "conflict", detail)
    if faulty and not isinstance(failure, LakeDamagedError):
        return Outcome(kind, "fault", detail)
    return Outcome(kind, "error", detail)


@dataclass
class Collector:
    """Collects one collection through the real pipeline, and notes what it was told to be in the lake."""

    scene: Scene
    random: Random
    collection: str
    _fed: int = 0
    _plans: tuple[Plan, ...] = ()

    def __post_init__(self) -> None:
        self._notes = self.scene.fed

    def step(self) -> Outcome:
        """Collect once."""
        self._plans = self._plans or self.scene.plans(self.collection)
        self._fed += len(self._notes.new())
        with full_disk(self.scene.faults, self.random) as full:
            (result,) = collect(self._plans)
        kind = "replace" if self.collection == CHANGING else "collect"
        came = outcome(kind, result.failure, faulty=full or bool(self.scene.endpoint))
        if came.said == "ok" and result.faults:
            return Outcome(kind, "fault", result.faults[0].reason)
        if came.said == "ok":
            self.scene.acks.add(collection=self.collection, fed=self._fed)
        time.sleep(self.random.uniform(*(BUSY_PAUSE if came.said == "busy" else PAUSE)))
        return came if result.artifacts or came.said != "ok" else Outcome(kind, "nothing")


@dataclass
class Rewriter:
    """Does one kind of rewriting again and again."""

    scene: Scene
    random: Random
    kind: str
    once: Callable[[Scene, Random], int]
    pause: tuple[float, float] = (0.05, 0.4)
    failures: tuple[type[Exception], ...] = field(default=(TailpipeError, duckdb.Error, OSError))

    def step(self) -> Outcome:
        """Rewrite once."""
        failure: Exception | None = None
        did = 0
        with full_disk(self.scene.faults, self.random) as full:
            try:
                did = self.once(self.scene, self.random)
            except self.failures as error:
                failure = error
        time.sleep(self.random.uniform(*self.pause))
        came = outcome(self.kind, failure, faulty=full or bool(self.scene.endpoint))
        return came if did or failure is not None else Outcome(self.kind, "nothing")


def made(role: str, scene: Scene, random: Random) -> Collector | Rewriter | Reader:
    """The worker of a role."""
    if role == "reader":
        return Reader(scene, random)
    if role in COMPACTORS:
        return Rewriter(scene, random, "compact", COMPACTORS[role] if scene.guarded else rewriting.compact_unguarded)
    if role == "deleter":
        return Rewriter(scene, random, "delete", rewriting.delete_old_day, pause=(1.0, 3.0))
    if role == CHANGING and not scene.guarded:
        return Rewriter(scene, random, "replace", rewriting.replace_unguarded)
    assert role in (*GROWING, CHANGING, OLD)
    return Collector(scene, random, role)


def main(role: str, name: str, folder: str, seed: str) -> None:
    """Work until the trial is over, or until nobody is there who could end it."""
    scene = Scene.read(folder)
    worker, ops, parent = made(role, scene, Random(seed)), scene.ops(name), os.getppid()
    while not scene.is_over and os.getppid() == parent:
        started = time.monotonic()
        came = worker.step()
        ops.add(kind=came.kind, said=came.said, ms=round((time.monotonic() - started) * 1000), detail=came.detail)


if __name__ == "__main__":
    main(*sys.argv[1:])
