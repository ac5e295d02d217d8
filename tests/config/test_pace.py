"""What makes a collection run by itself: what may be written, and what is wrong with the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.pace import Pace, interval_text, parse_interval

if TYPE_CHECKING:
    from pathlib import Path

HCL = """
source "file" "logs" {{
  path = "logs"
}}
{block} "http_log" "web" {{
  source = source.file.logs
  {body}
}}
"""


def pace_of(folder: Path, body: str, block: str = "collection") -> Pace:
    """The pace of the one collection of a configuration."""
    (folder / "x.hcl").write_text(HCL.format(body=body, block=block))
    (found,) = load([folder / "x.hcl"]).collections
    return found.pace


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", Pace()),
        ('schedule = "*/10 * * * *"', Pace(cron="*/10 * * * *")),
        ('schedule = " 5  4 * * mon-fri "', Pace(cron="5 4 * * mon-fri")),
        ('schedule = "0 0 29 2 *"', Pace(cron="0 0 29 2 *")),
        ('every = "1m"', Pace(cron="* * * * *")),
        ('every = "60s"', Pace(cron="* * * * *")),
        ('every = "5m"', Pace(cron="*/5 * * * *")),
        ('every = "60m"', Pace(cron="0 * * * *")),
        ('every = "6h"', Pace(cron="0 */6 * * *")),
        ('every = "1d"', Pace(cron="0 0 * * *")),
        ("watch = true", Pace(watch=True)),
        ("follow = true\n  every = null", Pace(follow=True)),
        ('expect_every = "90m"\n  compact = false', Pace(expect_every=timedelta(minutes=90), compact=False)),
    ],
)
@pytest.mark.parametrize("block", ["collection", "partition"])
def test_the_pace_of_a_collection(body: str, expected: Pace, block: str, tmp_path: Path) -> None:
    """Each way of running by itself means what its name says."""
    assert pace_of(tmp_path, body, block) == expected


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ('schedule = "often"', 7, '"schedule" "often" is not a schedule; write minute, hour, day'),
        ('schedule = "* * * * * *"', 7, "is not a schedule"),
        ('schedule = "61 * * * *"', 7, "is not a schedule"),
        ('schedule = "0 0 30 2 *"', 7, '"schedule" "0 0 30 2 *" never comes; no month it names has such a day'),
        ('schedule = "0 0 31 4,6 1"', 7, "never comes"),
        ('every = "7m"', 7, '"every" cannot be "7m"; an hour or a day must be a multiple of it'),
        ('every = "30s"', 7, '"every" cannot be "30s"'),
        ('every = "2d"', 7, '"every" cannot be "2d"'),
        ('every = "often"', 7, '"every" "often" is not a length of time; write 5m, 1h or 1d'),
        ('expect_every = "0m"', 7, '"expect_every" "0m" is not a length of time'),
        ('every = "5m"\n  watch = true', 8, '"watch" and "every" (line 7) exclude each other; choose one'),
        ('schedule = "* * * * *"\n  follow = true', 8, '"follow" and "schedule" (line 7) exclude each other'),
    ],
)
def test_a_pace_that_cannot_be(body: str, line: int, message: str, tmp_path: Path) -> None:
    """The problem stands at the attribute's own line, and says what can be written."""
    with pytest.raises(ConfigError) as caught:
        pace_of(tmp_path, body)

    (problem,) = caught.value.problems
    assert f"x.hcl:{line}:" in str(problem)
    assert message in str(problem)


@pytest.mark.parametrize("text", ["45s", "5m", "90m", "6h", "2d"])
def test_intervals_are_shown_as_they_are_written(text: str) -> None:
    """An interval's text reads back as the same interval."""
    assert interval_text(parse_interval(text)) == text
