"""What is kept of a rejected record."""

from __future__ import annotations

import pytest

from tailpipe_assets.formats.strings import SHOWN_BYTES, shown


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ("plain", "plain"),
        (b"plain", "plain"),
        (b"\xffplain\xc3\xa9", "\\xffplain\u00e9"),
        ("x" * SHOWN_BYTES + "y", "x" * SHOWN_BYTES),
        (b"x" * SHOWN_BYTES + b"y", "x" * SHOWN_BYTES),
        ("\u00e9" * SHOWN_BYTES, "\u00e9" * (SHOWN_BYTES // 2)),
        ("x" + "\u00e9" * SHOWN_BYTES, "x" + "\u00e9" * (SHOWN_BYTES // 2 - 1)),
    ],
    ids=["text", "bytes", "no UTF-8", "long text", "long bytes", "long letters", "a letter cut in two"],
)
def test_a_record_is_shown_up_to_a_limit_of_bytes(record: bytes | str, text: str) -> None:
    """The limit counts bytes of text too, which is cut between letters."""
    assert shown(record) == text
