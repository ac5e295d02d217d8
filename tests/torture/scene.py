"""The scene: where everything of one trial lies, and the configuration all of its processes run with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import plan
from tailpipe_resources.config import load
from tailpipe_resources.lake import Lake, open_lake
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY
from tests.torture.notes import Notes

if TYPE_CHECKING:
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Config

TABLE = "events"
GROWING = ("alpha", "beta")
"""Collections that are only added to."""

CHANGING = "changing"
"""The collection whose files change again and again."""

OLD = "old"
"""The collection whose day is deleted again and again."""

COLLECTIONS = (*GROWING, CHANGING, OLD)

_TABLE_BLOCK = f"""
table "{TABLE}" {{
  format = "jsonl"
  column "ts" {{ type = "timestamp" }}
  column "generation" {{ type = "integer" }}
  column "size" {{ type = "integer" }}
  column "number" {{ type = "integer" }}
}}
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """One trial."""

    folder: str
    path: str
    """The destination's."""

    endpoint: str = ""
    """The object store, faults included; empty for a local disk."""

    guarded: bool = True
    """Whether rewriting goes through the product's commit."""

    plain_globs: bool = False
    """Whether readers read folders in place of a snapshot."""

    faults: float = 0.0
    """How many steps in a hundred meet a full disk."""

    @classmethod
    def read(cls, folder: str) -> Scene:
        """The scene of a folder."""
        return cls(**json.loads((Path(folder) / "scene.json").read_text()))

    def write(self) -> None:
        """Put the scene down, with its configuration."""
        for name in COLLECTIONS:
            self.logs(name).mkdir(parents=True, exist_ok=True)
        for name in ("ops", "errors"):
            (self.root / name).mkdir(exist_ok=True)
        (self.root / "scene.json").write_text(json.dumps(asdict(self)))
        (self.root / "tailpipe.hcl").write_text(self._hcl())

    @property
    def root(self) -> Path:
        """The folder of everything."""
        return Path(self.folder)

    @property
    def config(self) -> Config:
        """What users would have written."""
        return load([self.root / "tailpipe.hcl"])

    @property
    def lake(self) -> Lake:
        """Where the rows go."""
        return open_lake(next(each for each in self.config.destinations if each.name == "default"))

    @property
    def is_over(self) -> bool:
        """Whether everybody is to stop."""
        return (self.root / "over").exists()

    def plans(self, *names: str) -> tuple[Plan, ...]:
        """Collections, ready to run."""
        return tuple(each for each in plan(self.config) if each.collection.name in (names or COLLECTIONS))

    def logs(self, collection: str) -> Path:
        """The folder a collection reads."""
        return self.root / "logs" / collection

    def ops(self, name: str) -> Notes:
        """What a worker did."""
        return Notes(self.root / "ops" / f"{name}.jsonl")

    @property
    def fed(self) -> Notes:
        """Which files were put into the folders, in this order."""
        return Notes(self.root / "fed.jsonl")

    @property
    def acks(self) -> Notes:
        """How much of that a collection was told to be in the lake."""
        return Notes(self.root / "acks.jsonl")

    def _hcl(self) -> str:
        blocks = [_TABLE_BLOCK, self._destination()]
        for name in COLLECTIONS:
            blocks.append(f'source "file" "{name}" {{\n  path = "{self.logs(name)}"\n}}\n')
            blocks.append(f'collection "{TABLE}" "{name}" {{\n  source = source.file.{name}\n  timestamp = "ts"\n}}\n')
        return "\n".join(blocks)

    def _destination(self) -> str:
        if not self.endpoint:
            return f'destination "parquet" "default" {{\n  path = "{self.path}"\n}}\n'
        return (
            f'credential "aws" "s3" {{\n  access_key = "{ACCESS_KEY}"\n  secret_key = "{SECRET_KEY}"\n'
            f'  region = "{REGION}"\n  endpoint_url = "{self.endpoint}"\n  force_path_style = true\n}}\n'
            f'destination "parquet" "default" {{\n  path = "{self.path}"\n  credential = credential.aws.s3\n}}\n'
        )
