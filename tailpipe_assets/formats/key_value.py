"""Lines of names and values: logfmt, and what firewalls and appliances write in its manner.

References:
    https://brandur.org/logfmt
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow.compute as pc

from tailpipe_assets.formats.object_lines import ObjectLines, one_character
from tailpipe_assets.formats.objects import converted, json_strings, members_of_pairs, objects
from tailpipe_assets.formats.pairs import separated_pairs
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    import pyarrow as pa

    from tailpipe_assets.formats.base import Piece


PRIORITY = "syslog_priority"
"""The field for the number that syslog writes before a line: eight times the facility, and the severity."""

_PRIORITY = rf"^<(?P<{PRIORITY}>[0-9]{{1,3}})> *"


class KeyValueOptions(Options):
    """What stands between pairs, and between name and value."""

    separator: str = " "
    """The character between pairs; spaces around it mean nothing."""

    assign: str = "="
    """The character between a name and its value."""

    quote: str = '"'
    """The character around values that hold the others; `""` for none."""

    description: str = ""
    """What the format is for."""


class KeyValueFormat(ObjectLines):
    """Lines of `name=value` pairs."""

    name: ClassVar[str] = "kv"
    description: ClassVar[str] = "Lines of name=value pairs; words that are no pair are passed over."
    options: ClassVar[type[Options]] = KeyValueOptions
    bare: ClassVar[bool] = False

    def __init__(self, options: KeyValueOptions) -> None:
        self._separator = one_character("separator", options.separator)
        self._assign = one_character("assign", options.assign)
        self._quote = one_character("quote", options.quote, or_none=True)
        if len({self._separator, self._assign, self._quote}) < 3:
            raise ValueError('"separator", "assign" and "quote" must differ')

    def read(self, piece: Piece) -> Piece:
        """A piece of lines as a piece of JSON objects; lines without a pair, or with an open quote, do not fit."""
        text, priority = _without_priority(piece.raw)
        found = separated_pairs(text, self._separator, self._assign, self._quote, bare=self.bare)
        count = len(piece.raw)
        records = objects(*priority, members_of_pairs(found.keys, found.values, found.lines, count))
        has_pair = np.bincount(found.lines, minlength=count) > 0
        return converted(piece, records, found.sound & has_pair, "the line holds no pairs, or a quote is not closed")


def _without_priority(text: pa.Array) -> tuple[pa.Array, tuple[pa.Array, ...]]:
    """Lines without the `<189>` that syslog writes before them, and what it says as members of their objects."""
    if not pc.any(pc.starts_with(text, "<"), min_count=0).as_py():
        return text, ()
    found = pc.struct_field(pc.extract_regex(text, _PRIORITY), PRIORITY)
    members = pc.binary_join_element_wise(f'"{PRIORITY}":', json_strings(found), "")
    return pc.replace_substring_regex(text, _PRIORITY, ""), (pc.if_else(pc.is_valid(found), members, ""),)


class LogfmtOptions(Options):
    """Logfmt needs no settings."""

    description: str = ""
    """What the format is for."""


class LogfmtFormat(KeyValueFormat):
    """Logfmt: pairs between spaces; a name without a value is `true`."""

    name: ClassVar[str] = "logfmt"
    description: ClassVar[str] = "Logfmt: name=value pairs between spaces; a name alone means true."
    options: ClassVar[type[Options]] = LogfmtOptions
    bare: ClassVar[bool] = True

    def __init__(self, options: LogfmtOptions) -> None:
        del options
        super().__init__(KeyValueOptions())
