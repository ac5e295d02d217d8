"""What a person is told: enough to act on, in words that need no other page."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_resources.model.finding import FINDING_TABLE, SHORT_ID, sql_for_rows
from tailpipe_resources.model.home import home
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from tailpipe_resources.model.alert import Alert

MOST_IDS = 3
"""So many rows are named in the query of a message; of more it names the findings they are kept in."""

MOST_FINDINGS = 5
"""So many findings are named there."""

MOST_LETTERS = 500
"""So long a fact is shown; receivers refuse a message that is too long, however often it is sent."""

LESS_TO_DO = frozenset({"acknowledged", "closed", "over"})
"""Why somebody is told that there is less to do: an incident that was opened elsewhere goes on or ends with it."""

URL = "TAILPIPE_URL"
"""The environment variable that says where the web UI is seen from outside."""


@dataclass(frozen=True, slots=True)
class Message:
    """One notification. It is made once, so that every attempt to deliver it says the same."""

    key: str
    """The idempotency key: the same on every attempt."""

    alert_id: str
    number: int
    kind: str
    """`finding`, `health`, `digest` or `test`."""

    why: str
    """`new`, `goes on`, `more severe`, `happened again`; `acknowledged`, `closed`, `over` when there is less to do."""

    severity: str
    title: str
    detection: str = ""
    table: str = ""
    collection: str = ""
    who: tuple[str, ...] = ()
    from_where: tuple[str, ...] = ()
    what: tuple[str, ...] = ()
    key_of_findings: str = ""
    """What its findings have in common, where nobody and nothing is named."""

    rows: int = 0
    findings: int = 0
    first_seen: str = ""
    last_seen: str = ""
    text: str = ""
    """More to say: of a digest what it stands for, of a health alert what is wrong."""

    show: str = ""
    """The command that shows a finding: its rows, what to do, and what else happened around it."""

    query: str = ""
    """The command that shows the rows."""

    authors: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    run_url: str = ""

    def to_json(self) -> dict[str, object]:
        """As receivers get it."""
        return asdict(self)

    def dumps(self) -> str:
        """As it is kept until it is delivered."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def loads(cls, text: str) -> Message:
        """As it was kept."""
        kept: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**values)

    @property
    def headline(self) -> str:
        """One line."""
        again = "" if self.why in {"new", ""} else f" ({self.why})"
        return f"[{self.severity.upper()}] {self.title}{again}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Names and values, in the order they are read; without those that are not known."""
        all_of_them = (
            ("who", ", ".join(self.who)),
            ("from", ", ".join(self.from_where)),
            ("what", ", ".join(self.what)),
            ("key", self.key_of_findings),
            ("how many", self._count()),
            ("first", self.first_seen),
            ("last", "" if self.last_seen == self.first_seen else self.last_seen),
            ("where", ".".join(filter(None, (self.table, self.collection)))),
            ("detection", self.detection),
            ("ATT&CK", ", ".join(self.mitre)),
            ("rule by", ", ".join(self.authors)),
            ("run", self.run_url),
            ("alert", self.alert_id),
        )
        return tuple((name, _shown(value)) for name, value in all_of_them if value)

    @property
    def commands(self) -> tuple[str, ...]:
        """What to run next."""
        return tuple(filter(None, (self.show, self.query)))

    def _count(self) -> str:
        if not self.rows:
            return ""
        rows = f"{self.rows:,} row{'s' if self.rows != 1 else ''}"
        return rows if self.findings < 2 else f"{rows} in {self.findings:,} findings"

    def as_text(self) -> str:
        """For a terminal or a mail."""
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [self.headline, *([self.text] if self.text else [])]
        lines += [f"  {name:<{width}}  {value}" for name, value in self.facts]
        if self.commands:
            lines += ["", "To see more:", *(f"  {command}" for command in self.commands)]
        return "\n".join(lines)


def _shown(value: str) -> str:
    """What a log says, on one line of its own and not to be taken for a command to the terminal."""
    cut = value if len(value) <= MOST_LETTERS else f"{value[:MOST_LETTERS]}..."
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)


def message_of(alert: Alert, *, notifier: str, number: int, why: str, text: str = "") -> Message:
    """What is told of an alert."""
    return Message(
        key=f"{alert.alert_id}-{number}-{notifier}",
        alert_id=alert.alert_id,
        number=number,
        kind=alert.kind,
        why=why,
        severity=str(alert.severity),
        title=alert.title,
        detection=alert.detection,
        table=alert.table,
        collection=alert.collection,
        who=alert.actors,
        from_where=alert.source_ips,
        what=alert.resources,
        key_of_findings=_key_of(alert),
        rows=alert.count,
        findings=alert.findings,
        first_seen=moment(alert.first_seen),
        last_seen=moment(alert.last_seen),
        text=text,
        show=show_of(alert),
        query=query_of(alert),
        authors=alert.authors,
        mitre=alert.mitre,
        run_url=run_url(alert.run_id),
    )


def _key_of(alert: Alert) -> str:
    is_named = alert.actors or alert.source_ips or alert.resources
    return "" if is_named or alert.kind != "finding" else alert.dedupe_key


def show_of(alert: Alert) -> str:
    """The command that shows an alert's first finding."""
    return f"tailpipe finding show {alert.finding_ids[0][:SHORT_ID]}" if alert.finding_ids else ""


def query_of(alert: Alert) -> str:
    """The command that shows an alert's rows: all that its first findings name, which is a hundred each.

    Of findings that name no rows, because a query counted them, those of their time.
    """
    if not alert.findings:
        return ""
    sql = sql_for_rows(alert.table, alert.first_seen, alert.last_seen, _rows_of(alert) if alert.tp_ids else "")
    return f'tailpipe query "{sql}"' if not set('"$`\\!') & set(sql) else f"tailpipe query {shlex.quote(sql)}"


def _rows_of(alert: Alert) -> str:
    if alert.count <= len(alert.tp_ids) <= MOST_IDS or not alert.finding_ids:
        return ", ".join(map(literal, alert.tp_ids[:MOST_IDS]))
    findings = ", ".join(map(literal, alert.finding_ids[:MOST_FINDINGS]))
    return f"select unnest(tp_ids) from {FINDING_TABLE} where finding_id in ({findings})"


def run_url(run: str) -> str:
    """Where a run is seen in the web UI; nothing when no web UI is known, or it was no run of Dagster's."""
    address = os.environ.get(URL) or _address()
    return f"{address.rstrip('/')}/runs/{run}" if address and run.count("-") >= 4 else ""


def moment(when: datetime) -> str:
    """A time, to the second, in UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _address() -> str:
    """What the server of this home tells of itself."""
    try:
        told = json.loads((home() / "server" / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(told.get("address") or "") if isinstance(told, dict) else ""
