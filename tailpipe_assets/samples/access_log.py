"""The web shop's nginx access log in combined format, with an intruder looking for open doors in it."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from tailpipe_assets.samples import cast, intrusion
from tailpipe_assets.samples.chance import clock, moments, seeded
from tailpipe_assets.samples.files import Written, instant, write

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path
    from random import Random

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Mobile) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "ShopMonitor/2.4 (+https://status.shop.example)",
)
_REFERRERS = ("-", "https://shop.example/", "https://shop.example/search", "https://search.example/?q=lamps")
_VISITORS = 600
_REQUESTS = 1_500
"""Different requests a day; each is made by many visitors."""

_BODILESS = frozenset({204, 304})

_PAGES: tuple[tuple[str, int, int], ...] = (
    ("GET / HTTP/2.0", 200, 12),
    ("GET /search?q={word}&page={number} HTTP/2.0", 200, 14),
    ("GET /products/{number}-{word} HTTP/2.0", 200, 22),
    ("GET /static/app.5f2c.css HTTP/2.0", 200, 8),
    ("GET /static/app.5f2c.js HTTP/2.0", 304, 8),
    ("GET /images/{word}-{number}.webp HTTP/2.0", 200, 18),
    ("POST /cart/items HTTP/2.0", 201, 5),
    ("DELETE /cart/items/{number} HTTP/2.0", 204, 1),
    ("POST /checkout HTTP/2.0", 303, 2),
    ("POST /checkout HTTP/2.0", 502, 1),
    ("GET /old-catalogue/{word} HTTP/1.1", 301, 2),
    ("GET /products/{word} HTTP/1.1", 404, 2),
    ("GET /backoffice/orders?page={number} HTTP/2.0", 401, 1),
    ("HEAD /healthz HTTP/1.1", 200, 4),
)
_PAGE_WEIGHTS = tuple(accumulate(weight for *_, weight in _PAGES))
_WORDS = ("lamp", "shelf", "teapot", "rug", "vase", "stool", "kettle", "blanket")

_PROBES = (
    "/.env",
    "/.git/config",
    "/wp-login.php",
    "/phpmyadmin/index.php",
    "/server-status",
    "/actuator/env",
    "/.aws/credentials",
    "/backup.zip",
    "/cgi-bin/%2e%2e/%2e%2e/etc/passwd",
    "/backoffice/login?next=%27%20or%201%3D1--",
)
_FOUND = "/backup/terraform.tfstate.old"
PROBES = 180
"""Requests of the intruder before one of them finds something."""


def write_day(path: Path, day: date, *, lines: int, seed: int = 1) -> Written:
    """One day of the log: so many ordinary requests, and the scan on the day of the intrusion.

    Also what benchmarks measure: as many lines as wanted. A name that ends in `.gz` is gzipped.
    """
    rng = seeded(seed, "access", day)
    written = _ordinary(rng, day, lines)
    if cast.has_intrusion(day):
        written = sorted(written + _scan(rng, day), key=lambda line: line[0])
    return write(
        path,
        "".join([text for _, text in written]),
        records=len(written),
        modified=instant(day, written[-1][0] if written else 0),
    )


def _ordinary(rng: Random, day: date, count: int) -> list[tuple[int, str]]:
    stamps, date_text = clock(), _date(day)
    heads, tails = _visitors(rng)
    pages = [_page(rng, *page[:2]) for page in rng.choices(_PAGES, cum_weights=_PAGE_WEIGHTS, k=_REQUESTS)]
    random, bits = rng.random, rng.getrandbits
    found = []
    for second in moments(rng, count, 0, 86_400):
        visitor = int(random() * _VISITORS)
        page, mask = pages[int(random() * _REQUESTS)]
        line = f"{heads[visitor]}{date_text}:{stamps[second]}{page}{bits(16) & mask}{tails[visitor]}"
        found.append((second, line))
    return found


def _visitors(rng: Random) -> tuple[list[str], list[str]]:
    heads = [f"{_address(rng)} - {_user(rng)} [" for _ in range(_VISITORS)]
    tails = [f' "{rng.choice(_REFERRERS)}" "{rng.choice(_AGENTS)}"\n' for _ in range(_VISITORS)]
    return heads, tails


def _page(rng: Random, request: str, status: int) -> tuple[str, int]:
    """The middle of a line, and a mask for the size of the answer."""
    filled = request.format(word=rng.choice(_WORDS), number=rng.randrange(1, 400))
    has_body = status not in _BODILESS and not request.startswith("HEAD")
    return f' +0000] "{filled}" {status} ', 0xFFFF if has_body else 0


def _scan(rng: Random, day: date) -> list[tuple[int, str]]:
    tries = [(second, rng.choice(_PROBES), 404) for second in moments(rng, PROBES, *intrusion.SCAN)]
    tries.append((intrusion.SCAN[1] + 11, _FOUND, 200))
    return [(second, _probe(rng, f"{_date(day)}:{clock()[second]}", path, status)) for second, path, status in tries]


def _probe(rng: Random, time: str, path: str, status: int) -> str:
    size = rng.randrange(150, 160) if status == 404 else 48_213
    return f'{cast.INTRUDER} - - [{time} +0000] "GET {path} HTTP/1.1" {status} {size} "-" "{intrusion.AGENT}"\n'


def _date(day: date) -> str:
    return f"{day.day:02}/{_MONTHS[day.month - 1]}/{day.year}"


def _address(rng: Random) -> str:
    if rng.random() < 0.1:
        return f"2001:db8:{rng.getrandbits(16):x}::{rng.getrandbits(16):x}"
    return f"198.18.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _user(rng: Random) -> str:
    return rng.choice(cast.PEOPLE) if rng.random() < 0.03 else "-"
