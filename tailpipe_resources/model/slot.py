"""A slot: one leaf folder of the lake. It knows its path both ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!$&()+,:;<>@^`{|}")
_PATH = re.compile(
    r"(?P<table>[^/]+)/tp_partition=(?P<collection>[^/]+)/tp_index=(?P<index>[^/]+)"
    r"/tp_year=(?P<year>\d+)/tp_month=(?P<month>\d+)/tp_day=(?P<day>\d+)"
)
_NULL = "__HIVE_DEFAULT_PARTITION__"
MAX_ENCODED = 240
"""Bytes an encoded value may take; file systems allow 255 for `tp_index=` and the value together."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """Where the rows of one table, collection, index value and UTC day lie."""

    table: str
    collection: str
    index: str
    day: date

    @property
    def path(self) -> str:
        """The folder, relative to the lake, with odd characters percent-encoded."""
        return (
            f"{self.table}/tp_partition={encode(self.collection)}/tp_index={encode(self.index)}"
            f"/tp_year={self.day.year}/tp_month={self.day.month:02}/tp_day={self.day.day:02}"
        )

    @classmethod
    def from_path(cls, path: str) -> Slot:
        """The slot a folder, or a file in it, belongs to.

        Raises:
            ValueError: when the path is not of the lake's layout.
        """
        found = _PATH.match(path)
        if found is None:
            raise ValueError(f"not a path of the lake: {path}")
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        return cls(found["table"], unquote(found["collection"]), unquote(found["index"]), day)


def can_be_folder(index: str) -> bool:
    """Whether an index value can be the name of its folder: not too long, and not what stands for NULL there."""
    return index != _NULL and len(encode(index)) <= MAX_ENCODED


def encode(value: str) -> str:
    """A value as one folder name's part, the way DuckDB writes hive folders: percent-encoded UTF-8."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in value.encode())
