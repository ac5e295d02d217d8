"""`checks` blocks: what they say, and what is wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.checks import CHECKS, Checks

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
source "file" "logs" {{
  path = "logs"
}}
collection "http_log" "web" {{
  source = source.file.logs
  {}
}}
"""


def checks_of(folder: Path, body: str) -> Checks:
    """What the one collection's block says; the first attribute stands in line 8."""
    (folder / "x.hcl").write_text(HCL.format(body))
    (collection,) = load([folder / "x.hcl"]).collections
    return collection.checks


def test_a_collection_that_says_nothing_has_all_checks(tmp_path: Path) -> None:
    """The defaults hold, also for a block that is empty."""
    assert checks_of(tmp_path, "") == checks_of(tmp_path, "checks {\n}") == Checks()
    assert Checks().names == CHECKS


def test_every_limit_can_be_changed(tmp_path: Path) -> None:
    """Each attribute says one limit, and checks can be left out."""
    said = checks_of(
        tmp_path,
        """checks {
    max_rejected    = 0.05
    usual_rows      = [0, 10]
    max_clock_skew  = "90s"
    max_small_files = 200
    disable         = ["schema_unchanged", "small_files"]
  }""",
    )

    assert said == Checks(0.05, (0.0, 10.0), timedelta(seconds=90), 200, frozenset({"schema_unchanged", "small_files"}))
    assert said.names == ("rejected_share", "row_count_as_usual", "clock_skew")


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("max_rejected = 5", '"max_rejected" is 5; write a share from 0 to 1, such as 0.05 for 5 %'),
        ("max_rejected = -0.1", '"max_rejected" is -0.1; write a share'),
        ('max_rejected = "5%"', '"max_rejected"'),
        ("usual_rows = [0.2]", '"usual_rows" is [0.2]; write the least, below 1, and the most, above 1: [0.2, 5]'),
        ("usual_rows = [5, 0.2]", '"usual_rows" is [5, 0.2]; write the least'),
        ("usual_rows = [-1, 5]", '"usual_rows" is [-1, 5]; write the least'),
        ('max_clock_skew = "soon"', '"max_clock_skew" is "soon"; write 10m, 90s or 1h, and 1d at most'),
        ('max_clock_skew = "2d"', '"max_clock_skew" is "2d"; write 10m, 90s or 1h, and 1d at most'),
        ("max_small_files = 0", '"max_small_files" is 0; write 1 or more, or disable = ["small_files"]'),
        ('disable = ["smallfiles"]', '"disable" names "smallfiles", which is no check; did you mean "small_files"?'),
        ("max_reject = 0.05", 'has no attribute "max_reject"; did you mean "max_rejected"?'),
    ],
)
def test_what_is_wrong_is_told_with_its_line(attribute: str, message: str, tmp_path: Path) -> None:
    """Values out of range, unknown names and wrong types name the line and what to write."""
    with pytest.raises(ConfigError) as caught:
        checks_of(tmp_path, f"checks {{\n    {attribute}\n  }}")

    assert f"{tmp_path}/x.hcl:8" in str(caught.value)
    assert message in str(caught.value)


def test_two_blocks_are_one_too_many(tmp_path: Path) -> None:
    """The message names the first one."""
    with pytest.raises(ConfigError, match=r"several checks blocks; the first is at .*x\.hcl:7"):
        checks_of(tmp_path, "checks {\n  }\n  checks {\n  }")


def test_a_misspelt_block_is_told(tmp_path: Path) -> None:
    """The nearest name is offered."""
    with pytest.raises(ConfigError, match='did you mean "checks"'):
        checks_of(tmp_path, "check {\n  }")
