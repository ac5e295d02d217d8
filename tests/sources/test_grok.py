"""Grok: what compiles, to what, and what is said when it does not."""

from __future__ import annotations

import re

import duckdb
import pytest

from tailpipe_resources.sources.grok import compile_grok
from tailpipe_resources.sources.grok_patterns import PATTERNS

APACHE = (
    '203.0.113.9 - ada@example.com [07/Feb/2024:13:05:00 +0000] "GET /a?b=1 HTTP/1.1" 200 2326 '
    '"http://example.com/" "curl/8.5"'
)


def groups(pattern: str, text: str) -> dict[str, str | None] | None:
    """What the whole text gives, or None when it does not fit."""
    found = re.fullmatch(compile_grok(pattern), text)
    return None if found is None else found.groupdict()


def test_fields_become_named_groups() -> None:
    """Only a reference with a field captures; what is around stays a regular expression."""
    assert groups(r"(v\d-)?%{YEAR:year}-%{MONTHNUM}/%{DATA:rest}", "w2024-02/x") is None
    assert groups(r"(v\d-)?%{YEAR:year}-%{MONTHNUM}/%{DATA:rest}", "v2-2024-02/x") == {"year": "2024", "rest": "x"}


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_every_pattern_compiles_without_groups_of_its_own(name: str) -> None:
    """Each pattern of the library is a regular expression, DuckDB's RE2's too, that captures only named fields."""
    compiled = compile_grok(f"%{{{name}}}")

    assert re.compile(compiled).groups == len(re.compile(compiled).groupindex)
    assert duckdb.execute("SELECT regexp_matches('', ?) IS NOT NULL", [compiled]).fetchone() == (True,)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("BASE16NUM", ["0xFF", "1a"], ["g"]),
        ("EMAILADDRESS", ["ada@example.com"], ["ada"]),
        ("HTTPDATE", ["07/Feb/2024:13:05:00 +0000"], ["2024-02-07"]),
        ("INT", ["-5", "12"], ["1.5"]),
        ("IP", ["10.0.0.1", "2001:db8::1", "::1", "::", "fe80::1%eth0", "::ffff:10.0.0.1"], ["10.0.0.256", "host"]),
        ("IPORHOST", ["10.0.0.1", "www.example.com"], ["a b"]),
        ("LOGLEVEL", ["INFO", "warning", "Error"], ["loud"]),
        ("MAC", ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7"], ["00:1b"]),
        ("MONTHNUM", ["1", "01", "12"], ["0", "13"]),
        ("MONTHDAY", ["1", "01", "31"], ["0", "32"]),
        ("NUMBER", ["1", "-1.5", "123456789012", ".5"], ["one"]),
        ("QS", ['"a \\" b"', "'x'"], ['"a', "a"]),
        ("SYSLOGTIMESTAMP", ["Feb  7 13:05:00"], ["2024"]),
        ("TIMESTAMP_ISO8601", ["2024-02-07T13:05:00.123Z", "2024-02-07 13:05:00+01:00"], ["2024"]),
        ("URI", ["https://example.com:8080/a/b?c=d"], ["example"]),
        ("URIPATH", ["/a/b.html"], ["a"]),
        ("UUID", ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"], ["6ba7"]),
        ("YEAR", ["2024", "24"], ["202", "20245"]),
    ],
)
def test_patterns_mean_what_they_are_called(name: str, good: list[str], bad: list[str]) -> None:
    """Each of the patterns in use takes what it is named after and nothing else."""
    expression = re.compile(compile_grok(f"%{{{name}}}"))

    assert [text for text in good if not expression.fullmatch(text)] == []
    assert [text for text in bad if expression.fullmatch(text)] == []


def test_a_combined_log_line_is_taken_apart() -> None:
    """COMBINEDAPACHELOG names the parts of a line as Logstash does."""
    found = groups("%{COMBINEDAPACHELOG}", APACHE)

    assert found is not None
    assert (found["clientip"], found["auth"], found["response"]) == ("203.0.113.9", "ada@example.com", "200")
    assert (found["request"], found["agent"]) == ("/a?b=1", '"curl/8.5"')


def test_patterns_of_the_user_win_and_nest() -> None:
    """Extra patterns may refer to others, and replace one of the same name."""
    compiled = compile_grok("%{TICKET:ticket}", {"TICKET": "%{WORD}-%{INT}", "INT": r"\d{3}"})

    assert re.fullmatch(compiled, "ABC-123")
    assert not re.fullmatch(compiled, "ABC-12")


def test_types_and_onigurumas_groups_are_understood() -> None:
    """Logstash's `:int` and `(?<name>...)` do no harm."""
    assert groups(r"%{INT:status:int} (?<rest>\w+)", "200 ok") == {"status": "200", "rest": "ok"}


@pytest.mark.parametrize(
    ("pattern", "patterns", "message"),
    [
        ("%{YAER:y}", {}, 'no grok pattern is called "YAER"; did you mean "YEAR"?'),
        ("%{A}", {"A": "%{B}", "B": "%{A}"}, '"A" refers to itself: A -> B -> A'),
        ("%{INT:a.b}", {}, '"a.b" in %{INT:a.b} cannot be a field'),
        ("%{INT:a}%{INT:a}", {}, "does not make a regular expression: redefinition"),
        ("(%{INT:a}", {}, "does not make a regular expression: missing )"),
    ],
)
def test_what_is_wrong_is_named(pattern: str, patterns: dict[str, str], message: str) -> None:
    """An unknown name, a cycle, a bad field or a bad expression is told with its name."""
    with pytest.raises(ValueError, match=re.escape(message)):
        compile_grok(pattern, patterns)
