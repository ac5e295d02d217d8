"""A workspace's mods: copied, pinned, compared and removed. Nothing of a mod is run."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.mods import lock
from tailpipe_assets.mods.git import fetch
from tailpipe_assets.mods.lock import Locked
from tailpipe_assets.mods.origin import Origin, origin_of
from tailpipe_resources.config.mods import read_mod
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import hint, label_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(".tailpipe") / "mods"
_UNVERSIONED = "folder"


class Store:
    """The mods of one workspace."""

    def __init__(self, workspace: Path) -> None:
        """Look after them.

        Args:
            workspace: the folder of the lock file.
        """
        self._workspace = workspace

    def folder_of(self, name: str) -> Path:
        """Where a mod's copy is, as configuration names it."""
        return FOLDER / name

    def all(self) -> tuple[Locked, ...]:
        """Those in the lock file, by name."""
        return tuple(each for _, each in sorted(lock.read(self._workspace).items()))

    def named(self, name: str) -> Locked:
        """One of them.

        Raises:
            UsageError: it is not installed.
        """
        found = lock.read(self._workspace)
        if name not in found:
            raise UsageError(f'no mod "{name}" is installed{hint(name, found)}')
        return found[name]

    def state(self, mod: Locked) -> str:
        """`ok`, `changed` or `missing`: its copy against the lock file."""
        folder = self._workspace / self.folder_of(mod.name)
        if not folder.is_dir():
            return "missing"
        return "ok" if lock.digest(folder) == mod.digest else "changed"

    def install(self, origin: Origin) -> Locked:
        """Copy a mod into the workspace and pin it; one of the same source is replaced.

        Raises:
            UsageError: there is no mod, or another one has its name.
            SourceError: it cannot be fetched.
        """
        with self._staged() as folder:
            version, commit = _fetched(origin, folder)
            name = _name_of(folder, origin)
            before = lock.read(self._workspace).get(name)
            if before is not None and before.source != origin.source:
                raise UsageError(
                    f'a mod "{name}" is installed from {before.source}; tailpipe mod uninstall {name} makes room'
                )
            made = Locked(name, origin.source, origin.version, version, commit, lock.digest(folder))
            self._keep(folder, made)
        return made

    def restore(self, mod: Locked) -> Locked:
        """Copy a mod as it is pinned, for a workspace that has only the lock file.

        Raises:
            UsageError: what is there now is not what was pinned.
            SourceError: it cannot be fetched.
        """
        with self._staged() as folder:
            _fetched(replace(origin_of(mod.source), version=mod.commit), folder)
            if lock.digest(folder) != mod.digest:
                raise UsageError(
                    f"{mod.source} is not what {lock.NAME} pins of {mod.name}; "
                    f"tailpipe mod update {mod.name} takes what is there now"
                )
            self._keep(folder, mod)
        return mod

    def update(self, mod: Locked) -> Locked:
        """Fetch it again: the newest, unless a version was asked for."""
        return self.install(replace(origin_of(mod.source), version=mod.asked))

    def uninstall(self, name: str) -> Locked:
        """Remove a mod's copy and forget it."""
        mod = self.named(name)
        found = lock.read(self._workspace)
        del found[name]
        lock.write(self._workspace, found.values())
        shutil.rmtree(self._workspace / self.folder_of(name), ignore_errors=True)
        return mod

    @contextmanager
    def _staged(self) -> Iterator[Path]:
        """A folder beside the mods', gone afterwards unless it became one."""
        place = self._workspace / FOLDER
        place.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".staged-", dir=place))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _keep(self, staged: Path, mod: Locked) -> None:
        place = self._workspace / self.folder_of(mod.name)
        staged.chmod(0o755)
        old = staged.with_name(f"{staged.name}.old")
        if place.exists():
            place.rename(old)
        staged.rename(place)
        shutil.rmtree(old, ignore_errors=True)
        lock.write(self._workspace, {**lock.read(self._workspace), mod.name: mod}.values())


def _fetched(origin: Origin, folder: Path) -> tuple[str, str | None]:
    if origin.url is not None:
        found = fetch(origin.url, origin.version, folder)
        return found.version, found.commit
    _copy(Path(origin.source), folder)
    return _UNVERSIONED, None


def _copy(source: Path, target: Path) -> None:
    """Copy the plain files of a folder: no links, nothing hidden."""
    if not source.is_dir():
        raise UsageError(f"{source} is no folder any more")
    for place, folders, files in os.walk(source):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in files:
            file = Path(place) / name
            if not name.startswith(".") and file.is_file() and not file.is_symlink():
                kept = target / file.relative_to(source)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, kept)


def _name_of(folder: Path, origin: Origin) -> str:
    try:
        name = read_mod(folder).name
    except UsageError:
        raise UsageError(f'{origin.typed} is no mod: no file in it has a block mod "name" {{ ... }}') from None
    wrong = label_fault(name, "name of a mod")
    if wrong is not None:
        raise UsageError(f'{origin.typed}: "{name}" {wrong}')
    return name
