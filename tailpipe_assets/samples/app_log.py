"""The shop's own application log: a format nobody else has, and now and then a stack trace that breaks it.

::

    2026-11-20T13:00:00Z WARN payments request_id=0f3c... user=amara ip=192.0.2.17 "card was declined" 123ms
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from tailpipe_assets.samples import cast, intrusion
from tailpipe_assets.samples.callers import office_address
from tailpipe_assets.samples.chance import clock, moments, seeded
from tailpipe_assets.samples.files import Written, instant, write

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path
    from random import Random

_MESSAGES: tuple[tuple[str, str, str, int], ...] = (
    ("INFO", "orders", "order accepted", 30),
    ("INFO", "orders", "order shipped", 12),
    ("INFO", "payments", "payment captured", 25),
    ("INFO", "backoffice", "login ok", 6),
    ("INFO", "backoffice", "report exported", 4),
    ("WARN", "backoffice", "login failed", 1),
    ("WARN", "payments", "card was declined", 5),
    ("WARN", "stock", "shelf count below minimum", 4),
    ("ERROR", "payments", "provider did not answer", 1),
)
_WEIGHTS = tuple(accumulate(weight for *_, weight in _MESSAGES))
_TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/payments/provider.py", line 88, in capture',
    "TimeoutError: provider did not answer in 5.0 s",
)
TRACE_LINES = len(_TRACE)
"""Lines that do not fit the format, after each `provider did not answer`."""

GUESSES = 60
"""Logins the intruder tries before one succeeds."""


def write_day(path: Path, day: date, *, lines: int, seed: int = 1) -> Written:
    """One day of the log: so many ordinary entries, and the guessing of passwords on the day of the intrusion.

    The records of the result are lines that fit the format; stack traces come on top.
    """
    rng = seeded(seed, "app", day)
    entries = _ordinary(rng, day, lines)
    if cast.has_intrusion(day):
        entries = sorted(entries + _guessing(rng, day), key=lambda entry: entry[0])
    return write(
        path,
        "".join([text for _, text in entries]),
        records=len(entries),
        modified=instant(day, entries[-1][0] if entries else 0),
        tally={"traces": _TRACE[0]},
    )


def _ordinary(rng: Random, day: date, count: int) -> list[tuple[int, str]]:
    messages = rng.choices(_MESSAGES, cum_weights=_WEIGHTS, k=count)
    return [
        (second, _entry(rng, day, second, message, rng.choice(cast.PEOPLE), office_address(rng)))
        for second, (*message, _) in zip(moments(rng, count, 0, 86_400), messages, strict=True)
    ]


def _guessing(rng: Random, day: date) -> list[tuple[int, str]]:
    failed, succeeded = ["WARN", "backoffice", "login failed"], ["INFO", "backoffice", "login ok"]
    tries = [(second, failed) for second in moments(rng, GUESSES, *intrusion.GUESSING)]
    tries.append((intrusion.GUESSING[1] + 5, succeeded))
    return [
        (second, _entry(rng, day, second, message, rng.choice(cast.PEOPLE), cast.INTRUDER)) for second, message in tries
    ]


def _entry(rng: Random, day: date, second: int, message: list[str], user: str, address: str) -> str:
    level, service, text = message
    line = (
        f"{day}T{clock()[second]}Z {level} {service} request_id={rng.getrandbits(64):016x} user={user} ip={address}"
        f' "{text}" {rng.randrange(3, 900)}ms\n'
    )
    return line if level != "ERROR" else line + "".join(f"{trace}\n" for trace in _TRACE)
