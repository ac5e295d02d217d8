"""CEF and LEEF events, as appliances write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.services.cutting import made, read

CEF, LEEF = made("cef"), made("leef")
HEAD = {
    "cef_version": "0",
    "device_vendor": "Acme",
    "device_product": "Wall",
    "device_version": "1.0",
    "device_event_class_id": "100",
    "name": "worm",
    "severity": "10",
    "syslog_header": None,
}
LEEF_HEAD = {
    "leef_version": "2.0",
    "device_vendor": "Acme",
    "device_product": "Wall",
    "device_version": "1.0",
    "event_id": "100",
    "syslog_header": None,
}
VALUES = st.text(st.sampled_from(list("ab =|\\\né")), max_size=8).map(str.strip).filter(bool)


def escaped(value: str) -> str:
    """A value as CEF writes it."""
    return value.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n")


@examples(max_examples=200)
@given(st.lists(st.dictionaries(st.text("abcXYZ019", min_size=1, max_size=5), VALUES, max_size=4), max_size=5))
def test_what_cef_says_is_read(records: list[dict[str, str]]) -> None:
    """Values with spaces, signs of assignment, bars, backslashes and line ends."""
    lines = [
        "CEF:0|Acme|Wall|1.0|100|worm|10|" + " ".join(f"{name}={escaped(value)}" for name, value in each.items())
        for each in records
    ]

    found, _, rejected = read(CEF, "\n".join(lines).encode())

    assert found == [{**HEAD, **each} for each in records]
    assert rejected == []


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("Feb  7 12:00:00 fw CEF:0|Acme|Wall|1.0|100|worm|10|", {"syslog_header": "Feb  7 12:00:00 fw"}),
        ("CEF:0|Acme|Wall|1.0|100|a\\|b\\\\c|10|", {"name": "a|b\\c"}),
        ("CEF: 1|Acme|Wall|1.0|100|worm|10", {"cef_version": "1"}),
        (
            "CEF:0|Acme|Wall|1.0|100|worm|10|request=http://x/?a=b&c=d act=",
            {"request": "http://x/?a=b&c=d", "act": ""},
        ),
        ("CEF:0|Acme|Wall|1.0|100|worm|10|msg=two  words  dst=1.1.1.1 ", {"msg": "two  words", "dst": "1.1.1.1"}),
    ],
)
def test_odd_cef_events_are_understood(line: str, record: dict[str, str]) -> None:
    """Syslog before them, escapes in the header, and vendors that escape nothing."""
    assert read(CEF, line.encode())[0] == [{**HEAD, **record}]


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (
            "LEEF:1.0|Acme|Wall|1.0|100|src=1.1.1.1\tmsg=a = b",
            {"leef_version": "1.0", "src": "1.1.1.1", "msg": "a = b"},
        ),
        ("LEEF:2.0|Acme|Wall|1.0|100|^|src=1.1.1.1^msg=a b", {"src": "1.1.1.1", "msg": "a b"}),
        ("LEEF:2.0|Acme|Wall|1.0|100|x7C|src=1.1.1.1|msg=a b", {"src": "1.1.1.1", "msg": "a b"}),
        ("LEEF:2.0|Acme|Wall|1.0|100||src=1.1.1.1\tmsg=a b", {"src": "1.1.1.1", "msg": "a b"}),
        ("LEEF:2.0|Acme|Wall|1.0|100|src=1.1.1.1\tmsg=a|b", {"src": "1.1.1.1", "msg": "a|b"}),
        ("<13>host LEEF:2.0|Acme|Wall|1.0|100|^|a=1", {"syslog_header": "<13>host", "a": "1"}),
    ],
)
def test_leef_events_say_what_stands_between_pairs(line: str, record: dict[str, str]) -> None:
    """A tab in 1.0; since 2.0 a character or its number, and a tab when it is left out."""
    assert read(LEEF, line.encode())[0] == [{**LEEF_HEAD, **record}]


def test_one_file_may_hold_events_of_many_kinds() -> None:
    """Each is read by its own header, and stays in its place."""
    lines = [
        "LEEF:1.0|Acme|Wall|1.0|1|n=0\tm=a",
        "LEEF:2.0|Acme|Wall|1.0|1|^|n=1^m=a",
        "no event",
        "LEEF:2.0|Acme|Wall|1.0|1|;|n=2;m=a",
    ]

    records, positions, rejected = read(LEEF, "\n".join(lines).encode())

    assert [each["n"] for each in records] == ["0", "1", "2"]
    assert len(positions) == 3
    assert [text for _, text in rejected] == ["no event"]
