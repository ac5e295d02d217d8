"""Tables of the user's own: what a format's groups or `column` blocks say becomes the same declaration as ours."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_assets.tables.declaration import RAW, RECORD, Check, Field, Table
from tailpipe_assets.tables.instants import TIME_NAMES, instant
from tailpipe_assets.tables.lists import alone, listed, members
from tailpipe_assets.tables.types import SCALARS, stored_type
from tailpipe_resources.model.config import ColumnBlock
from tailpipe_resources.model.names import hint, literal, quote
from tailpipe_resources.model.own_tables import OWN_TABLES
from tailpipe_resources.model.schema import COMMON_COLUMNS, INSTANT, PATH_COLUMNS, VIEW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_resources.model.config import Collection, TableBlock
    from tailpipe_resources.model.place import Place, Problems

CUSTOM = Table(
    name="custom",
    description="A table of your own, from text, JSON or Parquet.",
    formats=("regex", "grok", "delimited", "jsonl", "json", "logfmt", "kv", "cef", "leef", "parquet"),
    fields=(),
    time="NULL",
    timestamp="NULL",
)
"""Stands for custom tables in lists; `declare` makes the real ones."""

_ARRAY_COLUMNS = frozenset(column.name for column in COMMON_COLUMNS if column.type == "VARCHAR[]")
_MAPPED = _ARRAY_COLUMNS | {"tp_source_name", "tp_source_ip", "tp_destination_ip"}
_ROUTED = frozenset({"tp_timestamp", "tp_index", "tp_date"})
_TAKEN = "filename"
"""What DuckDB calls the file a row was read from."""

_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL(38,0)"})
"""Types that would round what is not whole; the last is what HUGEINT is stored as."""

_RESERVED = frozenset(column.name for column in (*COMMON_COLUMNS, *PATH_COLUMNS, *VIEW_COLUMNS))


def declare(
    collection: Collection, block: TableBlock | None, groups: Sequence[str] | None, problems: Problems
) -> Table | None:
    """The table of a custom collection, or None after noting why there is none.

    Args:
        collection: what names the table and its time.
        block: the user's `table` block, when there is one.
        groups: the fields its format delivers; None for JSON records.
        problems: where to note what is wrong.
    """
    place = block.place if block else collection.format_place or collection.place
    columns = _Columns(block, groups, place, problems)
    time = columns.time(collection)
    if collection.table_stored in OWN_TABLES:
        problems.add(
            collection.place, f"the table {collection.table_stored} is Tailpipe's own; give yours another name"
        )
    if time is None or not columns.sound():
        return None
    return Table(
        name=collection.table_stored,
        description=(block.description if block else "") or "A table of your own.",
        formats=CUSTOM.formats,
        fields=columns.fields(),
        shape=columns.shape(),
        unfold=columns.unfold,
        time=time,
        timestamp=instant(time, collection.timestamp_format),
        checks=columns.checks(),
        index=columns.mapped("tp_index") or "NULL",
        mapped=columns.enrichment(),
    )


def record_fields(block: TableBlock, groups: Sequence[str] | None) -> dict[str, str]:
    """What a record of the user's table is made of, by name: what expressions may speak of, and its type."""
    fields = _keys(block.columns) if groups is None else dict.fromkeys(groups, "VARCHAR")
    return {name: kind for name, kind in fields.items() if name.lower() not in {RAW, RECORD}}


