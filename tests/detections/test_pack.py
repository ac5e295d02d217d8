"""The rules of `hcl/detections` find attacks, and leave ordinary use alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.rule_tests import run_tests
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.place import Problems
from tests.services.pack import PACK, labelled
from tests.services.project import shared_data

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.detections.rules import Rule

LEAST_FOUND = 33
MOST_NOISY = 3


def test_recorded_attacks_are_found_and_ordinary_use_is_not(tmp_path: Path) -> None:
    """Of 35 recorded techniques 33 are found by rules that ordinary use does not meet."""
    told = labelled(tmp_path, shared_data("stratus"), shared_data("cloudtrail"))
    assert len(told.found) >= LEAST_FOUND, told.missed
    assert len(told.noisy) <= MOST_NOISY, told.noisy


@pytest.fixture(scope="module")
def rules() -> tuple[Rule, ...]:
    """The rules, in which nothing is wrong."""
    problems = Problems()
    found = rules_of(load(sorted(PACK.glob("*.hcl"))), (), problems)
    problems.raise_any()
    return found.rules


def test_every_rule_says_what_to_do(rules: tuple[Rule, ...]) -> None:
    """Each tells what it means, what to look at next and what else it may be."""
    assert rules
    for rule in rules:
        assert rule.detection.mitre, rule.detection.address
        for part in ("Meaning: ", "Look next: ", "Innocent causes: "):
            assert part in rule.detection.description, rule.detection.address


def test_every_rule_is_tried_both_ways(rules: tuple[Rule, ...]) -> None:
    """Each finds what it should and leaves alone what it should."""
    tried = list(run_tests(rules, ()))
    assert [(each.detection, each.test.name, each.problem) for each in tried if not each.passed] == []
    for rule in rules:
        assert {test.expect for test in rule.detection.tests} == {True, False}, rule.detection.address
