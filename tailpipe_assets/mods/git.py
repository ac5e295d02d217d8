"""A git repository's files at one commit. Nothing of the repository is run: no hook, no filter, no submodule."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tailpipe_assets.mods.origin import PROTOCOLS
from tailpipe_resources.errors import SourceRefusedError, SourceUnavailableError, UsageError
from tailpipe_resources.model.names import nearest

_SECONDS = 300
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "filter.lfs.smudge=",
    "filter.lfs.process=",
    "filter.lfs.required=false",
)
_RELEASE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_AWAY = re.compile(
    r"Could not resolve|Failed to connect|Connection (?:refused|timed out|reset)|Network is unreachable|timed out"
    r"|returned error: 5\d\d|Temporary failure",
    re.IGNORECASE,
)
_SHOWN = 5
_OF_ANOTHER = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_TEMPLATE_DIR"})
"""Variables that a hook of another repository is run with."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """What was fetched."""

    commit: str
    version: str
    """The tag or branch it is at; the commit when that was asked for."""


def fetch(url: str, version: str | None, folder: Path) -> Checkout:
    """Put the files of a repository into a folder: those of a version, or of its newest release.

    Args:
        url: the repository.
        version: a tag, with or without its `v`, a branch or a commit; the newest release unless given, or the main
            branch of a repository that has none.
        folder: where to; it exists and is empty.

    Raises:
        SourceUnavailableError: it cannot be reached.
        SourceRefusedError: it may not be read, or is none.
        UsageError: there is no git, or no such version.
    """
    with tempfile.TemporaryDirectory(prefix="tailpipe-mod-") as made:
        bare = Path(made) / "bare"
        _git(url, "clone", "--quiet", "--bare", "--template=", "--no-recurse-submodules", "--", url, str(bare))
        found = _resolved(url, bare, version)
        packed = Path(made) / "files.tar"
        _git(url, "-C", str(bare), "archive", "--format=tar", f"--output={packed}", found.commit)
        with tarfile.open(packed) as files:
            # Links lead where nobody looked.
            plain = [each for each in files.getmembers() if each.isreg() or each.isdir()]
            files.extractall(folder, plain, filter="data")
    return found


def _resolved(url: str, bare: Path, version: str | None) -> Checkout:
    tags = _git(url, "-C", str(bare), "tag", "--list").split()
    if version is None:
        releases = sorted((tuple(int(part or 0) for part in match.groups()), tag) for tag, match in _releases(tags))
        name = releases[-1][1] if releases else _git(url, "-C", str(bare), "branch", "--show-current").strip()
        return Checkout(_commit(url, bare, f"refs/tags/{name}" if releases else "HEAD"), name)
    for name, ref in (
        (version, f"refs/tags/{version}"),
        (f"v{version}", f"refs/tags/v{version}"),
        (version, f"refs/heads/{version}"),
        (version, version),
    ):
        commit = _commit(url, bare, ref)
        if commit:
            return Checkout(commit, name)
    near = nearest(version, tags)
    hint = f'; did you mean "{near}"?' if near else f"; its newest are {', '.join(tags[-_SHOWN:])}" if tags else ""
    raise UsageError(f'{url} has no version "{version}"{hint}')


def _releases(tags: list[str]) -> list[tuple[str, re.Match[str]]]:
    return [(tag, match) for tag in tags if (match := _RELEASE.fullmatch(tag)) is not None]


def _commit(url: str, bare: Path, ref: str) -> str:
    """The commit a name means; nothing when it means none."""
    arguments = ("-C", str(bare), "rev-parse", "--quiet", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    return _run(url, arguments).stdout.strip()


def _git(url: str, *arguments: str) -> str:
    done = _run(url, arguments)
    if done.returncode == 0:
        return done.stdout
    lines = [line for line in done.stderr.splitlines() if line.startswith(("fatal:", "ERROR:", "error:"))]
    said = (lines or done.stderr.strip().splitlines() or ["git said nothing"])[0].partition(": ")[2] or done.stderr
    if _AWAY.search(done.stderr):
        raise SourceUnavailableError(f"{url} cannot be reached: {said.strip()}; nothing was installed")
    raise SourceRefusedError(f"{url} cannot be fetched: {said.strip()}; nothing was installed")


def _run(url: str, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    settings = [part for each in _SETTINGS for part in ("-c", each)]
    elsewhere = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    asks_nobody = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS), "LC_ALL": "C"}
    ssh = {"GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")}
    try:
        return subprocess.run(  # noqa: S603 - git, with an address after "--"
            ["git", *settings, *arguments],  # noqa: S607 - wherever the user has it
            env={**elsewhere, **asks_nobody, **ssh},
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed; install it, or fetch the mod and install its folder") from None
    except subprocess.TimeoutExpired:
        raise SourceUnavailableError(f"{url} took more than {_SECONDS} s; nothing was installed") from None
