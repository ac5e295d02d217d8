"""How many recorded attacks the rules of `hcl/detections` find, and which of them ordinary use sets off."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.services.pack import labelled

DATA = Path(os.environ.get("TAILPIPE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


def main(*, rounds: int, scale: float) -> None:
    """Collect attacks and ordinary use with the rules, and print what fired."""
    del rounds, scale
    if not (DATA / "stratus").is_dir():
        print(f"detections: no recorded attacks at {DATA}; set TAILPIPE_TEST_DATA to where they are")
        return
    with tempfile.TemporaryDirectory() as folder:
        told = labelled(Path(folder), DATA / "stratus", DATA / "cloudtrail")
    width = max(map(len, told.rules))
    for attack, rules in told.rules.items():
        print(f"  {attack:<{width}}  {_shown(rules - told.noisy) or 'MISSED'}")
    print(f"\n  found {len(told.found)} of {len(told.rules)}")
    print(f"  set off by ordinary use: {_shown(told.noisy) or 'none'}")


def _shown(rules: set[str]) -> str:
    return ", ".join(sorted(rule.rpartition(".")[2] for rule in rules))
