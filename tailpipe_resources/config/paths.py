"""Where configuration is looked for, and what a path in it means."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.home import home

_SUFFIXES = {".hcl", ".tpc"}
_EXAMPLE = """\
source "file" "nginx" {
  path = "/var/log/nginx/access.log"
}

collection "http_log" "production" {
  source = source.file.nginx
  format = "combined"
}"""


def find_files(config_path: str | None = None) -> list[Path]:
    """The configuration files, in the order they are read.

    Args:
        config_path: files and folders, separated by colons. Without it `$TAILPIPE_CONFIG_PATH`, else `./hcl` or the
            working directory, and then `~/.tailpipe/config`.

    Raises:
        UsageError: when a named path does not exist, or no file is found.
    """
    named = config_path or os.environ.get("TAILPIPE_CONFIG_PATH")
    places = [Path(part).expanduser() for part in named.split(":") if part] if named else _usual_places()
    files = [file for place in places for file in _files_of(place, named=bool(named))]
    if not files:
        looked = ", ".join(map(str, places))
        raise UsageError(
            f"no configuration found: there is no *.hcl or *.tpc file in {looked}.\n"
            f"Write one, for example ./tailpipe.hcl:\n\n{_EXAMPLE}\n"
        )
    return list(dict.fromkeys(files))


def absolute(path: str) -> str:
    """The path with `~` expanded, seen from the working directory. URLs such as `s3://` pass as they are."""
    if re.match(r"[a-z][a-z0-9+.-]*://", path):
        return path
    return os.path.normpath(Path.cwd() / Path(path).expanduser())


def _usual_places() -> list[Path]:
    here = Path("hcl")
    return [here if here.is_dir() else Path(), home() / "config"]


def _files_of(place: Path, *, named: bool) -> list[Path]:
    if place.is_dir():
        return sorted(file for file in place.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    if named and not place.exists():
        raise UsageError(f"--config-path: {place} does not exist")
    return [place] if place.is_file() else []
