"""The world that is collected: files that come, and files that change. It is never killed."""

from __future__ import annotations

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
LENGTH = 4096
"""Bytes of a file, less than which none has: one that took a smaller one's place would count as the same, grown."""

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
            self.put(collection, f"f{number % CHANGING_FILES}.log", number // CHANGING_FILES)
        else:
            self.put(collection, f"f{number:06}.log", 0)

    def put(self, collection: str, name: str, generation: int) -> None:
        """A file appears, or another content in its place, at once."""
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
        new = self.scene.root / "new.log"
        new.write_text("\n".join(lines).ljust(LENGTH, "\n"))
        target = self.scene.logs(collection) / name
        new.replace(target)
        self.scene.fed.add(collection=collection, location=str(target), generation=generation, size=size, bad=bad)
