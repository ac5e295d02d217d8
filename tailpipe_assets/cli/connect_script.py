"""What `tailpipe connect` does."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tailpipe_assets.cli.configured import read_config, read_outline
from tailpipe_assets.cli.query_restriction import restriction_of
from tailpipe_assets.views.opened import Asked, Engine, OpenViews, open_views
from tailpipe_resources.config.outline import Outline
from tailpipe_resources.errors import LakeError, UsageError
from tailpipe_resources.lake.leases import promise
from tailpipe_resources.model.home import home
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.window import parse_duration
from tailpipe_resources.query.script import Secret, relocated, script

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from tailpipe_resources.model.config import Destination

LONGEST = timedelta(days=1)
SCRIPTS_KEPT_SECONDS = 24 * 3600.0
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_FOLDER = "connect"
_PREFIX = "tailpipe_init_"


def connect_script(args: argparse.Namespace) -> tuple[str, str]:
    """Write the script; its path, and what to know of it.

    Raises:
        UsageError: a flag is malformed.
        LakeError: a lake cannot be read, or the script not be written.
    """
    now = datetime.now(UTC)
    expires = now + _kept(args.keep)
    load = partial(read_config, args)
    outline = read_outline(args) or Outline.of(load())
    asked = Asked(restriction_of(args, now, UTC), search_path=args.search_path)
    with open_views(outline, load, asked, Engine(uses_copies=False)) as opened:
        told = _promised(opened, now, expires)
        text = _text(opened, outline.lakes, told)
    return _written(text, now), told


def _kept(text: str) -> timedelta:
    try:
        span = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--keep {text}: {error}") from None
    if span > LONGEST:
        raise UsageError(f"--keep {text} is longer than 1d")
    return span


def _promised(opened: OpenViews, now: datetime, expires: datetime) -> str:
    """Keep the files, and say for how long that is."""
    kept = [promise(lake, each.table, each.version, expires) for lake, each in opened.found.snapshots]
    begun = f"These views show {now:%Y-%m-%dT%H:%M:%SZ}."
    if not all(kept):
        return f"{begun} The lake cannot be written to, so their files stay only until they are compacted or replaced."
    return f"{begun} Their files stay until {expires:%Y-%m-%dT%H:%M:%SZ} at least; connect again to see what is new."


def _text(opened: OpenViews, places: tuple[Destination, ...], told: str) -> str:
    layers = opened.views.make_all()
    remote = [each for each in zip(opened.found.lakes, places, strict=True) if each[0].store.is_remote]
    moved = {lake.store.address(""): f"{lake.root}/" for lake, _ in remote}
    return script(
        [relocated(view, moved) for view in opened.views.views],
        layers,
        about=["Every table of Tailpipe's lake, and the views of them.", told],
        search_path=opened.search_path,
        secrets=[Secret(f"{lake.root}/", dict(_settings(place))) for lake, place in remote],
    )


def _settings(place: Destination) -> Iterator[tuple[str, str]]:
    """How DuckDB finds the bucket; its keys come from where AWS's own programs look for them."""
    said = place.credential.options if place.credential is not None else {}
    yield "PROVIDER", "credential_chain"
    if said.get("profile"):
        yield "PROFILE", literal(said["profile"])
    if said.get("role"):
        yield "ASSUME_ROLE_ARN", literal(said["role"])
    if said.get("role") or said.get("profile"):
        yield "CHAIN", literal("sts" if said.get("role") else "config")
    if said.get("region"):
        yield "REGION", literal(said["region"])
    endpoint = said.get("endpoint_url") or next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
    if endpoint:
        scheme, _, host = endpoint.partition("://")
        yield "ENDPOINT", literal(host.rstrip("/"))
        yield "USE_SSL", "false" if scheme == "http" else "true"
    if said.get("force_path_style"):
        yield "URL_STYLE", literal("path")


def _written(text: str, now: datetime) -> str:
    folder = home() / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _clean(folder)
        path = folder / f"{_PREFIX}{now:%Y%m%d%H%M%S%f}_{os.getpid()}.sql"
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LakeError(f"the script cannot be written into {folder}: {error.strerror}") from error
    return str(path.absolute())


def _clean(folder: Path) -> None:
    for old in folder.glob(f"{_PREFIX}*.sql"):
        with suppress(FileNotFoundError):  # another one cleans as well
            if old.stat().st_mtime < time.time() - SCRIPTS_KEPT_SECONDS:
                old.unlink()
