"""Lookups: which texts a file may hold, so that a search for one address or id opens the few files that may have it.

A lookup lies beside a file that compaction wrote, and knows every column of text, fields of structs and lists among
them. A column is a split-block Bloom filter: a text that was written is always found, and about one in two hundred
others too. It is stored in pages, each with a checksum; what is torn, damaged or absent leaves no file out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb

from tailpipe_resources.model.names import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from duckdb.sqltypes import DuckDBPyType

    from tailpipe_resources.model.schema import Column

_MAGIC = b"TPLOOK01"
_PREFIX = struct.Struct("<8sII")
"""What it is, the length of the header, and its checksum."""

_BLOCK = struct.Struct("<8I")
_BLOCKS_A_PAGE = 127
_PAGE = _BLOCKS_A_PAGE * _BLOCK.size + 4
_BITS_A_TEXT = 12
_FIRST_READ = 8192
_PLAIN_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Part:
    """Texts that can be looked up: a column, a field of one, or the members of a list."""

    key: str
    """As a condition names it, such as `user_identity.arn`; of a list with `[]` behind."""

    sql: str
    path: str
    """As Parquet's metadata names it."""


@dataclass(frozen=True, slots=True)
class _Header:
    size: int
    """Bytes before the first page."""

    parts: Mapping[str, tuple[int, int]]
    """By key, the first block and how many there are."""


def parts_of(columns: Iterable[Column]) -> tuple[Part, ...]:
    """Everything that can be looked up in a table's files; nothing whose name could mean two things."""
    texts = [column for column in columns if "VARCHAR" in column.type]
    odd = [column.name for column in texts if not _PLAIN_NAME.fullmatch(column.name)]
    found = (
        part
        for column in texts
        if column.name not in odd
        for part in _parts(duckdb.sqltype(column.type), column.name, quote(column.name), column.name)
    )
    return tuple(part for part in found if not any(f"{part.key}.".startswith(f"{name}.") for name in odd))


def _parts(kind: DuckDBPyType, key: str, sql: str, path: str) -> Iterator[Part]:
    if str(kind) == "VARCHAR":
        yield Part(key, sql, path)
    elif str(kind) == "VARCHAR[]":
        yield Part(f"{key}[]", f"unnest({sql})", f"{path}, list, element")
    elif kind.id == "struct":
        fields: dict[str, Any] = dict(kind.children)
        if all(map(_PLAIN_NAME.fullmatch, fields)):
            for name, child in fields.items():
                yield from _parts(child, f"{key}.{name}", f"struct_extract({sql}, {literal(name)})", f"{path}, {name}")


def build(connection: duckdb.DuckDBPyConnection, file: str, columns: Iterable[Column]) -> bytes:
    """The lookup of a Parquet file.

    Args:
        connection: must be allowed to read the file.
        file: its path.
        columns: what it holds.
    """
    rows, distinct = _distinct(connection, file)
    header: dict[str, tuple[int, int]] = {}
    queries, total = [], 0
    for part in parts_of(columns):
        found = distinct.get(part.path, rows)
        blocks = -(-found * _BITS_A_TEXT // (_BLOCK.size * 8))
        header[part.key] = (total, blocks)
        if blocks:
            queries.append(_blocks(part, file, total, blocks, is_repeated=found * 4 < rows))
        total += blocks
    body = bytearray(total * _BLOCK.size)
    cursor = connection.execute("\nUNION ALL\n".join(queries)) if queries else None
    while cursor is not None and (found_blocks := cursor.fetchmany(4096)):
        for block, *words in found_blocks:
            _BLOCK.pack_into(body, block * _BLOCK.size, *words)
    return _packed(header, bytes(body))


def _distinct(connection: duckdb.DuckDBPyConnection, file: str) -> tuple[int, dict[str, int]]:
    """How many rows there are, and at most how many different texts each column has."""
    texts = "sum(coalesce(stats_distinct_count, num_values - coalesce(stats_null_count, 0)))::BIGINT"
    found = connection.execute(
        f"SELECT path_in_schema, {texts} FROM parquet_metadata({literal(file)}) GROUP BY ALL"
    ).fetchall()
    [(rows,)] = connection.execute(
        f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({literal(file)})"
    ).fetchall()
    return rows or 0, dict(found)


def _blocks(part: Part, file: str, first: int, blocks: int, *, is_repeated: bool) -> str:
    """SQL for a part's blocks that are not empty: where each is, and its eight words."""
    distinct = "DISTINCT " if is_repeated else ""
    words = ", ".join(
        f"bit_or(1::UINTEGER << ((digest >> {5 * word}) & 31)::UINTEGER) AS word{word}" for word in range(8)
    )
    return (
        f"SELECT {first} + (((digest >> 40) * {blocks}) >> 24)::BIGINT AS block, {words} FROM ("
        f"SELECT md5_number_lower(value) AS digest FROM (SELECT {distinct}{part.sql} AS value "
        f"FROM read_parquet({literal(file)})) WHERE value IS NOT NULL) GROUP BY block"
    )


def _packed(header: Mapping[str, tuple[int, int]], body: bytes) -> bytes:
    text = json.dumps(header, separators=(",", ":")).encode()
    room = _PAGE - 4
    pages = (body[at : at + room].ljust(room, b"\0") for at in range(0, len(body), room))
    packed = b"".join(page + zlib.crc32(page).to_bytes(4, "little") for page in pages)
    return _PREFIX.pack(_MAGIC, len(text), zlib.crc32(text)) + text + packed


def digest(text: str) -> int:
    """A text as lookups know it. The same as DuckDB's `md5_number_lower`."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little")


def may_hold(lookup: str, key: str, wanted: int) -> bool:
    """Whether a file may hold a text.

    Args:
        lookup: the path of the file's lookup.
        key: of the part where the text is to be.
        wanted: the text's digest.
    """
    header = _header(lookup)
    first, blocks = header.parts.get(key, (0, -1)) if header is not None else (0, -1)
    if header is None or blocks < 0:
        return True
    if blocks == 0:
        return False
    number = first + ((wanted >> 40) * blocks >> 24)
    page = _read(lookup, header.size + number // _BLOCKS_A_PAGE * _PAGE, _PAGE)
    if len(page) != _PAGE or zlib.crc32(page[:-4]) != int.from_bytes(page[-4:], "little"):
        return True
    words = _BLOCK.unpack_from(page, number % _BLOCKS_A_PAGE * _BLOCK.size)
    return all(word >> (wanted >> 5 * place & 31) & 1 for place, word in enumerate(words))


@lru_cache(maxsize=2048)
def _header(lookup: str) -> _Header | None:
    """What a lookup knows; None when it cannot be read. It never changes: its file does not."""
    start = _read(lookup, 0, _FIRST_READ)
    if len(start) < _PREFIX.size:
        return None
    magic, length, checksum = _PREFIX.unpack_from(start)
    size = _PREFIX.size + length
    text = (start if len(start) >= size else _read(lookup, 0, size))[_PREFIX.size : size]
    if magic != _MAGIC or zlib.crc32(text) != checksum:
        return None
    found: Any = json.loads(text)
    return _Header(size, {key: (first, blocks) for key, (first, blocks) in found.items()})


def _read(path: str, offset: int, size: int) -> bytes:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.pread(file, size, offset)
    except OSError:
        return b""
    finally:
        os.close(file)
