"""`hold` blocks and `retention`: what they mean, and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError, UsageError
from tailpipe_resources.model.retention import parse_retention

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.hold import Hold

BASE = """
source "file" "logs" {
  path = "logs"
}
"""
NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def config_of(folder: Path, text: str) -> Config:
    """The configuration one file says."""
    (folder / "x.hcl").write_text(BASE + text)
    return load(["x.hcl"])


def hold_of(folder: Path, body: str) -> Hold:
    """The one hold of a configuration."""
    (hold,) = config_of(folder, f'hold "h" {{\n{body}\nreason = "why"\n}}\n').holds
    return hold


@pytest.mark.parametrize(
    ("window", "held", "free"),
    [
        ("", [date(1, 1, 1), date(2024, 2, 7), date.max], []),
        ('from = "2024-02-07"', [date(2024, 2, 7), date.max], [date(2024, 2, 6)]),
        ('to = "2024-02-07"', [date(2024, 2, 7), date.min], [date(2024, 2, 8)]),
        ('to = "2024-02-07T00:00:00Z"', [date(2024, 2, 6)], [date(2024, 2, 7)]),
        ('from = "2024-02-07T23:59:59Z"\nto = "2024-02-08T00:00:01Z"', [date(2024, 2, 7), date(2024, 2, 8)], []),
        ('from = "2024-02-07T00:30:00+02:00"', [date(2024, 2, 6)], [date(2024, 2, 5)]),
        ('to = "9999-12-31"', [date(2024, 2, 6)], []),
    ],
)
def test_a_hold_keeps_every_day_it_touches(window: str, held: list[date], free: list[date], here: Path) -> None:
    """Open at either end when not given; a date alone includes that day."""
    hold = hold_of(here, f'collection = "t.c"\n{window}')

    assert [day for day in held if not hold.keeps(day)] == []
    assert [day for day in free if hold.keeps(day)] == []


@pytest.mark.parametrize(
    ("selector", "covered"),
    [
        ("t.c", {("t", "c")}),
        ("c", {("t", "c"), ("u", "c")}),
        ("t", {("t", "c"), ("t", "d")}),
        ("*", {("t", "c"), ("t", "d"), ("u", "c")}),
        ("?.c", {("t", "c"), ("u", "c")}),
        ("partition=t.d", {("t", "d")}),
        ("absent", set()),
    ],
)
def test_a_hold_is_about_what_its_selector_means(selector: str, covered: set[tuple[str, str]], here: Path) -> None:
    """The same words as after `collect`; collections need not be configured."""
    hold = hold_of(here, f'collection = "{selector}"')

    assert {key for key in [("t", "c"), ("t", "d"), ("u", "c")] if hold.covers(*key)} == covered


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('collection = "t.c"', 'x.hcl:5: hold "h" needs "reason"'),
        ('reason = "why"', 'x.hcl:5: hold "h" needs "collection"'),
        ('collection = "t.c"\nreason = " "', 'x.hcl:7: hold "h": "reason" is empty; say why rows must stay'),
        ('collection = ""\nreason = "why"', 'x.hcl:6: "collection" is empty'),
        ('collection = "custom.web"\nreason = "why"', 'x.hcl:6: "custom" is not the name of a table'),
        ('collection = "t.c"\nreason = "why"\nfrom = "soon"', 'x.hcl:8: "from" "soon" is not a time'),
        ('collection = "t.c"\nreason = "why"\nto = 7', 'x.hcl:8: "to" must be a string, not a number'),
        ('collection = "t.c"\nreason = "why"\nfrom = 7', 'x.hcl:8: "from" must be a string, not a number'),
        ('collection = "t.c"\nreason = "why"\nuntil = "x"', 'x.hcl:8: hold "h" has no attribute "until"'),
        (
            'collection = "t.c"\nreason = "why"\nfrom = "2024-02-09"\nto = "2024-02-08"',
            'x.hcl:9: hold "h": "from" is not before "to"; nothing would be held',
        ),
    ],
)
def test_a_hold_that_would_hold_nothing_is_refused(body: str, message: str, here: Path) -> None:
    """With the line."""
    with pytest.raises(ConfigError) as refused:
        config_of(here, f'hold "h" {{\n{body}\n}}\n')

    assert message in str(refused.value)


def test_two_holds_of_one_name(here: Path) -> None:
    """The second is a problem, at both places."""
    block = 'hold "h" {\ncollection = "t.c"\nreason = "why"\n}\n'

    with pytest.raises(ConfigError, match=r'x\.hcl:9: duplicate hold "h"; the first is at x\.hcl:5'):
        config_of(here, block + block)


def test_retention_of_collections_and_destinations(here: Path) -> None:
    """Each says its own."""
    config = config_of(
        here,
        """
destination "parquet" "short" {
  path      = "short"
  retention = "2W"
}
collection "http_log" "web" {
  source      = source.file.logs
  destination = destination.parquet.short
  retention   = "90d"
}
collection "http_log" "other" {
  source = source.file.logs
}
""",
    )

    first, second = config.collections
    assert (str(first.retention), str(first.destination.retention)) == ("90d", "2W")
    assert (second.retention, second.destination.retention) == (None, None)


@pytest.mark.parametrize("text", ["90", "d", "0d", "-1d", "90 d", "90H", "5M", "forever", ""])
def test_a_retention_that_is_none(text: str, here: Path) -> None:
    """Shorter than a day, or no length of time: said with the line, for both blocks."""
    with pytest.raises(UsageError, match="write 90d"):
        parse_retention(text)
    with pytest.raises(ConfigError) as refused:
        config_of(
            here,
            f'destination "parquet" "x" {{\npath = "x"\nretention = "{text}"\n}}\n'
            f'collection "http_log" "web" {{\nsource = source.file.logs\nretention = "{text}"\n}}\n',
        )

    assert [each.line for each in refused.value.problems] == [7, 11]
    assert f'"retention" "{text}" is not a length of time; write 90d' in str(refused.value)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("1d", date(2024, 3, 30)),
        ("090d", date(2024, 1, 1)),
        ("2W", date(2024, 3, 17)),
        ("1m", date(2024, 2, 29)),
        ("1Y", date(2023, 3, 31)),
        ("9999Y", date.min),
    ],
)
def test_the_first_day_that_is_kept(text: str, first: date) -> None:
    """A day stays while any instant of it is young enough."""
    assert parse_retention(text).first_kept(NOW) == first
