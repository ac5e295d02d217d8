"""Findings that belong together as alerts. The order in which findings arrived makes no difference."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from tailpipe_resources.model.alert import Alert
from tailpipe_resources.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tailpipe_resources.model.alert import AlertEvent

MOST_NAMES = 10
"""Of actors, addresses and resources so many are named."""

MOST_ROWS = 100
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredFinding(Finding):
    """A finding in its newest version, and when its first one was written."""

    begun: datetime | None = None


def alert_id(finding: Finding) -> str:
    """The id of the alert that begins with a finding."""
    text = "\0".join((finding.detection, finding.dedupe_key, finding.finding_id))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def alerts_of(lake: str, findings: Iterable[StoredFinding], events: Iterable[AlertEvent]) -> tuple[Alert, ...]:
    """The alerts that findings make, by their first row.

    Findings are together when less than the detection's window lies between them. What happened after an alert was
    closed belongs to another one.

    Args:
        lake: where the findings are.
        findings: all of a detection and key, or none.
        events: what was done about alerts so far; it tells which of several ids an alert is known by.
    """
    told: dict[str, datetime] = {}
    closed: dict[tuple[str, str], list[datetime]] = {}
    for event in events:
        told[event.alert_id] = min(event.at, told.get(event.alert_id, event.at))
        if event.event == "closed":
            closed.setdefault((event.detection, event.dedupe_key), []).append(event.at)
    ordered = sorted(filter(is_told, findings), key=lambda each: (*_key(each), each.first_seen, each.finding_id))
    found = (
        _alert(lake, members, told)
        for key, those in groupby(ordered, key=_key)
        for members in _together(list(those), closed.get(key, ()))
    )
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.first_seen))


def is_told(finding: Finding) -> bool:
    """Whether a finding can be an alert, or part of one."""
    return finding.alert and not finding.backtest and not finding.suppressed_by


def _key(finding: Finding) -> tuple[str, str]:
    return finding.detection, finding.dedupe_key


def _together(findings: Sequence[StoredFinding], cuts: Sequence[datetime]) -> Iterator[list[StoredFinding]]:
    """Findings of one detection and key, in the order of their first rows, cut where they are too far apart."""
    window = timedelta(seconds=max(each.dedupe_window for each in findings))
    members, last = [findings[0]], findings[0].last_seen
    for each in findings[1:]:
        if each.first_seen - last > window or any(last <= cut < each.first_seen for cut in cuts):
            yield members
            members, last = [], each.last_seen
        members.append(each)
        last = max(last, each.last_seen)
    yield members


def _alert(lake: str, members: Sequence[StoredFinding], told: Mapping[str, datetime]) -> Alert | None:
    counted = [each for each in members if not each.merged_into]
    if not counted:
        return None
    first = min(members, key=lambda each: (each.begun or _created(each), each.finding_id))
    ids = {alert_id(each) for each in members}
    known = min(ids & told.keys(), key=lambda each: (told[each], each), default=alert_id(first))
    worst = max(counted, key=lambda each: (each.severity, each.last_seen, each.finding_id))
    return Alert(
        alert_id=known,
        ids=frozenset(ids),
        lake=lake,
        detection=worst.detection,
        dedupe_key=worst.dedupe_key,
        severity=worst.severity,
        title=worst.title,
        table=worst.table,
        collection=first.collection,
        first_seen=min(each.first_seen for each in counted),
        last_seen=max(each.last_seen for each in counted),
        count=sum(each.count for each in counted),
        findings=len(counted),
        finding_ids=tuple(each.finding_id for each in counted)[:MOST_ROWS],
        tp_ids=_distinct((row for each in counted for row in each.tp_ids), MOST_ROWS),
        created_at=max(map(_created, counted)),
        authors=_distinct((name for each in counted for name in each.authors), MOST_NAMES),
        mitre=_distinct((name for each in counted for name in each.mitre), MOST_NAMES),
        actors=_distinct((each.actor for each in counted), MOST_NAMES),
        resources=_distinct((each.resource for each in counted), MOST_NAMES),
        source_ips=_distinct((each.source_ip for each in counted), MOST_NAMES),
        run_id=worst.run_id,
    )


def _created(finding: Finding) -> datetime:
    return finding.created_at or _BEGINNING


def _distinct(values: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, values)))[:most]
