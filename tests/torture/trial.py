"""One trial: a scene is set, the arena runs, the verdict is found."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from tests.torture.arena import ROOT, Arena
from tests.torture.report import Report
from tests.torture.scene import Scene
from tests.torture.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FULL_DISK_PERCENT = 4.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What is asked for."""

    store: str = "local"
    seconds: float = 60.0
    seed: int | None = None
    guarded: bool = True
    plain_globs: bool = False
    keep: bool = False

    @property
    def title(self) -> str:
        """In a few words."""
        without = "" if self.guarded else ", without guards"
        return f"{self.store} store{without}{', plain globs' if self.plain_globs else ''}"


def run(trial: Trial, tell: Callable[[float], None], folder: str | None = None) -> Report:
    """Run a trial from beginning to end."""
    seed = SystemRandom().getrandbits(32) if trial.seed is None else trial.seed
    random = Random(seed)
    with ExitStack() as stack:
        root = folder or stack.enter_context(_folder(keep=trial.keep))
        scene = Scene(root, f"{root}/lake", guarded=trial.guarded, plain_globs=trial.plain_globs)
        faults: Counter[str] = Counter()
        if trial.store == "s3":
            scene, calm = stack.enter_context(_object_store(scene, random, faults))
        else:
            scene, calm = replace(scene, faults=FULL_DISK_PERCENT), scene
        scene.write()
        arena = Arena(scene, random)
        started = time.monotonic()
        arena.run(trial.seconds, tell)
        seconds = time.monotonic() - started
        calm.write()
        os.environ["TAILPIPE_HOME"] = f"{root}/home-1"
        return Report(f"{trial.title}, seed {seed}", seconds, arena, judge(calm), faults)


@contextmanager
def _folder(*, keep: bool) -> Iterator[str]:
    if keep:
        folder = tempfile.mkdtemp(prefix="torture-")
        print(f"  in {folder}")
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="torture-", ignore_cleanup_errors=True) as folder:
        yield folder


@contextmanager
def _object_store(scene: Scene, random: Random, faults: Counter[str]) -> Iterator[tuple[Scene, Scene]]:
    """The scene in an object store that fails now and then, and in the same one when it does not."""
    from tests.services.s3 import S3Endpoint
    from tests.torture.faults import failing

    with _served() as endpoint, failing(endpoint, Random(random.getrandbits(32)), faults) as url:
        path = f"s3://{S3Endpoint(endpoint).bucket()}/lake"
        yield replace(scene, path=path, endpoint=url), replace(scene, path=path, endpoint=endpoint)


@contextmanager
def _served() -> Iterator[str]:
    """The store, in a process of its own; it ends when its input does."""
    command = [sys.executable, "-m", "tests.torture.store"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as store:
        assert store.stdin is not None
        assert store.stdout is not None
        yield store.stdout.readline().strip()
        store.stdin.close()
