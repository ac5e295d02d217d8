"""Databases in MaxMind's format, which tell where addresses are and whose.

https://maxmind.github.io/MaxMind-DB/
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from maxminddb import InvalidDatabaseError

from tailpipe_resources.model.names import hint
from tailpipe_resources.rosters.roster import RosterError, distinct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maxminddb import Reader

    from tailpipe_resources.rosters.roster import Finder

_FIRST = 2000
_SPREAD = 10_000
"""So many records, the first ones and others from all over the addresses of IPv4, tell what fields there are."""

_STRIDE = 2_654_435_761
"""2^32 divided by the golden ratio: its multiples fall evenly."""

REMEMBERED = 1 << 16
_TYPES: Final[dict[type, tuple[str, pa.DataType]]] = {
    bool: ("BOOLEAN", pa.bool_()),
    int: ("BIGINT", pa.int64()),
    float: ("DOUBLE", pa.float64()),
    str: ("VARCHAR", pa.string()),
}
_LARGEST = (1 << 63) - 1


class GeoRoster:
    """What a database knows about addresses."""

    def __init__(self, name: str, digest: str, reader: Reader) -> None:
        self.name = name
        self.digest = digest
        self.rows = int(reader.metadata().node_count)
        self._reader = reader
        self._fields: dict[str, type] | None = None
        self._record = lru_cache(maxsize=REMEMBERED)(self._found)

    def type_of(self, name: str) -> str:
        """The type of a field, named by its path such as `country.iso_code`."""
        return _TYPES[self._kind(name)][0]

    def finder(self, names: Sequence[str]) -> Finder:
        """Finds these fields of what is known about addresses."""
        kinds = [self._kind(name) for name in names]
        paths = [name.split(".") for name in names]
        labels = [str(number) for number in range(len(names))]
        struct = pa.struct([pa.field(label, _TYPES[kind][1]) for label, kind in zip(labels, kinds, strict=True)])

        def found(values: pa.Array) -> pa.StructArray:
            once, places = distinct(values)
            known = [None if value is None else self._record(value) for value in once]
            told = [
                None
                if record is None
                else {each: _of_kind(_at(record, path), kind) for each, path, kind in zip(labels, paths, kinds)}  # noqa: B905 - of one length
                for record in known
            ]
            return pa.array(told, struct).take(places)

        return found

    def _kind(self, name: str) -> type:
        if self._fields is None:
            self._fields = self._looked_through()
        if name not in self._fields:
            within = [each for each in self._fields if each.startswith(f"{name}.")]
            near = f"; it has {', '.join(sorted(within))}" if 0 < len(within) <= 12 else hint(name, self._fields)
            raise RosterError(f'lookup "{self.name}" has no field "{name}"{near}')
        return self._fields[name]

    def _looked_through(self) -> dict[str, type]:
        """The fields by their paths, each with the type that takes all of its values."""
        found: dict[str, type] = {}
        for record in self._some():
            for path, kind in _fields(record, ""):
                found[path] = _wider(found.get(path, kind), kind)
        return found

    def _some(self) -> Iterator[Any]:
        try:
            # A database without addresses of IPv4 cannot be walked through.
            with suppress(ValueError):
                for _, record in islice(self._reader, _FIRST):
                    yield record
        except InvalidDatabaseError as error:
            raise self._damaged(error) from error
        for number in range(_SPREAD):
            address = (number * _STRIDE % (1 << 32)).to_bytes(4)
            yield self._found(".".join(map(str, address)))

    def _found(self, address: str) -> Any:
        """A record; None for what is unknown, or no address that can be in it."""
        try:
            return self._reader.get(address)
        except InvalidDatabaseError as error:
            raise self._damaged(error) from error
        except ValueError:
            return None

    def _damaged(self, error: Exception) -> RosterError:
        return RosterError(f'lookup "{self.name}": the database is damaged: {error}')


def _fields(record: object, path: str) -> Iterator[tuple[str, type]]:
    """The paths of all single values inside a record."""
    inner = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    if type(record) in _TYPES and path:
        yield path, type(record)
    for key, value in inner:
        yield from _fields(value, f"{path}.{key}" if path else str(key))


def _wider(one: type, other: type) -> type:
    """The type that has the values of both."""
    if one is other:
        return one
    return float if {one, other} == {int, float} else str


def _at(record: Any, path: Sequence[str]) -> object:
    for step in path:
        if isinstance(record, dict):
            record = record.get(step)
        elif isinstance(record, list) and step.isdigit() and int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record


def _of_kind(value: object, kind: type) -> object:
    """A value as its column's type has it; None where it is something else."""
    if kind is str and type(value) in _TYPES:
        return str(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (isinstance(value, int) and value > _LARGEST):
        return None
    return value
