"""`tailpipe finding show`: a finding with what a person needs to judge it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows
from tailpipe_resources.model.finding import sql_for_rows
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tailpipe_assets.views.evidence import Evidence
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.detection import Detection

_FACTS = (
    *("title", "severity", "detection", "first_seen", "last_seen", "row_count", "actor", "source_ip", "resource"),
    "group_key",
    *("finding_collection", "suppressed_by", "merged_into", "mitre", "authors", "backtest", "run_id", "finding_id"),
)
_TELLING = ("event_name", "action", "operation", "method", "request_method", "path", "uri", "status", "error_code")
"""Columns that say most about an event, where a table has them."""

_OURS = ("tp_index", "tp_source_location", "tp_source_offset")
_DULL = ("_id", "_time", "_version", "timestamp")
"""How names of columns end that say little in a line."""

_MOST_ROWS = 20
_WIDEST = 110


def show(config: Config, said: str, output: str) -> int:
    """Write a finding, its rows, and what happened about it.

    Raises:
        UsageError: no finding is meant, or several are.
    """
    from tailpipe_assets.views.evidence import evidence_of, find
    from tailpipe_assets.views.opened import open_config

    with open_config(config) as opened:
        evidence = evidence_of(opened, find(opened, said))
    detection = _detection(config, str(evidence.finding["detection"]))
    if output == "json":
        print_json(_page(evidence, detection))
    else:
        _print(evidence, detection)
    return Exit.OK


def _detection(config: Config, address: str) -> Detection | None:
    known = config.detections
    found = next((each for each in known.detections if each.address == address), None)
    if found is None and any(address.startswith(f"{pack.type}.{pack.name}.") for pack in known.packs):
        from tailpipe_assets.pipeline.plan import planned
        from tailpipe_resources.model.place import Problems

        rules = planned(config, problems=Problems()).rules.rules
        return next((each.detection for each in rules if each.detection.address == address), None)
    return found


def _page(evidence: Evidence, detection: Detection | None) -> dict[str, Any]:
    finding = {key: _plain(value) for key, value in evidence.finding.items()}
    return {
        "finding": finding | {"sample": json.loads(finding["sample"]) if finding["sample"] else None},
        "note": detection.description if detection else "",
        "references": list(detection.references) if detection else [],
        "pack": detection.pack if detection else "",
        "written_at": str(detection.place) if detection else "",
        "rows": list(evidence.rows),
        "around": {
            "from": evidence.start.isoformat(),
            "to": evidence.end.isoformat(),
            "counts": dict(evidence.counts),
            "events": list(evidence.around),
        },
        "query": _query_of(evidence.finding),
    }


def _print(evidence: Evidence, detection: Detection | None) -> None:
    finding = evidence.finding
    print_facts({name: _plain(finding[name]) for name in _FACTS if finding[name] not in (None, "", [], False)})
    if detection is not None:
        came = f" in the pack {detection.pack}" if detection.pack else ""
        print(f"\nThe rule is at {detection.place}{came}.")
    if detection is not None and (detection.description or detection.references):
        print()
        print("\n".join([*filter(None, [detection.description]), *detection.references]))
    count = len(evidence.rows)
    lacking = "they are in the lake no more" if finding["tp_ids"] else "its query counts them and names none"
    print(f"\nRows: {count} of {finding['row_count']}" + ("" if count else f"; {lacking}"))
    _print_events(evidence.rows[:_MOST_ROWS])
    if count == 1:
        print()
        print_facts({name: _short(value) for name, value in evidence.rows[0].items() if _is_telling(name, value)})
    told = ", ".join(f"{count} in {table}" for table, count in evidence.counts.items()) or "none"
    print(f"\nThe same actor or address, {evidence.start:%Y-%m-%d %H:%M} to {evidence.end:%H:%M} UTC: {told}")
    _print_events(evidence.around)
    print(f"\nTo see the rows:\n  tailpipe query {json.dumps(_query_of(finding))}")


def _is_telling(name: str, value: object) -> bool:
    return value not in (None, "", [], {}) and (
        not name.startswith("tp_") or name in {"tp_index", "tp_source_location"}
    )


def _short(value: Any) -> Any:
    """A value; of one with fields, those that are not empty, as JSON."""
    return json.dumps(_full(value), ensure_ascii=False) if isinstance(value, dict | list) else value


def _full(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _full(each) for key, each in value.items() if each is not None}
    return [_full(each) for each in value] if isinstance(value, list) else value


def _print_events(rows: Iterable[Mapping[str, Any]]) -> None:
    events = [
        {
            "time": str(each["tp_timestamp"]),
            "table": each["tp_table"],
            "address": each.get("tp_source_ip"),
            "actor": (each.get("tp_usernames") or [None])[0],
            "what": _what(each),
        }
        for each in rows
    ]
    if events:
        print_rows(events, ("time", "table", "address", "actor", "what"))


def _what(row: Mapping[str, Any]) -> str:
    """The scalars of an event's own columns, those that say most first, as far as a line goes."""
    own = row["record"] if "record" in row else {k: v for k, v in row.items() if not k.startswith("tp_")}
    skipped = {row.get("tp_source_ip"), *(row.get("tp_usernames") or ())}
    names = [name for name in own if not name.endswith(_DULL) and str(own[name]) not in skipped]
    ordered = sorted(names, key=lambda name: _TELLING.index(name) if name in _TELLING else len(_TELLING))
    said = [f"{name}={own[name]}" for name in ordered if isinstance(own[name], str | int | float) and own[name] != ""]
    text = " ".join(" ".join(said).split())
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _query_of(finding: Mapping[str, Any]) -> str:
    """SQL for the rows of a finding; of one that names none, for those of its time."""
    ids = ", ".join(literal(each) for each in finding["tp_ids"] or ())
    return sql_for_rows(finding["finding_table"], finding["first_seen"], finding["last_seen"], ids)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
