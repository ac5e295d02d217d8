"""The Dagster edge: what the configuration says, as assets. Nothing is read before Dagster asks for `defs`."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.place import Problems

__all__ = ["defs", "defs_of"]


@dg.definitions
def defs() -> dg.Definitions:
    """The assets of the configuration `TAILPIPE_CONFIG_PATH` names, or of the usual one.

    Under `tailpipe server` it is the last one that had no problem, whatever the files say meanwhile.

    Raises:
        ConfigError: everything wrong with it, each problem with its file and line.
    """
    from tailpipe_resources.config import load
    from tailpipe_resources.config.kept import kept_file, load_kept
    from tailpipe_resources.model.place import Problems

    problems = Problems()
    kept = kept_file()
    made = defs_of(load_kept(kept, problems) if kept else load(problems=problems), problems)
    # Each tick leaves a megabyte of objects in circles. Python looks for such once they are a quarter of all that has
    # lived long; when what stays for ever is not counted among that, it does so soon.
    gc.freeze()
    gc.collect()
    return made


def defs_of(config: Config, problems: Problems) -> dg.Definitions:
    """The assets of a configuration.

    Args:
        config: what was read.
        problems: what is wrong with it already.

    Raises:
        ConfigError: everything wrong with it.
    """
    # Dagster's daemon writes our event log, and needs none of the engines.
    from tailpipe_assets.definitions.build import build_definitions
    from tailpipe_assets.pipeline import plan

    plans = plan(config, problems=problems)
    problems.raise_any()
    return build_definitions(plans, config=config)
