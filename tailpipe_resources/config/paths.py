"""Where configuration is looked for, and what a path in it means."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tailpipe_resources.errors import UnknownFolderError, UsageError
from tailpipe_resources.model.home import expanded, home

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
        UsageError: when a named path does not exist or cannot be looked at, or no file is found.
    """
    named = config_path or os.environ.get("TAILPIPE_CONFIG_PATH")
    namer = "--config-path" if config_path else "TAILPIPE_CONFIG_PATH" if named else None
    places = [expanded(part) for part in named.split(":") if part] if named else _usual_places()
    files = [file for place in places for file in _files_of(place, namer)]
    if not files:
        looked = ", ".join(map(str, places)) or f'"{named}"'
        raise UsageError(
            f"no configuration found: there is no *.hcl or *.tpc file in {looked}.\n"
            f"Write one, for example ./tailpipe.hcl:\n\n{_EXAMPLE}\n"
        )
    return list(dict.fromkeys(files))


def absolute(path: str) -> str:
    """The path with `~` expanded, seen from the working directory. URLs such as `s3://` pass as they are.

    Raises:
        UnknownFolderError: there is no such user, or no working directory any more.
    """
    if re.match(r"[a-z][a-z0-9+.-]*://", path):
        return path
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise UnknownFolderError("the working directory is gone; go to one that is there") from None
    return os.path.normpath(here / expanded(path))


def _usual_places() -> list[Path]:
    here = Path("hcl")
    return [here if here.is_dir() else Path(), home() / "config"]


def _files_of(place: Path, namer: str | None) -> list[Path]:
    shown = f"{namer}: {place}" if namer else f"{place}"
    try:
        if place.is_dir():
            return sorted(file for file in place.iterdir() if file.suffix in _SUFFIXES and _is_meant(file))
        if namer and not place.exists():
            raise UsageError(f"{shown} does not exist")
        if namer and not place.is_file():
            raise UsageError(f"{shown} is neither a file nor a folder; a pipe cannot be read twice")
    except OSError as error:
        raise UsageError(f"{shown} cannot be looked at: {error.strerror}") from None
    return [place] if namer else []


def _is_meant(file: Path) -> bool:
    """Whether it is a file, or a link that should lead to one; hidden ones are what editors leave beside open files."""
    return file.is_file() or (file.is_symlink() and not file.exists() and not file.name.startswith("."))
