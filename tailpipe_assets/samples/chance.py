"""Chance that repeats itself: everything random in a sample log comes from a seed and a name."""

from __future__ import annotations

import string
from base64 import b64encode
from functools import cache
from random import Random

_BASE32 = string.ascii_uppercase + "234567"
_BASE62 = string.ascii_letters + string.digits


def seeded(seed: int, *names: object) -> Random:
    """A generator that gives the same numbers for the same seed and names, on every machine."""
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311 - sample logs hold no secrets


@cache
def clock() -> tuple[str, ...]:
    """Every second of a day as `HH:MM:SS`."""
    return tuple(f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}" for second in range(86_400))


def moments(rng: Random, count: int, start: int, stop: int) -> list[int]:
    """So many seconds between two, in order."""
    random, width = rng.random, stop - start
    return sorted([start + int(random() * width) for _ in range(count)])


def uuid(rng: Random) -> str:
    """A random UUID, version 4."""
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def hexadecimal(rng: Random) -> str:
    """Seventeen hexadecimal digits, as in the ids of instances and volumes."""
    return f"0{rng.getrandbits(64):016x}"


def base32(rng: Random, length: int) -> str:
    """Capital letters and digits, as in access keys."""
    return "".join(rng.choices(_BASE32, k=length))


def base62(rng: Random, length: int) -> str:
    """Letters and digits, as in the names of CloudTrail objects."""
    return "".join(rng.choices(_BASE62, k=length))


def base64(rng: Random, size: int) -> str:
    """So many random bytes as text, as in tokens."""
    return b64encode(rng.randbytes(size)).decode()
