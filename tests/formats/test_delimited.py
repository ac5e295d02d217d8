"""Delimited text: what any writer of CSV writes, and what is none."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_resources.errors import BadArtifactError
from tests.services.cutting import made, read

NAMED = made("delimited", columns=["a", "b", "c"])
HEADED = made("delimited")
CELLS = st.text(st.sampled_from(list("ab ,;'\"é\t")), max_size=6)


def written(rows: list[list[str]], delimiter: str = ",") -> str:
    """The rows as Python writes them."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


@examples(max_examples=200)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5), st.sampled_from([",", ";", "\t"]))
def test_what_is_written_is_read(rows: list[list[str]], delimiter: str) -> None:
    """Quotes, delimiters and empty fields; below a header and by names given."""
    expected = [dict(zip("abc", row, strict=True)) for row in rows]
    named, headed = (
        made("delimited", columns=["a", "b", "c"], delimiter=delimiter),
        made("delimited", delimiter=delimiter),
    )

    assert read(named, written(rows, delimiter).encode())[0] == expected
    assert read(headed, written([["a", "b", "c"], *rows], delimiter).encode())[0] == expected


@examples(max_examples=200)
@given(st.lists(st.text('ab,"', min_size=1, max_size=8), min_size=1, max_size=5))
def test_a_line_is_read_as_if_it_were_alone(lines: list[str]) -> None:
    """An open quote takes no other line with it."""
    alone = [read(NAMED, line.encode())[0][0] for line in lines]

    assert read(NAMED, "\n".join(lines).encode())[0] == alone


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("1,2,3", ("1", "2", "3")),
        (",,", ("", "", "")),
        ('"x, y","say ""hi""",3', ("x, y", 'say "hi"', "3")),
        ("1,2", None),
        ("1,2,3,4", None),
        ('1,"2,3', None),
        ('1,"2"x,3', None),
        ("NULL,N/A,nan", ("NULL", "N/A", "nan")),
    ],
)
def test_fields_are_text_as_it_stands(line: str, fields: tuple[str, ...] | None) -> None:
    """No word of theirs means nothing; a line with more or fewer fields is none."""
    expected = None if fields is None else dict(zip("abc", fields, strict=True))

    assert read(NAMED, line.encode())[0] == [expected]


def test_each_artifact_has_its_own_header() -> None:
    """Columns are found by name, whatever their order; comments and a byte order mark are no part of it."""
    form = made("delimited", comment="#")

    assert read(form, b"\xef\xbb\xbf#made by x\na, b\n1,2\n#x\n3,4\n")[0] == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]
    assert read(form, b'b,a\n1,2\n"x",y\n')[0] == [{"b": "1", "a": "2"}, {"b": "x", "a": "y"}]


def test_lines_below_a_header_that_do_not_fit_are_set_aside() -> None:
    """As they were, with their places."""
    assert read(HEADED, b'a,b\n1,2\n3\n4,"5\n6,7') == (
        [{"a": "1", "b": "2"}, {"a": "6", "b": "7"}],
        [4, 15],
        [(8, "3"), (10, '4,"5')],
    )


@pytest.mark.parametrize("header", [b"a,a\n1,2\n", b"a,\n1,2\n", b"a,%b\n1,2\n" % (b"x" * 200_000)])
def test_a_header_that_names_nothing_breaks_its_artifact(header: bytes) -> None:
    """Nobody could say which column is meant."""
    with pytest.raises(BadArtifactError, match="its header cannot be used"):
        read(HEADED, header)


def test_without_quotes_a_quote_is_a_letter() -> None:
    """As in the tab-separated files of many programs."""
    form = made("delimited", columns=["a", "b"], delimiter="\t", quote="")

    assert read(form, b'"x\ty"\n1\t"2')[0] == [{"a": '"x', "b": 'y"'}, {"a": "1", "b": '"2'}]


@pytest.mark.parametrize(
    "options", [{"delimiter": "::"}, {"delimiter": '"'}, {"columns": ["a", "a"]}, {"columns": [""]}, {"quote": "''"}]
)
def test_options_must_make_sense(options: dict[str, object]) -> None:
    """Said when the format is made, not when it is used."""
    with pytest.raises(ValueError, match=r"must|comes twice|no name"):
        made("delimited", **options)