class _Columns:
    """The columns a format's groups and a table block make together."""

    def __init__(
        self, block: TableBlock | None, groups: Sequence[str] | None, place: Place, problems: Problems
    ) -> None:
        self._block = block
        self._groups = groups
        self._place = place
        self._problems = problems
        self.all = (*self._undeclared(), *(block.columns if block else ()))
        self.unfold = any(each.transform for each in self.all)
        self._raw, self._record = (RAW, RECORD) if self.unfold else ("raw", "r")
        self._keys = _keys(self.all) if groups is None else {}

    def _undeclared(self) -> list[ColumnBlock]:
        declared = {each.source or each.name for each in self._block.columns} if self._block else set()
        wanted = self._block.map_fields if self._block else ("*",)
        return [
            ColumnBlock(name, self._place)
            for name in self._groups or ()
            if name not in declared and any(fnmatchcase(name, pattern) for pattern in wanted)
        ]

    def sound(self) -> bool:
        """Whether columns, types and sources make sense; what does not is noted."""
        before = len(self._problems)
        for each in self.all:
            self._check(each)
        self._check_names()
        if not self.fields():
            self._problems.add(self._place, "the table has no columns; name groups in the format or add column blocks")
        return len(self._problems) == before

    def _check(self, each: ColumnBlock) -> None:
        if each.name.lower().startswith("tp_") and each.name not in _RESERVED:
            self._problems.add(each.place, f'no common column is called "{each.name}"{hint(each.name, _RESERVED)}')
        elif each.name.lower() == _TAKEN:
            self._problems.add(
                each.place, f'column "{each.name}": readers of Parquet files take this name; use another'
            )
        elif each.name in _RESERVED - _MAPPED - _ROUTED:
            self._problems.add(each.place, f'column "{each.name}": Tailpipe fills it; it cannot be mapped')
        if stored_type(each.type) is None:
            near = hint(str(each.type), [*SCALARS, "STRUCT"])
            self._problems.add(each.place, f'column "{each.name}": {each.type} is no type{near}')
        source = each.source or each.name
        if self._groups is not None and not each.transform and source not in self._groups:
            self._problems.add(each.place, f'the format has no field "{source}"{hint(source, self._groups)}')

    def _check_names(self) -> None:
        """SQL does not tell big letters from small ones."""
        first: dict[str, str] = {}
        for each in self.all:
            other = first.setdefault(each.name.lower(), each.name)
            if other != each.name:
                self._problems.add(each.place, f'columns "{other}" and "{each.name}" differ only in case; rename one')
        for each in self.all if self._groups is None else ():
            key = each.source or each.name
            if not each.transform and key not in self._keys:
                other = next(known for known in self._keys if known.lower() == key.lower())
                what = f'the keys "{other}" and "{key}" differ only in case; a table takes one of them'
                self._problems.add(each.place, f'column "{each.name}": {what}')

    def fields(self) -> tuple[Field, ...]:
        """The table's own columns."""
        return tuple(
            Field(each.name, _stored(each.type), self._value(each), each.description)
            for each in self.all
            if each.name not in _RESERVED
        )

    def shape(self) -> dict[str, object] | None:
        """What JSON records look like."""
        return dict(self._keys) if self._groups is None else None

    def checks(self) -> tuple[Check, ...]:
        """What `required` and the types ask for."""
        kept = [each for each in self.all if each.name not in _ROUTED]
        missing = [
            Check(f"({self._source(each)}) IS NULL", f"{each.name} is missing") for each in kept if each.required
        ]
        wrong = [
            Check(f"({self._source(each)}) IS NOT NULL AND {self._is_wrong(each)}", _no_value(each))
            for each in kept
            if _stored(each.type) != "VARCHAR"
        ]
        return (*missing, *wrong)

    def _is_wrong(self, each: ColumnBlock) -> str:
        """SQL that is true of what is not of the column's type; a cast would make a struct out of no object."""
        if self._groups is None and not each.transform and _stored(each.type).startswith("STRUCT"):
            is_list = _stored(each.type).endswith("[]")
            return f"json_type({self._source(each)}) NOT IN ('{'ARRAY' if is_list else 'OBJECT'}', 'NULL')"
        absent = f"({self._value(each)}) IS NULL"
        if _stored(each.type) in _WHOLE and not each.transform:
            return f"({absent} OR try_cast({self._source(each)} AS DOUBLE) % 1 <> 0)"
        return absent

    def enrichment(self) -> dict[str, str]:
        """The common columns the user maps."""
        return {each.name: self._common(each) for each in self.all if each.name in _MAPPED}

    def mapped(self, name: str) -> str | None:
        """SQL for a common column the user maps."""
        return next((self._value(each) for each in self.all if each.name == name), None)

    def time(self, collection: Collection) -> str | None:
        """SQL for the text of the event's time, or None after noting that there is none."""
        mapped = self.mapped("tp_timestamp")
        if mapped is not None:
            return f"CAST({mapped} AS VARCHAR)"
        sources = [(each.source or each.name, each.name) for each in self.all if not each.transform]
        names = dict([*((name, field) for field, name in sources), *((field, field) for field, _ in sources)])
        wanted = (collection.timestamp,) if collection.timestamp else TIME_NAMES
        found = next((name for wish in wanted for name in sorted(names) if name.lower() == str(wish).lower()), None)
        if found is None:
            self._no_time(collection, set(names))
            return None
        return f"CAST({self._text(names[found])} AS VARCHAR)"

    def _no_time(self, collection: Collection, names: set[str]) -> None:
        if collection.timestamp:
            what = f'the format has no field "{collection.timestamp}"{hint(collection.timestamp, names)}'
        else:
            what = f'no field holds the time; name a group "timestamp" or say timestamp = "..."{hint("time", names)}'
        self._problems.add(collection.format_place or self._place, what)

    def _value(self, each: ColumnBlock) -> str:
        value, kind = self._source(each), _stored(each.type)
        if kind == INSTANT:
            return instant(f"CAST({value} AS VARCHAR)", None)
        return value if kind == "VARCHAR" and not each.transform else f"try_cast({value} AS {kind})"

    def _source(self, each: ColumnBlock) -> str:
        """SQL for what the column is made of: the record's field, or the user's expression, NULL where that fails."""
        if each.transform:
            return f"TRY(({each.transform}))"
        key = each.source or each.name
        text = self._text(key)
        value = f"{self._record}.{quote(key)}" if _is_json(each) else text
        null_if = each.null_if or (self._block.null_if if self._block else None)
        null = [*([null_if] if null_if is not None else []), *([] if _stored(each.type) == "VARCHAR" else [""])]
        return f"CASE WHEN {text} NOT IN ({', '.join(map(literal, null))}) THEN {value} END" if null else value

    def _common(self, each: ColumnBlock) -> str:
        """A value as the common column wants it: text, or a list of texts."""
        value, kind = self._value(each), _stored(each.type)
        if each.name not in _ARRAY_COLUMNS:
            return f"CAST({value} AS VARCHAR)"
        if kind.endswith("[]"):
            made = f"CAST({value} AS VARCHAR[])"
        elif kind == "JSON":
            made = members(value)
        elif kind == "VARCHAR" and each.transform:
            made = listed(self._source(each))
        elif kind == "VARCHAR" and self._groups is None:
            path = literal(f"$.{json.dumps(each.source or each.name, ensure_ascii=False)}")
            # Text that looks like a list need not be one.
            is_list = f"starts_with({value}, '[') AND json_type({self._raw}, {path}) = 'ARRAY'"
            made = f"CASE WHEN {is_list} THEN {members(f'try_cast({value} AS JSON)')} ELSE {alone(value)} END"
        else:
            made = alone(value)
        return f"list_filter({made}, lambda tp_member: tp_member IS NOT NULL)"

    def _text(self, key: str) -> str:
        """SQL for a field as text."""
        value = f"{self._record}.{quote(key)}"
        return f"({value} ->> '$')" if self._keys.get(key) == "JSON" else value


def _keys(columns: Sequence[ColumnBlock]) -> dict[str, str]:
    """What JSON records have, by key: JSON where a column of it wants that, else text.

    An expression may speak of the key that its own column is called like; other columns of that key say what it is.
    Of keys that differ in case only, the first is meant.
    """
    keys: dict[str, str] = {}
    known: set[str] = set()
    for each in columns:
        key = each.source or each.name
        if not each.transform and (key in keys or key.lower() not in known):
            known.add(key.lower())
            keys[key] = "JSON" if _is_json(each) or keys.get(key) == "JSON" else "VARCHAR"
    own = {each.name: "JSON" if _is_json(each) else "VARCHAR" for each in columns if each.transform}
    return {**keys, **{key: kind for key, kind in own.items() if key.lower() not in known}}


def _no_value(each: ColumnBlock) -> str:
    return f"{each.name} is no {(each.type or '').upper()}"


def _is_json(each: ColumnBlock) -> bool:
    kind = _stored(each.type)
    return kind == "JSON" or kind.endswith("[]") or kind.startswith("STRUCT(")


def _stored(declared: str | None) -> str:
    """The type a column is stored with; text where it is none, of which a problem is noted elsewhere."""
    return stored_type(declared) or "VARCHAR"
