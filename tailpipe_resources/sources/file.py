"""The source `file`: files on this machine."""

from __future__ import annotations

import getpass
import re
import shlex
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from pydantic import model_validator

from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.model.window import Window
from tailpipe_resources.options import Options
from tailpipe_resources.sources.emptiness import Name, Sought, why_empty
from tailpipe_resources.sources.file_read import location_of, open_steady, version_of
from tailpipe_resources.sources.file_tree import Found, Tree, absolute, check_exists
from tailpipe_resources.sources.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.sources.base import Action


class FileOptions(Options):
    """Which files to read."""

    path: str | None = None
    """A file, a folder with everything below it, or a pattern such as `/var/log/nginx/*.log` or `logs/**/*.gz`."""

    paths: list[str] = []
    """Several of them."""

    file_layout: str | None = None
    """Where the time is written in a file's path below the folder, as a grok pattern. Other files are left out."""

    patterns: dict[str, str] = {}
    """Grok patterns of your own for `file_layout`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.all_paths or not all(self.all_paths):
            raise ValueError('name a file or folder: path = "/var/log/nginx/access.log"')
        if self.file_layout is not None:
            Layout(self.file_layout, self.patterns)
        return self

    @property
    def all_paths(self) -> list[str]:
        """What `path` and `paths` name together."""
        return [*([] if self.path is None else [self.path]), *self.paths]


class FileSource:
    """Files, in the order of their paths. Hidden ones are left out unless they are named."""

    name: ClassVar[str] = "file"
    description: ClassVar[str] = "Files and folders on this machine."
    options: ClassVar[type[Options]] = FileOptions
    workers: ClassVar[int] = 1

    def __init__(self, options: Options, credential: Credential | None = None) -> None:
        self._options = FileOptions.model_validate(options)
        self._credential = credential

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """List the files there are; see `Source.artifacts`.

        Raises:
            SourceRefusedError: a path does not exist, or may not be read.
        """
        chosen = self._layout(layout)
        excluded = re.compile(exclude) if exclude else None
        for found in self._found(window, chosen, prefix):
            artifact = _artifact(found, chosen, window)
            if artifact is not None and (excluded is None or excluded.search(artifact.location) is None):
                yield artifact

    def open(self, artifact: Artifact) -> BinaryIO:
        """The file's bytes; see `Source.open`."""
        return open_steady(artifact)

    def why_empty(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> str:
        """What all files lack; see `Explaining.why_empty`."""
        found = self._found(Window(), None, None)
        first = next(found, None)
        if first is None:
            return f"there is no file at {', '.join(map(absolute, self._options.all_paths))}"
        names = (Name(each.path, each.root, location_of(each.path)) for each in chain([first], found))
        sought = Sought(window, absolute(prefix) if prefix else "", self._layout(layout), exclude)
        return why_empty(names, sought, "file")

    def identity(self) -> str:
        """The user that runs this; see `Identified.identity`."""
        return f"user {getpass.getuser()} of this machine"

    def permission(self, action: Action) -> str:
        """What root would type; see `Identified.permission`."""
        rights = "rx" if action == "list" else "r"
        paths = " ".join(shlex.quote(absolute(path)) for path in self._options.all_paths)
        return f"setfacl -R -m u:{getpass.getuser()}:{rights} {paths}"

    def _layout(self, built_in: str | None) -> Layout | None:
        pattern = self._options.file_layout or built_in
        return Layout(pattern, self._options.patterns) if pattern else None

    def _found(self, window: Window, layout: Layout | None, prefix: str | None) -> Iterator[Found]:
        paths = [absolute(path) for path in self._options.all_paths]
        for path in paths:
            check_exists(path)
        tree = Tree(window, layout, absolute(prefix) if prefix else "")
        for path in paths:
            yield from tree.below(path)
        tree.check()


def _artifact(found: Found, layout: Layout | None, window: Window) -> Artifact | None:
    """A file as an artifact, or None when it is not selected."""
    try:
        status = Path(found.path).stat()
    except FileNotFoundError:
        return None
    if layout is None:
        return Artifact(location_of(found.path), version_of(status), status.st_size, written=status.st_mtime)
    match = layout.match(found.path, found.root)
    if match is None or not match.span.meets(window):
        return None
    return Artifact(
        location_of(found.path), version_of(status), status.st_size, match.start, match.fields, status.st_mtime
    )
