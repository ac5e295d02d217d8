"""Sources, formats and tables are plugins: entry points of the groups `tailpipe.source`, `.format` and `.table`.

Ours come through the same door as a stranger's. Names are known without importing anything; one is imported when
it is used.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, distributions
from typing import TYPE_CHECKING, Any, Literal

from tailpipe_resources.errors import PluginError, TailpipeError
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["source", "format", "table"]
KINDS: tuple[Kind, ...] = ("source", "format", "table")
_HAS: Mapping[Kind, tuple[str, ...]] = {
    "source": ("name", "description", "options", "workers", "artifacts", "open"),
    "format": ("name", "description", "options", "by_lines", "groups", "split"),
    "table": ("name", "description", "formats", "fields", "time", "timestamp"),
}
"""What each of them has at least."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One that is installed. It need not import."""

    kind: Kind
    name: str
    package: str
    """The distribution that brought it, and its version."""

    object: str
    """The module and the name in it."""


@cache
def _installed() -> tuple[EntryPoint, ...]:
    # Looking through all installed packages takes a while; once is enough.
    return tuple(
        point for package in distributions() for point in package.entry_points if point.group.startswith("tailpipe.")
    )


@cache
def _points(kind: Kind) -> dict[str, tuple[EntryPoint, ...]]:
    """By name; one of each package that has it. Of a package that is found twice the first counts, as in `import`."""
    found: dict[str, dict[str, EntryPoint]] = {}
    for point in _installed():
        if point.group == f"tailpipe.{kind}":
            package = "" if point.dist is None else re.sub(r"[-_.]+", "-", point.dist.name).lower()
            found.setdefault(point.name, {}).setdefault(package, point)
    return {name: tuple(points.values()) for name, points in found.items()}


def installed() -> tuple[Plugin, ...]:
    """All of them, by kind and name. Imports none."""
    return tuple(
        Plugin(kind, point.name, _package(point), point.value)
        for kind in KINDS
        for _, points in sorted(_points(kind).items())
        for point in points
    )


def _package(point: EntryPoint) -> str:
    return "" if point.dist is None else f"{point.dist.name} {point.dist.version}"


def names(kind: Kind) -> list[str]:
    """Every installed plugin of this kind, sorted. Imports none of them."""
    return sorted(_points(kind))


def load(kind: Kind, name: str) -> Any:
    """Import exactly one plugin.

    Raises:
        PluginError: when there is none of that name, or several packages have it, or its package does not import.
    """
    points = _points(kind).get(name, ())
    if not points:
        raise PluginError(f'no {kind} is called "{name}"{hint(name, names(kind))}')
    if len(points) > 1:
        packages = " and ".join(sorted(map(_package, points)))
        raise PluginError(f"the {kind} {name} is in {packages}: uninstall all but one of them")
    [point] = points
    try:
        found = point.load()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise PluginError(f"the {kind} {name} ({point.value}) does not import: {said}") from error
    absent = [each for each in _HAS[kind] if not hasattr(found, each)]
    if absent:
        raise PluginError(f"the {kind} {name} ({point.value}) is no {kind}: it has no {', '.join(absent)}")
    if found.name != name:
        raise PluginError(f'the {kind} {name} ({point.value}) calls itself "{found.name}"; both must be the same')
    return found


@contextmanager
def speaking_for(kind: Kind, name: str, *said: type[Exception]) -> Iterator[None]:
    """Say whose fault it is when a plugin fails.

    Args:
        kind: the plugin's.
        name: the plugin's.
        said: what it may raise to say something.

    Raises:
        PluginError: it raised something else.
    """
    ours: tuple[type[Exception], ...] = (TailpipeError, OSError, MemoryError, *said)
    try:
        yield
    except ours:
        raise
    except Exception as error:
        raise PluginError(f"the {kind} {name} failed: {type(error).__name__}: {error}") from error
