"""The lock file: which mods a workspace has, where each came from, and exactly what it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "mods.lock.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Locked:
    """One mod, pinned."""

    name: str
    source: str
    asked: str | None
    """The version that was asked for; None for the newest."""

    version: str
    commit: str | None
    """None for a folder that was copied."""

    digest: str
    """Of all its files."""


def read(workspace: Path) -> dict[str, Locked]:
    """The mods of a workspace, by name; none where there is no lock file.

    Raises:
        UsageError: it cannot be read.
    """
    file = workspace / NAME
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {each["name"]: Locked(**each) for each in said["mods"]}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise UsageError(f"{file} is damaged; mend it, or delete it and install the mods again") from None


def write(workspace: Path, mods: Iterable[Locked]) -> None:
    """Replace the lock file, whole."""
    said = {"version": _VERSION, "mods": [asdict(each) for each in sorted(mods, key=lambda each: each.name)]}
    unfinished = workspace / f"{NAME}.unfinished"
    unfinished.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(workspace / NAME)


def digest(folder: Path) -> str:
    """What changes with any file of a folder."""
    made = sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        for part in (file.relative_to(folder).as_posix().encode(), file.read_bytes()):
            made.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{made.hexdigest()}"
