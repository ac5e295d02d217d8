"""An object store in a process of its own: says its address, and serves until its input ends."""

from __future__ import annotations

import sys

from tests.services.s3 import serving_s3

if __name__ == "__main__":
    with serving_s3() as endpoint:
        print(endpoint.url, flush=True)
        sys.stdin.read()
