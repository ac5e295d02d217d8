"""The rules of `hcl/detections` find attacks, and leave ordinary use alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config import load
from tests.services.pack import PACK, labelled
from tests.services.project import shared_data

if TYPE_CHECKING:
    from pathlib import Path

LEAST_FOUND = 33
MOST_NOISY = 3


def test_recorded_attacks_are_found_and_ordinary_use_is_not(tmp_path: Path) -> None:
    """Of 35 recorded techniques 33 are found by rules that ordinary use does not meet."""
    told = labelled(tmp_path, shared_data("stratus"), shared_data("cloudtrail"))
    assert len(told.found) >= LEAST_FOUND, told.missed
    assert len(told.noisy) <= MOST_NOISY, told.noisy


def test_every_rule_has_both_tests_and_says_what_to_do() -> None:
    """Each tells what it means, what to look at next and what else it may be, and is tried both ways."""
    rules = load(sorted(PACK.glob("*.hcl"))).detections.detections
    assert rules
    for rule in rules:
        assert {test.expect for test in rule.tests} == {True, False}, rule.address
        assert rule.mitre, rule.address
        for part in ("Meaning: ", "Look next: ", "Innocent causes: "):
            assert part in rule.description, rule.address
