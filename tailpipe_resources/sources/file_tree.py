"""Which files lie below a path. Nothing but regular files, and none outside, however the links point."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.sources.file_read import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.layout import Layout

_WILDCARD = re.compile(r"[*?\[]")
_ANY_DEPTH = "**"


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and where the listing began that found it."""

    path: str
    root: str
    """Ends in `/`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A file, or a folder: its path then ends in `/`."""

    path: str
    real: str
    """The same without symbolic links."""


def absolute(path: str) -> str:
    """The path from the root of the file system, `~` and `..` resolved, symbolic links and a last `/` kept."""
    full = os.path.normpath(Path.cwd() / Path(path).expanduser())
    return _folder(full) if path.endswith("/") else full


def check_exists(path: str) -> None:
    """Make sure that what was named is there; a pattern may match nothing.

    Raises:
        SourceRefusedError: it is not there, may not be looked at, or is no file.
    """
    if _is_pattern(path):
        return
    try:
        Path(path).stat()
    except FileNotFoundError:
        raise SourceRefusedError(f"{path}: there is no such file or folder") from None
    except OSError as error:
        raise refusal(path, error) from error
    if not Path(path).is_file() and not Path(path).is_dir():
        raise SourceRefusedError(f"{path}: it is neither a regular file nor a folder")


class Tree:
    """Lists each file once, whichever paths lead to it."""

    def __init__(self, window: Window, layout: Layout | None, prefix: str) -> None:
        self._window = window
        self._layout = layout
        self._prefix = prefix
        self._listed: set[str] = set()
        self._refused: SourceRefusedError | None = None

    def check(self) -> None:
        """Raise what was met first that could not be looked at, once all the rest is listed.

        Raises:
            SourceRefusedError: a folder may not be read.
        """
        if self._refused is not None:
            raise self._refused

    def below(self, path: str) -> Iterator[Found]:
        """The files a path names: itself, those in the folder, or those that fit the pattern."""
        if _is_pattern(path):
            names = path.split("/")
            literal = next(index for index, name in enumerate(names) if _WILDCARD.search(name))
            yield from self._walk(_folder("/".join(names[:literal])), names[literal:])
        elif Path(path).is_dir():
            yield from self._walk(_folder(path), [_ANY_DEPTH])
        elif path.startswith(self._prefix):
            yield from self._once(_Place(path, os.path.realpath(path)), _folder(str(Path(path).parent)))

    def _walk(self, root: str, pattern: Sequence[str]) -> Iterator[Found]:
        """What fits below a folder, in order; what only symbolic links lead to comes last."""
        real_root = _folder(os.path.realpath(root))
        pending, links = [_Place(root, real_root)], list[str]()
        walked: set[str] = set()
        while pending or links:
            place = pending.pop() if pending else _resolve(links.pop(0), real_root)
            if place is None or not (place.path == root or self._is_wanted(place.path, root, pattern)):
                continue
            if not place.path.endswith("/"):
                yield from self._once(place, root)
            elif place.real not in walked:
                walked.add(place.real)
                children = self._entries(place.path)
                links += [entry.path for entry in children if entry.is_symlink()]
                pending += [child for entry in reversed(children) if (child := _child(entry, place)) is not None]

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            return _entries(folder)
        except SourceRefusedError as error:
            self._refused = self._refused or error
            return []

    def _once(self, place: _Place, root: str) -> Iterator[Found]:
        if place.real not in self._listed:
            self._listed.add(place.real)
            yield Found(place.path, root)

    def _is_wanted(self, path: str, root: str, pattern: Sequence[str]) -> bool:
        names = path[len(root) :].rstrip("/").split("/")
        if not path.endswith("/"):
            return path.startswith(self._prefix) and _fits(names, pattern)
        if not (path.startswith(self._prefix) or self._prefix.startswith(path)) or not _leads(names, pattern):
            return False
        return self._layout is None or self._layout.folder(path, self._window, root).may_hold


def _is_pattern(path: str) -> bool:
    return _WILDCARD.search(path) is not None and not Path(path).exists()


def _folder(path: str) -> str:
    return path.rstrip("/") + "/"


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder, sorted as the paths below it are; nothing when it is gone."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=_name_in_paths)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise refusal(folder, error) from error


def _name_in_paths(entry: os.DirEntry[str]) -> str:
    return f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name


def _child(entry: os.DirEntry[str], parent: _Place) -> _Place | None:
    """A file or folder that is no link, pipe, socket or device."""
    if entry.is_dir(follow_symlinks=False):
        return _Place(f"{parent.path}{entry.name}/", f"{parent.real}{entry.name}/")
    if entry.is_file(follow_symlinks=False):
        return _Place(parent.path + entry.name, parent.real + entry.name)
    return None


def _resolve(link: str, real_root: str) -> _Place | None:
    """The file or folder a symbolic link leads to, unless that is outside of the root."""
    target = Path(os.path.realpath(link))
    if not str(target).startswith(real_root):
        return None
    if target.is_dir():
        return _Place(_folder(link), _folder(str(target)))
    return _Place(link, str(target)) if target.is_file() else None


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a file's path is of the pattern; `**` stands for any number of folders."""
    if not names or not pattern:
        return not names and all(part == _ANY_DEPTH for part in pattern)
    if pattern[0] == _ANY_DEPTH and not _is_hidden(names[0]) and _fits(names[1:], pattern):
        return True
    rest = names if pattern[0] == _ANY_DEPTH else names[1:]
    return (pattern[0] == _ANY_DEPTH or _name_fits(names[0], pattern[0])) and _fits(rest, pattern[1:])


def _leads(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether files of the pattern may lie in a folder."""
    if not names or not pattern:
        return bool(pattern)
    if pattern[0] == _ANY_DEPTH:
        return (not _is_hidden(names[0]) and _leads(names[1:], pattern)) or _leads(names, pattern[1:])
    return _name_fits(names[0], pattern[0]) and _leads(names[1:], pattern[1:])


def _name_fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) and (pattern.startswith(".") or not _is_hidden(name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
