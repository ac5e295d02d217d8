"""The Dagster edge: what the configuration says, as assets. Nothing is read before Dagster asks for `defs`."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.collecting import Listener

__all__ = ["KEPT", "Listener", "build_definitions", "defs"]

KEPT = "TAILPIPE_KEPT_CONFIG"
"""The environment variable that names a kept configuration, which is read instead of the user's files."""


@dg.definitions
def defs() -> dg.Definitions:
    """The assets of the configuration `TAILPIPE_CONFIG_PATH` names, or of the usual one.

    Under `tailpipe server` it is the last one that had no problem, whatever the files say meanwhile.

    Raises:
        ConfigError: everything wrong with it, each problem with its file and line.
    """
    from tailpipe_assets.pipeline import plan
    from tailpipe_resources.config import load
    from tailpipe_resources.config.kept import load_kept
    from tailpipe_resources.model.place import Problems

    problems = Problems()
    kept = os.environ.get(KEPT)
    config = load_kept(Path(kept), problems) if kept else load(problems=problems)
    plans = plan(config, problems=problems)
    problems.raise_any()
    return build_definitions(plans)
