"""Delivers until it is killed, or nothing is left."""

from __future__ import annotations

import sys
from dataclasses import replace

from tailpipe_assets.alerts.delivery import Manner, deliver_due
from tailpipe_resources.config import load

MANNER = replace(Manner(), patience=30, first_pause=0.05)

if __name__ == "__main__":
    while deliver_due(load([sys.argv[1]]), MANNER).left:
        pass
