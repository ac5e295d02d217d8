"""Where Dagster keeps its runs: `$DAGSTER_HOME`, else a folder of Tailpipe's own."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from tailpipe_resources.config.paths import home
from tailpipe_resources.errors import LakeError


def dagster_home() -> Path:
    """The folder, absolute."""
    named = os.environ.get("DAGSTER_HOME")
    return Path(named).expanduser().absolute() if named else home().absolute() / "dagster"


def prepare() -> Path:
    """The folder, made when it is not there, readable by its owner only; and Dagster pointed at it.

    Settings are written into a new folder only: an old one has the user's own.

    Raises:
        LakeError: when it cannot be written.
    """
    folder = dagster_home()
    settings = folder / "dagster.yaml"
    if not folder.is_dir() or folder == home().absolute() / "dagster":
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not settings.exists():
                settings.write_text(files(__package__).joinpath("dagster.yaml").read_text(), encoding="utf-8")
        except OSError as error:
            raise LakeError(
                f"no run can be recorded in {folder}: {error.strerror}; "
                "set TAILPIPE_HOME to a folder that can be written, or say --no-record"
            ) from error
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder
