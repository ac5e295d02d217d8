"""Regular expressions for the lines of programs that everybody runs, each as the program's own manual lays it out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownLines:
    """How a program writes its lines."""

    program: str
    pattern: str
    """An expression for a whole line, its time in the group `timestamp`."""


_MESSAGE = r"(?P<message>.*)$"

KNOWN_LINES = (
    KnownLines(
        "the Linux audit daemon",
        r"^(?:node=(?P<node>\S+) )?type=(?P<type>\S+) msg=audit\((?P<timestamp>\d{10}\.\d+):(?P<serial>\d+)\):\s*"
        + _MESSAGE,
    ),
    KnownLines(
        "Cisco devices",
        r"^(?:<(?P<priority>\d{1,3})>)?(?:\d+: )?[*.]?(?P<timestamp>[A-Z][a-z]{2} +\d+ \d{4} \d\d:\d\d:\d\d(?:\.\d+)?"
        r"(?: [A-Z]{3})?)(?: (?P<host>[^\s:]+))?\s*: %(?P<facility>[\w-]+?)-(?P<severity>\d)-(?P<mnemonic>\w+): "
        + _MESSAGE,
    ),
    KnownLines(
        "PostgreSQL",
        r"^(?P<timestamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z]{3}) \[(?P<pid>\d+)\]:?"
        r"(?: (?P<user>[^\s@]+)@(?P<database>\S+))? +(?P<level>[A-Z]+): +" + _MESSAGE,
    ),
    KnownLines(
        "nginx, in its error log",
        r"^(?P<timestamp>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<level>\w+)\] (?P<pid>\d+)#(?P<thread>\d+): "
        r"(?:\*(?P<connection>\d+) )?" + _MESSAGE,
    ),
    KnownLines(
        "Apache, in its error log",
        r"^\[(?P<timestamp>[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d+ \d{4})\] \[(?P<module>[\w-]*):"
        r"(?P<level>\w+)\] \[pid (?P<pid>\d+)(?::tid (?P<thread>\d+))?\] (?:\[client (?P<client>[^\]]+)\] )?"
        + _MESSAGE,
    ),
    KnownLines(
        "Squid",
        r"^(?P<timestamp>\d{10}\.\d{3}) +(?P<elapsed>\d+) (?P<client>\S+) (?P<result>\w+)/(?P<status>\d{3}) "
        r"(?P<bytes>\d+) (?P<method>\S+) (?P<url>\S+) (?P<user>\S+) (?P<hierarchy>\w+)/(?P<peer>\S+) "
        r"(?P<content_type>\S+)",
    ),
)
