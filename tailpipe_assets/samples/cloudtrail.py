"""CloudTrail objects: `{"Records": [...]}`, gzipped, under the keys AWS gives them."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from tailpipe_assets.samples import cast, intrusion
from tailpipe_assets.samples.callers import Pool, on_duty
from tailpipe_assets.samples.chance import base62, clock, moments, seeded
from tailpipe_assets.samples.files import Written, instant, write
from tailpipe_assets.samples.ordinary import SHAPES
from tailpipe_assets.samples.shapes import Values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path
    from random import Random

EVENTS_PER_OBJECT = 200

TALLY = {"kms_decrypts": '"eventName":"Decrypt"', "root_events": '"userIdentity":{"type":"Root"'}
"""What is counted while writing, and the text that gives it away."""

_TEMPLATES = tuple((shape.by, shape.template) for shape in SHAPES)
_WEIGHTS = tuple(accumulate(shape.weight for shape in SHAPES))
_PLACES = tuple((account, region) for account, region, _ in cast.PLACES)
_PLACE_WEIGHTS = tuple(weight for *_, weight in cast.PLACES)


def write_day(
    folder: Path, day: date, *, events: int, seed: int = 1, events_per_object: int = EVENTS_PER_OBJECT
) -> Written:
    """One day of ordinary events, spread over 24 hours, accounts and regions.

    Also the shape that benchmarks measure: as many events as wanted, 200 an object.
    """
    rng = seeded(seed, "cloudtrail", day)
    total = Written()
    for first in range(0, events, events_per_object):
        after = min(first + events_per_object, events)
        seconds = moments(rng, after - first, first * 86_400 // events, after * 86_400 // events)
        account, region = rng.choices(_PLACES, _PLACE_WEIGHTS)[0]
        records = list(_records(rng, day, seconds, account=account, region=region))
        total += _write_object(folder, rng, instant(day, seconds[-1]), account=account, region=region, records=records)
    return total


def write_intrusion(folder: Path, day: date, *, seed: int = 1) -> Written:
    """What the intruder does in the account, on the day of the intrusion; nothing on others."""
    if not cast.has_intrusion(day):
        return Written()
    rng = seeded(seed, "cloudtrail intrusion", day)
    acts = intrusion.acts(rng, day)
    account, region = intrusion.PLACE
    records = [text for _, text in acts]
    return _write_object(folder, rng, instant(day, acts[-1][0]), account=account, region=region, records=records)


def object_key(account: str, region: str, moment: datetime, suffix: str) -> str:
    """Where AWS puts an object: dated by the five minutes it was delivered in."""
    stamp = moment.replace(minute=moment.minute // 5 * 5)
    return (
        f"AWSLogs/{account}/CloudTrail/{region}/{stamp:%Y/%m/%d}"
        f"/{account}_CloudTrail_{region}_{stamp:%Y%m%dT%H%MZ}_{suffix}.json.gz"
    )


def _records(rng: Random, day: date, seconds: list[int], *, account: str, region: str) -> Iterator[str]:
    times = clock()
    hour = f"{day}T{times[seconds[0]][:2]}:00:00Z"
    pool: Pool = on_duty(rng, account, hour)
    values = Values(rng, {"account": account, "region": region})
    choices = rng.choices(_TEMPLATES, cum_weights=_WEIGHTS, k=len(seconds))
    random = rng.random
    for second, (kind, template) in zip(seconds, choices, strict=True):
        callers = pool[kind]
        caller = callers[int(random() * len(callers))]
        yield template % values.begin(caller, f"{day}T{times[second]}Z")


def _write_object(
    folder: Path, rng: Random, moment: datetime, *, account: str, region: str, records: list[str]
) -> Written:
    path = folder / object_key(account, region, moment, base62(rng, 16))
    text = '{"Records":[' + ",".join(records) + "]}"
    return write(path, text, records=len(records), modified=moment, tally=TALLY)
