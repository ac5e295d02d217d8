"""What there is to look at about a finding: its rows, and what else the same actor and address did about then."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.finding import FINDING_COLUMNS, FINDING_TABLE
from tailpipe_resources.model.names import quote
from tailpipe_resources.model.window import shifted
from tailpipe_resources.query.layers import ALL_LOG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.views.opened import OpenViews

NEAR = timedelta(minutes=15)
MOST_AROUND = 100
"""So many events about a finding are shown; of more, those nearest to it in time."""

_HEX = frozenset("0123456789abcdef")
_SAME = (
    "($address IS NOT NULL AND (tp_source_ip = $address OR list_contains(tp_ips, $address))) OR ($actor IS NOT NULL "
    "AND (list_contains(tp_usernames, $actor) OR list_contains(tp_akas, $actor) "
    "OR contains(CAST(record AS VARCHAR), $actor_in_json)))"
)
"""Who acted is another column in every table: that it stands in the record, as a whole value, is what they share."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finding, and what there is to look at."""

    finding: Mapping[str, Any]
    """Its columns."""

    rows: tuple[Mapping[str, Any], ...]
    """The rows it was found in, as far as they are still there."""

    around: tuple[Mapping[str, Any], ...]
    """Events of the same actor or address in all tables, but for its own rows: common columns, and `record`."""

    counts: Mapping[str, int]
    """How many there are of those, by table."""

    start: datetime
    end: datetime
    """Between which they happened."""


def find(opened: OpenViews, said: str) -> Mapping[str, Any]:
    """A finding by its id or how that begins.

    Raises:
        UsageError: no finding is meant, or several are.
    """
    names = [each.name for each in FINDING_COLUMNS]
    if not said or not set(said) <= _HEX:
        raise UsageError(f'"{said}" is no finding id; `tailpipe finding list` shows which there are')
    statement = f"SELECT {', '.join(names)} FROM {FINDING_TABLE} WHERE starts_with(finding_id, $said) LIMIT 2"
    found = [dict(zip(names, row, strict=True)) for row in _rows(opened, statement, {"said": said})]
    if not found:
        raise UsageError(f'no finding begins with "{said}"; `tailpipe finding list` shows which there are')
    if len(found) > 1:
        raise UsageError(f'several findings begin with "{said}"; write more of the id')
    times = {name: datetime.fromisoformat(found[0][name]) for name in ("first_seen", "last_seen")}
    return found[0] | times


def evidence_of(opened: OpenViews, finding: Mapping[str, Any]) -> Evidence:
    """What there is to look at about a finding."""
    first, last = finding["first_seen"], finding["last_seen"]
    start, end = shifted(first, -NEAR), shifted(last, NEAR)
    rows: tuple[Mapping[str, Any], ...] = ()
    if finding["finding_table"] in opened.views.names:
        statement = (
            f"SELECT to_json(t) FROM main.{quote(finding['finding_table'])} t WHERE tp_timestamp BETWEEN $first AND "
            "$last AND list_contains($ids, tp_id) ORDER BY tp_timestamp, tp_id"
        )
        asked = {"first": first, "last": last, "ids": list(finding["tp_ids"] or ())}
        rows = tuple(json.loads(text) for (text,) in _rows(opened, statement, asked))
    actor = finding["actor"]
    spelled = json.dumps(actor, ensure_ascii=False)
    same = {"start": start, "end": end, "actor": actor, "actor_in_json": spelled, "address": finding["source_ip"]}
    around, counts = _around(opened, same, [*(finding["tp_ids"] or ())], first, last)
    return Evidence(finding, rows, around, counts, start, end)


def _around(
    opened: OpenViews, same: dict[str, Any], ids: list[str], first: datetime, last: datetime
) -> tuple[tuple[Mapping[str, Any], ...], Mapping[str, int]]:
    statement = (
        "SELECT tp_table, to_json(t), count(*) OVER (PARTITION BY tp_table) AS n, "
        "greatest(epoch_us($first) - epoch_us(tp_timestamp), epoch_us(tp_timestamp) - epoch_us($last), 0) AS away "
        f"FROM main.{ALL_LOG} t WHERE tp_timestamp BETWEEN $start AND $end AND ({_SAME}) "
        "AND NOT list_contains($ids, tp_id) "
        f"QUALIFY row_number() OVER (ORDER BY away, tp_timestamp, tp_id) <= {MOST_AROUND} "
        "OR row_number() OVER (PARTITION BY tp_table ORDER BY away, tp_timestamp, tp_id) = 1 ORDER BY tp_timestamp"
    )
    found = _rows(opened, statement, {**same, "ids": ids, "first": first, "last": last})
    counts = Counter({table: count for table, _, count, _ in found})
    return tuple(json.loads(text) for _, text, _, _ in found), counts


def _rows(opened: OpenViews, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
    return [row for batch in opened.ask(statement, parameters).batches for row in batch]
