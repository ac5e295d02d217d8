"""The page of detections: its example loads, and the tests within it pass."""

from __future__ import annotations

import re
from pathlib import Path

from tailpipe_assets.pipeline.blindness import blind_spots
from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rule_tests import run_tests
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.place import Problems

PAGE = (Path(__file__).parents[2] / "docs" / "detections.md").read_text(encoding="utf-8")


def test_the_example_works_as_it_stands(tmp_path: Path) -> None:
    """Nothing is wrong with it, all of its tests pass, and no filter blinds it."""
    texts = re.findall(r"^```hcl\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "x.hcl").write_text("\n".join(texts))
    config = load([tmp_path / "x.hcl"])
    plans = plan(config)
    bound = rules_of(config, [each.table for each in plans], Problems())
    done = list(run_tests(bound.rules, plans))
    assert [each.passed for each in done] == [True] * 5
    assert (bound.warnings, blind_spots(bound, plans)) == ((), ())
