"""What the rules of `hcl/detections` find in folders of logs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tailpipe_assets.testing.project import Project

PACK = Path(__file__).parents[2] / "hcl" / "detections"


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the rules found in attacks and in ordinary use."""

    rules: dict[str, set[str]] = field(default_factory=dict)
    """Those that fired, by attack."""

    noisy: set[str] = field(default_factory=set)
    """Those that fired on ordinary use."""

    @property
    def found(self) -> list[str]:
        """Attacks that a rule found which is quiet on ordinary use."""
        return sorted(attack for attack, rules in self.rules.items() if rules - self.noisy)

    @property
    def missed(self) -> list[str]:
        """The other attacks."""
        return sorted(set(self.rules) - set(self.found))


def labelled(folder: Path, attacks: Path, ordinary: Path) -> Labelled:
    """Collect attacks, one file each, and ordinary use with the rules.

    Args:
        folder: an empty one, to work in.
        attacks: CloudTrail events; a file's name is its label.
        ordinary: CloudTrail events.
    """
    project = Project(folder)
    files = sorted(attacks.glob("*.json"))
    blocks = [_collection("ordinary", ordinary, "")]
    blocks += [_collection(f"attack_{number}", attacks, file.name) for number, file in enumerate(files)]
    project.configure("\n".join((*blocks, *(file.read_text() for file in sorted(PACK.glob("*.hcl"))))))
    for result in project.collect():
        assert result.failure is None, result.failure
    found: defaultdict[str, set[str]] = defaultdict(set)
    for collection, rule in project.ask("SELECT DISTINCT finding_collection, detection FROM tailpipe_finding"):
        found[collection].add(rule)
    by_attack = {file.stem: found[f"attack_{number}"] for number, file in enumerate(files)}
    return Labelled(by_attack, found["ordinary"])


def _collection(name: str, folder: Path, file: str) -> str:
    layout = f'  file_layout = "{file}"\n' if file else ""
    return (
        f'source "file" "{name}" {{\n  path = "{folder}"\n{layout}}}\n'
        f'collection "aws_cloudtrail_log" "{name}" {{\n  source = source.file.{name}\n}}\n'
    )
