"""Probing: as whom a source reads, whether it can list and read one artifact, and be told. Nothing is collected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tailpipe_assets.pipeline.resources import Resources
from tailpipe_resources.errors import AccessDeniedError, SourceError
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.base import Explaining, Identified, Notified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailpipe_resources.model import config
    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Action, Source

DEFAULT = Resources()
EVERYTHING = Window()
_FIRST_BYTES = 64 * 1024
_ACTIONS: Final[dict[str, Action]] = {"list": "list", "notices": "notices"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried."""

    name: str
    """`identity`, `list`, `read` or `notices`."""

    said: str
    """What came of it, in words."""

    failure: SourceError | None = None
    permission: str = ""
    """What would grant it, where it was refused."""


def probe(source: config.Source, resources: Resources = DEFAULT) -> Iterator[Step]:
    """Try one step after the other; without an identity none of the others."""
    reached = resources.source(source)
    if isinstance(reached, Identified):
        step = _tried("identity", reached.identity)
        yield step
        if step.failure is not None:
            return
    found: list[Artifact] = []
    step = _tried("list", lambda: _first(reached, found), reached)
    yield step
    if step.failure is None and found:
        yield _tried("read", lambda: _read(reached, found[0]), reached)
    inbox = reached.inbox() if isinstance(reached, Notified) else None
    if inbox is not None:
        yield _tried("notices", inbox.attempt, reached)


def _first(source: Source, found: list[Artifact]) -> str:
    artifact = next(iter(source.artifacts(EVERYTHING)), None)
    if artifact is None:
        return (source.why_empty(EVERYTHING) if isinstance(source, Explaining) else "") or "there is nothing"
    found.append(artifact)
    dated = "" if artifact.time is None else f", dated {artifact.time:%Y-%m-%d}"
    return f"{artifact.location}, {artifact.size:,} bytes{dated}"


def _read(source: Source, artifact: Artifact) -> str:
    with source.open(artifact) as stream:
        count = len(stream.read(_FIRST_BYTES))
    return f"its first {count:,} bytes"


def _tried(name: str, do: Callable[[], str], source: object = None) -> Step:
    try:
        return Step(name, do())
    except SourceError as error:
        permission = ""
        if isinstance(error, AccessDeniedError) and isinstance(source, Identified):
            permission = source.permission(_ACTIONS.get(name, "read"))
        return Step(name, str(error), error, permission)
