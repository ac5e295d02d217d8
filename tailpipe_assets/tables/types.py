"""Types of columns as users write them, and as they are stored."""

from __future__ import annotations

import re
from typing import Final

from tailpipe_resources.model.names import quote

SCALARS: Final = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"),
    *("VARCHAR", "TEXT", "STRING", "BLOB", "DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME", "UUID", "JSON"),
)
_STORED = {
    "INT": "INTEGER",
    "TINYINT": "SMALLINT",
    "HUGEINT": "DECIMAL(38,0)",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "TIME": "VARCHAR",
    "UUID": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
}
"""Types Delta has no place for, and the ones that hold the same."""

_NAMES = "|".join(sorted(SCALARS, key=len, reverse=True))
_SCALAR = re.compile(rf"({_NAMES})\b(\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?", re.IGNORECASE)
_STRUCT = re.compile(r"STRUCT\s*\(\s*", re.IGNORECASE)
_FIELD = re.compile(r'(?:([A-Za-z_]\w*)|"((?:[^"]|"")+)")\s+')
_COMMA = re.compile(r"\s*,\s*")
_END = re.compile(r"\s*\)")
_LIST = re.compile(r"\s*\[\s*\]")


def stored_type(written: str | None) -> str | None:
    """The type a column is stored with, or None when that is no type; text unless said."""
    if written is None:
        return "VARCHAR"
    text = written.strip()
    read = _Reader(text)
    try:
        kind = read.type()
    except ValueError:
        return None
    return kind if read.at == len(text) else None


class _Reader:
    """Follows a type from its beginning."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def type(self) -> str:
        """The type that begins here.

        Raises:
            ValueError: none does.
        """
        kind = self._struct() if self._skips(_STRUCT) else self._scalar()
        while self._skips(_LIST):
            kind += "[]"
        return kind

    def _struct(self) -> str:
        fields = []
        while True:
            name = self._found(_FIELD)
            plain = name[1] or name[2].replace('""', '"')
            fields.append(f"{quote(plain)} {self.type()}")
            if not self._skips(_COMMA):
                break
        self._found(_END)
        return f"STRUCT({', '.join(fields)})"

    def _scalar(self) -> str:
        found = self._found(_SCALAR)
        name = found[1].upper()
        return _STORED.get(name, name) + re.sub(r"\s", "", found[2] or "")

    def _skips(self, pattern: re.Pattern[str]) -> bool:
        found = pattern.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return found is not None

    def _found(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self.at)
        if found is None:
            raise ValueError(self._text)
        self.at = found.end()
        return found
