"""Typed text: where statements end, whatever is quoted or commented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_assets.console.splitting import bare, is_whole, pieces, split


@pytest.mark.parametrize(
    ("text", "statements", "rest"),
    [
        ("select 1;", ("select 1",), ""),
        ("select 1; select 2;", ("select 1", "select 2"), ""),
        ("select 1; select", ("select 1",), "select"),
        ("select ';';", ("select ';'",), ""),
        ("select 'it''s; so';", ("select 'it''s; so'",), ""),
        (r"select e'it\'s; so';", (r"select e'it\'s; so'",), ""),
        ('select ";" from t;', ('select ";" from t',), ""),
        ("select 1 -- not yet;\n;", ("select 1 -- not yet;",), ""),
        ("select /* ; /* ; */ ; */ 1;", ("select /* ; /* ; */ ; */ 1",), ""),
        ("select $$a;b$$, $x$;$$;$x$;", ("select $$a;b$$, $x$;$$;$x$",), ""),
        ("-- only a comment\n;", (), ""),
        (";;", (), ""),
        ("-- why\nselect 1;", ("-- why\nselect 1",), ""),
    ],
)
def test_a_statement_ends_at_its_semicolon(text: str, statements: tuple[str, ...], rest: str) -> None:
    """Those in quotes and comments do not count."""
    assert split(text) == (statements, rest)


@pytest.mark.parametrize("text", ["select 1;", "select 1; -- done", "select 1; /* done */", "select ';';", "-- ;"])
def test_a_whole_text_is_run(text: str) -> None:
    """A comment behind the last semicolon changes nothing."""
    assert is_whole(text)


@pytest.mark.parametrize("text", ["select 1", "select ';", "select 1; /* ;", "select 1; select 2", 'select "a;', "$$;"])
def test_an_open_text_goes_on(text: str) -> None:
    """What lacks its semicolon or the end of a quote or comment waits for another line."""
    assert not is_whole(text)


def test_bare_text_has_no_quoted_words() -> None:
    """Only words of SQL are left."""
    assert bare("select 'from t' /* join u */ from v").split() == ["select", "''", "from", "v"]


@given(st.text(alphabet="a ;'\"$-/*\n\\eE_1é", max_size=40))
def test_nothing_typed_is_lost(text: str) -> None:
    """The pieces of a text are the text."""
    assert "".join(piece.text for piece in pieces(text)) == text
