"""Times: which field tells when an event happened, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_assets.tables.instants import TIME_NAMES, instant
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

_NAMED = re.compile(r"time|date|stamp|when|(^|_)(ts|at|rt|end|start)$|at$", re.IGNORECASE)
_MOMENT = re.compile(r"\d[-/.: ]\w{1,3}[-/.: ]\d|^\d{8}T\d{4}")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d([.,]\d+)?)?Z?")
_DIGITS = re.compile(r"\d{10}(\.\d+)?|\d{13}|\d{16}|\d{19}")
_EPOCHS = (946_684_800, 4_102_444_800)
"""The years 2000 to 2099, in seconds."""

_LAYOUTS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%m-%d-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S.%g",
    "%b %d %Y %H:%M:%S %Z",
    "%b %d %Y %H:%M:%S.%g %Z",
    "%a %b %d %H:%M:%S.%f %Y",
    "%b %d, %Y %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%dT%H%M%SZ",
    "%y/%m/%d %H:%M:%S",
    "%m/%d/%y %H:%M:%S",
    "%d/%m/%y %H:%M:%S",
)
"""Tried beside those that need not be said; of those that fit alike the first is taken."""

_SAMPLE = 100
_ENOUGH = 0.8


@dataclass(frozen=True, slots=True)
class Time:
    """How the time of a record is found."""

    fields: tuple[str, ...]
    """What it is made of."""

    layout: str = ""
    """As `strptime` knows it, where that has to be said."""

    also: str = ""
    """The layout with day and month the other way round, where it fits as well."""

    transform: str = ""
    """SQL over the fields, where one of them is not enough."""

    @property
    def is_plain(self) -> bool:
        """Whether a cast reads it."""
        return not self.layout and not self.transform

    @property
    def is_found(self) -> bool:
        """Whether it is found without being named."""
        return self.is_plain and self.fields[0].lower() in TIME_NAMES


def find_time(connection: duckdb.DuckDBPyConnection, fields: Mapping[str, Sequence[Any]]) -> Time | None:
    """What tells the time of records; None when nothing does.

    Args:
        connection: an empty database.
        fields: the values of each field.
    """
    ranked = sorted(fields, key=_rank)
    dates = None
    for name in ranked:
        values = _texts(fields[name])
        found = _of(connection, name, values)
        if found is not None and found.also:
            found = _laid_out(connection, name, _texts(fields[name], most=None))
        if found is not None and all(re.fullmatch(r"\d{4}-\d\d-\d\d", each) for each in values):
            dates = dates or found
        elif found is not None:
            return found
    return _with_clock(dates, fields) or _nested(connection, fields) or dates


def is_instant(connection: duckdb.DuckDBPyConnection, texts: Sequence[str]) -> bool:
    """Whether all of them are times that need no layout."""
    return all(_MOMENT.search(each) for each in texts) and _share(connection, instant("t"), texts) == 1


def _rank(name: str) -> tuple[int, int]:
    lower = name.lower()
    if lower in TIME_NAMES:
        return 0, TIME_NAMES.index(lower)
    return (1, 0) if _NAMED.search(name) else (2, 0)


def _texts(values: Sequence[Any], most: int | None = _SAMPLE) -> list[str]:
    return [str(each) for each in values if isinstance(each, str | int | float) and not isinstance(each, bool)][:most]


def _of(connection: duckdb.DuckDBPyConnection, name: str, values: Sequence[str]) -> Time | None:
    if not values:
        return None
    if all(_DIGITS.fullmatch(each) for each in values):
        return _epoch(name, values) if _NAMED.search(name) else None
    if sum(bool(_MOMENT.search(each)) for each in values) < _ENOUGH * len(values):
        return None
    if _share(connection, instant("t"), values) >= _ENOUGH:
        return Time((name,))
    return _laid_out(connection, name, values)


def _laid_out(connection: duckdb.DuckDBPyConnection, name: str, values: Sequence[str]) -> Time | None:
    """A time with the layout that fits most values."""
    shares = dict(zip(_LAYOUTS, _shares(connection, [instant("t", each) for each in _LAYOUTS], values), strict=True))
    best = max(_LAYOUTS, key=lambda layout: shares[layout])
    if shares[best] < _ENOUGH:
        return None
    swapped = best.translate({ord("d"): "m", ord("m"): "d"})
    is_either = swapped != best and shares.get(swapped) == shares[best]
    return Time((name,), layout=best, also=swapped if is_either else "")


def _epoch(name: str, values: Sequence[str]) -> Time | None:
    whole = len(values[0].partition(".")[0])
    if not all(_EPOCHS[0] <= int(each[:10]) < _EPOCHS[1] for each in values):
        return None
    if whole <= 13:
        return Time((name,))
    micros = f"CAST({_named(name)} AS BIGINT)" + (" // 1000" if whole == 19 else "")
    return Time((name,), transform=f"make_timestamptz({micros})")


def _with_clock(dates: Time | None, fields: Mapping[str, Sequence[Any]]) -> Time | None:
    """A field with the date and one with the time of the day."""
    if dates is None:
        return None
    for name, found in fields.items():
        values = _texts(found)
        if values and all(_CLOCK.fullmatch(each) for each in values):
            return Time((dates.fields[0], name), transform=f"{_named(dates.fields[0])} || ' ' || {_named(name)}")
    return None


def _nested(connection: duckdb.DuckDBPyConnection, fields: Mapping[str, Sequence[Any]]) -> Time | None:
    """A time within an object, as `meta.time`."""
    found = [
        (name, way, values)
        for name, objects in fields.items()
        for way, values in _inside([each for each in objects if isinstance(each, dict)])
    ]
    for name, way, values in sorted(found, key=lambda each: _rank(each[1].rpartition(".")[2])):
        inner = _of(connection, way.rpartition(".")[2], _texts(values))
        if inner is not None and inner.is_plain:
            keys = ".".join(f'"{key}"' for key in way.split("."))
            return Time((name,), transform=f"{_named(name)} ->> {literal('$.' + keys)}")
    return None


def _inside(objects: Sequence[Mapping[str, Any]], way: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    values: dict[str, list[Any]] = {}
    for each in objects[:_SAMPLE]:
        for key, value in each.items():
            if not re.search(r'[."\\]', key):
                values.setdefault(key, []).append(value)
    for key, found in values.items():
        path = f"{way}.{key}" if way else key
        if all(isinstance(each, dict) for each in found):
            if depth < 2:
                yield from _inside(found, path, depth + 1)
        else:
            yield path, found


def _share(connection: duckdb.DuckDBPyConnection, expression: str, texts: Sequence[str]) -> float:
    (share,) = _shares(connection, [expression], texts)
    return share


def _shares(connection: duckdb.DuckDBPyConnection, expressions: Sequence[str], texts: Sequence[str]) -> list[float]:
    """Of how many texts each expression makes something."""
    counted = ", ".join(f"count({each})" for each in expressions)
    query = f"SELECT {counted} FROM (SELECT unnest(?::VARCHAR[]) AS t)"
    (counts,) = connection.execute(query, [list(texts)]).fetchall()
    return [float(count) / len(texts) for count in counts]


def _named(field: str) -> str:
    return field if re.fullmatch(r"[a-z_][a-z0-9_]*", field) and field not in {"date", "time"} else f'"{field}"'
