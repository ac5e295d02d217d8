"""Where Dagster keeps its runs: `$DAGSTER_HOME`, else a folder of Tailpipe's own."""

from __future__ import annotations

import os
import re
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from tailpipe_resources.config.database import POSTGRES, with_driver, without_driver
from tailpipe_resources.errors import LakeError, PluginError, UsageError
from tailpipe_resources.model.home import home

_MISREAD = re.compile(r"\?|%[0-9A-Fa-f]{2}")
_IN_POSTGRES = f"""\
storage:
  postgres:
    postgres_url:
      env: {POSTGRES}
"""


def dagster_home() -> Path:
    """The folder, absolute."""
    named = os.environ.get("DAGSTER_HOME")
    return Path(named).expanduser().absolute() if named else home().absolute() / "dagster"


def prepare() -> Path:
    """The folder, made when it is not there, readable by its owner only; and Dagster pointed at it.

    Settings are written into a new folder only: an old one has the user's own.

    Raises:
        LakeError: when it, or the database, cannot be used.
        PluginError: runs are to be kept in PostgreSQL, and what speaks to it is not installed.
        UsageError: they are to be, and the settings say otherwise.
    """
    folder = dagster_home()
    _check_name(folder)
    settings = folder / "dagster.yaml"
    if not folder.is_dir() or folder == home().absolute() / "dagster":
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not settings.exists():
                settings.write_text(_settings(), encoding="utf-8")
        except OSError as error:
            raise LakeError(
                f"no run can be recorded in {folder}: {error.strerror}; "
                "set TAILPIPE_HOME to a folder that can be written, or say --no-record"
            ) from error
    _check_postgres(settings)
    if POSTGRES in os.environ:
        os.environ[POSTGRES] = with_driver(os.environ[POSTGRES])
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder


def _check_name(folder: Path) -> None:
    """Dagster names databases in files by URLs, in which these signs mean something else."""
    found = _MISREAD.search(str(folder))
    if found is not None and not os.environ.get(POSTGRES):
        raise LakeError(
            f'no run can be recorded in {folder}: Dagster cannot use a folder with "{found[0]}" in its name; '
            "set TAILPIPE_HOME to another one, or say --no-record"
        )


def _settings() -> str:
    usual = files(__package__).joinpath("dagster.yaml").read_text(encoding="utf-8")
    return f"{usual}\n{_IN_POSTGRES}" if os.environ.get(POSTGRES) else usual


def _check_postgres(settings: Path) -> None:
    says = settings.is_file() and POSTGRES in settings.read_text(encoding="utf-8")
    wanted = bool(os.environ.get(POSTGRES))
    if says and not wanted:
        raise UsageError(f"runs are kept in PostgreSQL, as {settings} says; set {POSTGRES} to its URL")
    if wanted and find_spec("dagster_postgres") is None:
        raise PluginError(f'{POSTGRES} is set, but dagster-postgres is not installed; pip install "tailpipe[postgres]"')
    if wanted and not says:
        raise UsageError(
            f"{POSTGRES} is set, but {settings} keeps runs elsewhere.\nTo change that, add this to it; "
            f"runs it remembers now are not moved:\n\n{_IN_POSTGRES}"
        )
    if wanted:
        _reach(os.environ[POSTGRES])


def _reach(url: str) -> None:
    """Dagster would try five times and say little."""
    import psycopg2

    try:
        psycopg2.connect(without_driver(url), connect_timeout=10).close()
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        raise LakeError(f"the database that {POSTGRES} names does not let us in: {reason}") from None
