"""Known logs: which of the installed tables a head may be of, the likeliest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_assets.recognition.forms import Form, forms
from tailpipe_assets.recognition.head import cut, records_of
from tailpipe_assets.tables.custom import CUSTOM
from tailpipe_resources import plugins
from tailpipe_resources.errors import PluginError
from tailpipe_resources.sources.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_assets.recognition.head import Head
    from tailpipe_assets.tables.declaration import Table

_HINTS = {"apache_access_log": r"apache|httpd", "nginx_access_log": r"nginx"}
_LAST = ("http_log", "nginx_access_log", "apache_access_log", "syslog")
"""Formats that several tables read go to the first of these that has them, unless the path says otherwise."""

_SYSLOG = re.compile(
    r"<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ |\d{4}-\d\d-\d\dT\S+ [\w.-]+ [\w./-]+(\[\d+\])?: "
)
"""How its lines begin; the format itself takes much else for syslog."""

_SAME_KEYS = 0.6
_FEWEST_KEYS = 4
_FITTING = 0.7


@dataclass(frozen=True, slots=True)
class Known:
    """A table, and the format it is read from."""

    table: str
    format: str | None = None
    """The format's name, where it is not the table's default."""

    records: str | None = None
    """Where the documents hold their records, where that is not where the table expects them."""


def tables() -> dict[str, Table]:
    """The installed tables that can be loaded, by name."""
    found: dict[str, Table] = {}
    for name in plugins.names("table"):
        try:
            found[name] = plugins.load("table", name)
        except PluginError:
            continue
    found.pop(CUSTOM.name, None)
    return found


def known(head: Head) -> Iterator[Known]:
    """The tables a head may be of."""
    if head.is_parquet or not head.is_text:
        return
    found = list(forms(head))
    objects = [each for each in found if each.type in {"json", "jsonl"}]
    for form in objects:
        yield from _of_objects(head, form)
    if not objects and not any(each.type in {"cef", "leef"} for each in found):
        yield from _of_lines(head)


def _of_objects(head: Head, form: Form) -> Iterator[Known]:
    records = records_of(cut(head, form.made()), form.made())
    scored = [(_alike(records, table), table) for table in tables().values() if table.shape]
    for score, table in sorted(scored, key=lambda each: -each[0]):
        if score >= _SAME_KEYS:
            yield _read_as(table, form)


def _alike(records: list[dict[str, Any]], table: Table) -> float:
    """How much of what records hold the table knows."""
    wanted = set(table.shape or ())
    shares = [len(wanted & each.keys()) / len(each) for each in records if each]
    enough = any(len(wanted & each.keys()) >= _FEWEST_KEYS for each in records)
    return sum(shares) / len(records) if enough else 0.0


def _read_as(table: Table, form: Form) -> Known:
    records = form.options.get("records")
    if form.type == "json" and records and records != table.format_options.get("records", "Records"):
        return Known(table.name, "json", records)
    default = table.formats[0]
    if default == form.type or default == "json":
        return Known(table.name)
    return Known(table.name, form.type)


def _of_lines(head: Head) -> Iterator[Known]:
    found = []
    for table in tables().values():
        for name in table.formats if table.shape is None else ():
            form = Form(name, {} if name != table.formats[0] else dict(table.format_options))
            share = _share(head, form)
            if share >= _FITTING:
                is_default = name == table.formats[0] and table.name != "http_log"
                found.append((*_rank(head, table), -share, Known(table.name, None if is_default else name)))
    yield from (each[-1] for each in sorted(found, key=lambda each: each[:-1]))


def _share(head: Head, form: Form) -> float:
    if form.type == "syslog" and sum(bool(_SYSLOG.match(each)) for each in head.lines) < _FITTING * len(head.lines):
        return 0.0
    made = form.made()
    records = cut(head, made)
    count = min(records.count, 400) + records.rejected
    return len(records_of(records, made)) / count if count else 0.0


def _rank(head: Head, table: Table) -> tuple[int, int]:
    location = head.artifact.location
    key = re.sub(r"^s3://[^/]*/", "", location)
    hint = _HINTS.get(table.name)
    is_hinted = hint is not None and re.search(hint, location, re.IGNORECASE) is not None
    is_laid_out = any(Layout(each).match(key) is not None for each in table.layouts.values())
    return (0 if is_hinted or is_laid_out else 1, _LAST.index(table.name) + 1 if table.name in _LAST else 0)
