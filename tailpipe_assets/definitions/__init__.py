"""The Dagster edge: what the configuration says, as assets. Nothing is read before Dagster asks for `defs`."""

from __future__ import annotations

import dagster as dg

from tailpipe_assets.definitions.build import build_definitions
from tailpipe_assets.definitions.collecting import Listener

__all__ = ["Listener", "build_definitions", "defs"]


@dg.definitions
def defs() -> dg.Definitions:
    """The assets of the configuration `TAILPIPE_CONFIG_PATH` names, or of the usual one.

    Under `tailpipe server` it is the last one that had no problem, whatever the files say meanwhile.

    Raises:
        ConfigError: everything wrong with it, each problem with its file and line.
    """
    from tailpipe_assets.pipeline import plan
    from tailpipe_resources.config import load
    from tailpipe_resources.config.kept import kept_file, load_kept
    from tailpipe_resources.model.place import Problems

    problems = Problems()
    kept = kept_file()
    config = load_kept(kept, problems) if kept else load(problems=problems)
    plans = plan(config, problems=problems)
    problems.raise_any()
    return build_definitions(plans, config=config)
