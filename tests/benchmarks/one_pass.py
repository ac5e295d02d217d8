"""What collections of one bucket save by sharing a pass: requests, bytes and seconds, at a counting proxy."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tailpipe_assets.pipeline import collect, plan
from tailpipe_assets.samples import cloudtrail
from tailpipe_resources.config import load
from tests.services.s3 import ACCESS_KEY, REGION, SECRET_KEY, serving_s3
from tests.services.s3_proxy import Proxy, counting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tailpipe_assets.pipeline import Plan

FIRST_DAY = date(2024, 2, 1)
DAYS = 4
EVENTS = 80_000
HCL = """
credential "aws" "bench" {{
  access_key       = "{key}"
  secret_key       = "{secret}"
  region           = "{region}"
  endpoint_url     = "{url}"
  force_path_style = true
}}
source "aws_s3" "logs" {{
  bucket     = "{bucket}"
  credential = credential.aws.bench
}}
destination "parquet" "default" {{
  path = "{lake}"
}}
collection "aws_cloudtrail_log" "production" {{
  source = source.aws_s3.logs
  filter {{
    where = "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
  }}
}}
collection "aws_cloudtrail_log" "root_events" {{
  source = source.aws_s3.logs
  filter {{
    where = "user_identity.type = 'Root'"
  }}
}}
collection "aws_cloudtrail_log" "last_days" {{
  source = source.aws_s3.logs
  prefix = "AWSLogs/"
  start  = "{start}"
}}
table "api_call" {{
  format = "json"
  column "tp_timestamp" {{
    source = "eventTime"
  }}
  column "eventName" {{
    type = "varchar"
  }}
}}
collection "api_call" "every" {{
  source = source.aws_s3.logs
}}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What collecting took."""

    name: str
    listings: int
    fetches: int
    fetched: int
    """Bytes."""

    seconds: float
    rows: int


def one_pass(folder: Path, *, scale: float) -> list[Cost]:
    """Four collections on a bucket, in one pass and one after the other."""
    logs = folder / "logs"
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        cloudtrail.write_day(logs, day, events=int(EVENTS * scale) // DAYS, events_per_object=100)
    objects = {str(path.relative_to(logs)): path.read_bytes() for path in sorted(logs.rglob("*.gz"))}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serving_s3() as endpoint, counting(endpoint.url) as proxy:
        bucket = endpoint.bucket(objects)
        sizes = {f"/{bucket}/{key}": len(body) for key, body in objects.items()}
        each = [(one,) for one in _plans(folder / "apart", proxy, bucket)]
        return [
            _measured("one pass", [_plans(folder / "shared", proxy, bucket)], proxy, sizes),
            _measured("four passes", each, proxy, sizes),
        ]


def show(costs: Sequence[Cost]) -> None:
    """Print them."""
    print("\nFour collections of one bucket (two filters, a start, a table of one's own)")
    print(f"  {'':<14}{'listings':>10}{'fetches':>10}{'MiB':>8}{'seconds':>9}{'rows':>10}")
    for each in costs:
        print(
            f"  {each.name:<14}{each.listings:>10,}{each.fetches:>10,}{each.fetched / 2**20:>8.1f}"
            f"{each.seconds:>9.2f}{each.rows:>10,}"
        )


def _plans(folder: Path, proxy: Proxy, bucket: str) -> tuple[Plan, ...]:
    folder.mkdir()
    path = folder / "bench.hcl"
    start = FIRST_DAY + timedelta(days=DAYS // 2)
    way = {"key": ACCESS_KEY, "secret": SECRET_KEY, "region": REGION, "url": proxy.url, "bucket": bucket}
    path.write_text(HCL.format(**way, lake=folder / "lake", start=start))
    return plan(load([path]))


def _measured(name: str, runs: Iterable[Sequence[Plan]], proxy: Proxy, sizes: dict[str, int]) -> Cost:
    proxy.forget()
    started = time.perf_counter()
    results = [result for plans in runs for result in collect(plans)]
    seconds = time.perf_counter() - started
    for each in results:
        if each.failure is not None:
            raise SystemExit(f"{each.collection}: {each.failure}")
    paths = [path for path, _ in proxy.record]
    fetched = [size for path in paths if (size := sizes.get(unquote(urlsplit(path).path))) is not None]
    listings = sum(re.search(r"[?&]list-type=", path) is not None for path in paths)
    return Cost(name, listings, len(fetched), sum(fetched), seconds, sum(each.rows for each in results))
