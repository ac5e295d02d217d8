"""Where a mod comes from, as it is typed: a folder, or a git repository and a version of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tailpipe_resources.errors import UsageError

PROTOCOLS = ("https", "ssh", "file")
"""By which git may fetch: others run programs, or can be changed on their way."""

_WITH_SECRET = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s]*:[^/@\s]*@")
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://\S+")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:[^\s:][^\s]*")
_HOSTED = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?/[\w.~-]+(/[\w.~-]+)+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where to fetch a mod."""

    source: str
    """As it was typed, without the version. Folders are absolute."""

    url: str | None
    """For git; None for a folder."""

    version: str | None = None
    """A tag, branch or commit; None for the newest."""

    @property
    def typed(self) -> str:
        """How to ask for it again."""
        return f"{self.source}@{self.version}" if self.version else self.source


def origin_of(text: str) -> Origin:
    """What was meant by a source and, after `@`, a version.

    Raises:
        UsageError: nothing can be fetched from there.
    """
    if text.startswith("-") or not text.strip():
        raise UsageError(f'"{text}" is no mod; write a folder, a git URL or github.com/owner/name@version')
    if Path(text).expanduser().is_dir():
        return Origin(str(Path(text).expanduser().resolve()), None)
    if _WITH_SECRET.match(text):
        raise UsageError(
            "the address holds a password, which would be kept in the lock file; take it out, and let git's own "
            "credential helper know it"
        )
    source, version = _split(text)
    url = _URL.fullmatch(source)
    if url is not None:
        if url[1] not in PROTOCOLS:
            raise UsageError(f"{source}: mods are fetched by {', '.join(PROTOCOLS[:-1])} and {PROTOCOLS[-1]} only")
        return Origin(source, source, version)
    if _SCP.fullmatch(source):
        return Origin(source, source, version)
    if _HOSTED.fullmatch(source):
        return Origin(source, f"https://{source}", version)
    raise UsageError(
        f'"{text}": there is no such folder, and it is no address; write a folder, a git URL or '
        "github.com/owner/name@version"
    )


def _split(text: str) -> tuple[str, str | None]:
    """A source and its version: what follows the last `@`, if that is behind the last slash."""
    before, at, version = text.rpartition("@")
    if not at or not before:
        return text, None
    is_version = "/" in before and "/" not in version and not before.endswith("//")
    if not is_version:
        return text, None
    if not version or version.startswith("-"):
        raise UsageError(f'"{text}": a version belongs after the @: a tag, a branch or a commit')
    return before, version
