"""Syslog, by RFC 5424 and RFC 3164."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Check, Field, Table
from tailpipe_resources.model.schema import INSTANT

# A time of RFC 3164 has no year: it is the latest in which that time is not in the future.
_OLD_FORMAT = "'%Y %b %d %H:%M:%S'"
_ADDRESS = "[0-9.]+|[0-9a-fA-F]*:[0-9a-fA-F:.]+"
_IS_OLD = "r.time[1] > '9'"
_PRIORITY = "try_cast(r.priority AS INTEGER)"


def _in_zone(instant: str) -> str:
    plain = f"make_timestamptz(epoch_us({instant}))"
    return f"CASE WHEN r.zone IS NULL THEN {plain} ELSE timezone(r.zone, {instant}) END"


def _written_in(year: str) -> str:
    return _in_zone(f"try_strptime({year} || ' ' || r.time, {_OLD_FORMAT})")


def _unless_future(instant: str) -> str:
    """NULL in place of an instant that is in the future; `least` passes over NULL."""
    return f"nullif(least({instant}, now() + INTERVAL 1 DAY), now() + INTERVAL 1 DAY)"


_NEXT = _unless_future(_written_in("CAST(year(now()) + 1 AS VARCHAR)"))
_YEARS = ", ".join(_unless_future(_written_in(f"CAST(year(now()) - {back} AS VARCHAR)")) for back in range(5))
_LATEST = f"coalesce(CASE WHEN month(now()) = 12 AND day(now()) = 31 THEN {_NEXT} END, {_YEARS})"
_OLD = f"CASE WHEN r.year IS NOT NULL THEN {_written_in('r.year')} ELSE {_LATEST} END"
_NEW = (
    "CASE WHEN regexp_matches(r.time, '(Z|[+-][0-9]{2}:?([0-9]{2})?)$') THEN try_cast(r.time AS TIMESTAMPTZ) "
    f"ELSE {_in_zone('try_cast(r.time AS TIMESTAMP)')} END"
)


def _text(name: str, description: str) -> Field:
    return Field(name, "VARCHAR", f"nullif(nullif(r.{name}, '-'), '')", description)


SYSLOG = Table(
    name="syslog",
    description="Messages of systems, programs and devices, by RFC 5424 or RFC 3164.",
    formats=("syslog",),
    time="r.time",
    timestamp=f"CASE WHEN {_IS_OLD} THEN {_OLD} ELSE {_NEW} END",
    checks=(Check("r.priority <> '' AND try_cast(r.priority AS INTEGER) > 191", "its priority is over 191"),),
    fields=(
        Field("timestamp", INSTANT, "tp_timestamp", "When the message was sent."),
        Field(
            "facility",
            "INTEGER",
            f"{_PRIORITY} // 8",
            "What kind of program sent it, 0 to 23: 4 and 10 are for security.",
        ),
        Field(
            "severity", "INTEGER", f"{_PRIORITY} % 8", "How bad it is, 0 to 7: 0 is an emergency, 7 is for debugging."
        ),
        _text("hostname", "The machine that sent it, by name or address."),
        _text("app_name", "The program that sent it."),
        _text("proc_id", "Its process, or what tells it from others."),
        _text("msg_id", "The kind of message, by RFC 5424."),
        _text("structured_data", "Data with names, as RFC 5424 writes it."),
        Field("message", "VARCHAR", "nullif(r.message, '')", "What it says."),
    ),
    enrichment={
        "tp_source_name": "app_name",
        "tp_source_ip": f"CASE WHEN regexp_full_match(hostname, '{_ADDRESS}') THEN hostname END",
    },
    references=("https://www.rfc-editor.org/rfc/rfc5424", "https://www.rfc-editor.org/rfc/rfc3164"),
    sample=(
        b"<34>1 2024-02-07T12:00:00.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick on /dev/pts/8\n"
        b'<165>1 2024-02-07T13:00:00+01:00 192.0.2.1 evntslog 17 ID47 [exampleSDID@32473 iut="3" x="a\\]b"] An event\n'
        b"<38>Feb  7 12:00:00 web-1 sshd[4711]: Failed password for root from 203.0.113.9 port 4242 ssh2\n"
        b"2024-02-07T12:00:00.123456+00:00 web-1 CRON[99]: (root) CMD (run-parts)\n"
    ),
)
