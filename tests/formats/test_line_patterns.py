"""Regular expressions and grok patterns over lines: two engines, one answer."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from tailpipe_assets.formats.regex import GrokFormat, GrokOptions, LinePattern, RegexFormat, RegexOptions

PATTERNS = (
    r"(?P<a>\w+) (?P<b>\d+)",
    r"(?P<a>x)?(?P<b>\S+)",
    r"^(?P<a>[^|]*)\|(?P<b>.*?)\s*$",
    r"(?i)(?P<a>get|post) (?P<b>.+)",
    r"(?P<a>a|ab)(?P<b>c|bcd)?",
    r"\b(?P<a>\w)(?P<b>\s*)",
)


def read(pattern: str, lines: list[str]) -> list[Any]:
    """What a pattern finds."""
    found: list[Any] = LinePattern(pattern).fields(pa.array(lines, pa.string())).to_pylist()
    return found


@examples(max_examples=150)
@given(st.sampled_from(PATTERNS), st.lists(st.text("ab cdx|1é٣\t GETget\u00a0", max_size=12), max_size=5))
def test_both_engines_agree(pattern: str, lines: list[str]) -> None:
    """A look-ahead that always holds sends the expression to Python, and changes nothing else."""
    flags, rest = (pattern[:4], pattern[4:]) if pattern.startswith("(?i)") else ("", pattern)

    assert read(pattern, lines) == read(f"{flags}(?=){rest}", lines)


def test_look_around_works_though_re2_has_none() -> None:
    """Python runs what RE2 does not know."""
    assert read(r"(?P<a>\w+)(?=!)", ["yes! no", "no"]) == [{"a": "yes"}, None]
    assert read(r"(?P<q>['\"])(?P<a>\w+)(?P=q)", ["'x'", "'x\""]) == [{"q": "'", "a": "x"}, None]


def test_both_spellings_of_a_group_are_read() -> None:
    """`(?<name>...)` is the same as `(?P<name>...)`; look-behind is not mistaken for it."""
    assert LinePattern(r"(?<=x)(?<a>\d)(?<!y)(?P<b>.)").groups == ("a", "b")
    assert read(r"(?<=x)(?<a>\d)", ["x1", "y1"]) == [{"a": "1"}, None]


@pytest.mark.filterwarnings("error")
def test_classes_of_posix_are_those_of_re2() -> None:
    """Python would take them for something else: it is not asked, warns of nothing, and does not stand in."""
    assert read(r"(?P<a>[[:alpha:]]+)", ["12 yes"]) == [{"a": "yes"}]
    with pytest.raises(ValueError, match="beside which"):
        LinePattern(r"(?P<a>[[:alpha:]]+)(?=x)")


@pytest.mark.parametrize("pattern", [r"\d+", r"(\d+)", ""])
def test_a_pattern_needs_a_named_group(pattern: str) -> None:
    """Without one there would be no column."""
    with pytest.raises(ValueError, match="no named group"):
        LinePattern(pattern)


@pytest.mark.parametrize("pattern", ["(?P<a>", "[", r"(?P<a>x)(?P<a>y)", "(?P<1>x)", "*"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    """At once, not at the first line."""
    with pytest.raises(re.error):
        RegexFormat(RegexOptions(layout=pattern))


def test_grok_fields_become_groups() -> None:
    """Patterns of the user's own are known beside the usual ones."""
    form = GrokFormat(
        GrokOptions(layout="%{DAY8:date} %{WORD:level} %{GREEDYDATA:message}", patterns={"DAY8": r"\d{8}"})
    )

    assert form.groups == ("date", "level", "message")
    assert form.fields(pa.array(["20240207 WARN disk is full", "nothing"])).to_pylist() == [
        {"date": "20240207", "level": "WARN", "message": "disk is full"},
        None,
    ]


@pytest.mark.parametrize("layout", ["%{NOPE:x}", "plain text", "%{WORD}"])
def test_grok_says_what_is_wrong(layout: str) -> None:
    """An unknown pattern, or none with a name."""
    with pytest.raises(ValueError, match=r"NOPE|no named group"):
        GrokFormat(GrokOptions(layout=layout))


def test_options_are_checked() -> None:
    """A misspelt attribute is an error, as everywhere in the configuration."""
    with pytest.raises(ValidationError):
        RegexOptions.model_validate({"layuot": "x"})
