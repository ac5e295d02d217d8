"""Backtick strings, heredocs and grok patterns, and what may not be left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_resources.config.document import parse
from tailpipe_resources.config.expressions import Scope
from tailpipe_resources.config.prepass import prepare
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Problems

ANY_TEXT = st.text(st.characters(exclude_characters="`", exclude_categories=["Cs"]))


def value(text: str) -> object:
    """What the one attribute of a file says."""
    problems = Problems()
    (attribute,) = parse(text, "x.hcl", problems).attributes
    assert not problems
    return Scope({}, {}).evaluate(attribute.value)


@given(ANY_TEXT)
def test_a_backtick_string_means_exactly_its_text(text: str) -> None:
    """Whatever stands between backticks is the value, character for character."""
    assert value(f"a = `{text}`\n") == text


@given(ANY_TEXT, ANY_TEXT)
def test_lines_do_not_move(text: str, other: str) -> None:
    """What follows backtick strings stays on its line."""
    before = f"a = [`{text}`, `{other}`]\n"

    problems = Problems()
    attributes = parse(before + "last = 1\n", "x.hcl", problems).attributes

    assert attributes[-1].place.line == before.count("\n") + 1
    assert prepare(before, "x.hcl").text.count("\n") == before.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "# a `comment`\n",
        "// a `comment`\n",
        "/* a `comment\n over` lines */\n",
        'a = "a `quoted` string"\n',
        'a = "nested ${f("a ` in ${g("it")}")} `"\n',
    ],
)
def test_backticks_elsewhere_are_left_alone(text: str) -> None:
    """Comments and quoted strings, templates in them included, may hold backticks."""
    assert prepare(text, "x.hcl").text == text


@pytest.mark.parametrize(
    "text", ["a = /* b */ 1", "a /* `b */ = 1 /* c */", "/* b */ a = (1 /* c */)", "a = [/* b */ 1, 0 /* c */][0]"]
)
def test_a_comment_within_a_line_is_no_end_of_it(text: str) -> None:
    """Between `/*` and `*/` on one line nothing matters, wherever it stands."""
    assert value(f"{text}\n") == 1


def test_a_byte_order_mark_is_dropped() -> None:
    """A file saved on Windows reads like any other."""
    assert prepare("\ufeffa = 1\n", "x.hcl").text == "a = 1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"%{YEAR:year}/%{MONTHNUM:month}"', "%{YEAR:year}/%{MONTHNUM:month}"),
        ('"%%{YEAR}"', "%{YEAR}"),
        ('"$${HOME"', "${HOME"),
        ('"100% $5"', "100% $5"),
        (r'"tab\t quote\" slash\\ \u00e9 \U0001f600"', 'tab\t quote" slash\\ é 😀'),
        ('<<EOF\n  one \\S "q" `b`\n two\nEOF', '  one \\S "q" `b`\n two\n'),
        ("<<-EOF\n    one\n\n      two\n  EOF", "one\n\n  two\n"),
        ("<<-EOF\n    one\n     \n  two\nEOF", "  one\n     \ntwo\n"),
        ("<<EOF\nEOF", ""),
        ('"${\n"a"\n}"', "a"),
        ("<<EOF\n%{YEAR} $${x}\nEOF", "%{YEAR} ${x}\n"),
    ],
)
def test_a_string_says(text: str, expected: str) -> None:
    """Grok patterns need no escape; HCL's own escapes and heredocs mean what HCL says."""
    assert value(f"a = {text}\n") == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\na = `x\n", "x.hcl:2: the backtick string is not closed"),
        ("\na = <<EOF\nx\nEOFF\n", "x.hcl:2: the heredoc <<EOF is not closed; end it with a line EOF"),
        ('a = 1\nb = "x\n', "x.hcl:2: the string is not closed on its line"),
        ('a = "${x', 'x.hcl:1: "${" is not closed'),
        ("\n/* x", 'x.hcl:2: the comment "/*" is not closed'),
        ('source "a" "b" {\n\n', 'x.hcl:1: "{" is not closed'),
        ("a = [1)\n", 'x.hcl:1: unexpected ")"; it closes nothing that is open'),
        ("b {\n  a = f([1,\n  2)\n}\n", 'x.hcl:2: "[" is not closed before the ")" of line 3'),
        ("b {\n  a = f(1\n}\n", 'x.hcl:2: "(" is not closed before the "}" of line 3'),
        ('b {\n  a = "${f(1}"\n}\n', 'x.hcl:2: "(" is not closed before the "}" of line 2'),
        ("\na = " + "[" * 101 + "]" * 101, "x.hcl:2: more than 100 brackets are open here"),
        ("\na = " + '"${' * 101 + '}"' * 101, "x.hcl:2: more than 100 brackets are open here"),
        ('a = "%{ if x }"\n', "x.hcl:1: template directives are not supported"),
    ],
)
def test_what_is_left_open_is_reported_where_it_opens(text: str, problem: str) -> None:
    """An open string, heredoc, comment or bracket is reported at the line where it starts."""
    with pytest.raises(ConfigError) as caught:
        prepare(text, "x.hcl")

    assert str(caught.value).startswith(problem)
