"""The world that is collected: files that come, and files that change. It is never killed."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.torture.scene import CHANGING, GROWING, OLD, Scene

if TYPE_CHECKING:
    from random import Random

DAY = "2026-11-18"
DAY_BEFORE = "2026-11-17"
OLD_DAY = "2026-08-01"
CHANGING_FILES = 4
BAD_LINE = "this is no JSON {"


@dataclass
class Feeder:
    """Puts files into the folders, one a step, and notes what is there once it is."""

    scene: Scene
    random: Random
    counts: dict[str, int] = field(default_factory=dict)
    """Files, or of the changing ones generations, by collection."""

    def step(self) -> None:
        """Add or change a file."""
        collection = self.random.choice((*GROWING, CHANGING, CHANGING, OLD))
        number = self.counts[collection] = self.counts.get(collection, -1) + 1
        if collection == CHANGING:
            self.put(collection, f"f{number % CHANGING_FILES}.log.gz", number // CHANGING_FILES)
        else:
            self.put(collection, f"f{number:06}.log.gz", 0)

    def put(self, collection: str, name: str, generation: int) -> None:
        """A packed file appears, or another in its place, at once; of plain logs the rows of both would be kept."""
        size, bad = self.random.randint(3, 30), self.random.choice((0, 0, 0, 1, 2))
        day = OLD_DAY if collection == OLD else DAY
        spills = collection != OLD and self.random.random() < 0.2
        lines = [
            json.dumps(
                {
                    "ts": f"{DAY_BEFORE if spills and number % 2 else day}T10:{number:02}:00Z",
                    "generation": generation,
                    "size": size,
                    "number": number,
                }
            )
            for number in range(size)
        ]
        lines[1:1] = [BAD_LINE] * bad
        new = self.scene.root / "new.log.gz"
        new.write_bytes(gzip.compress("\n".join(lines).encode()))
        target = self.scene.logs(collection) / name
        new.replace(target)
        self.scene.fed.add(collection=collection, location=str(target), generation=generation, size=size, bad=bad)
