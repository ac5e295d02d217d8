"""Accelerated views made anew: a new copy is written beside the old one and takes its name once it is whole."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import duckdb

from tailpipe_assets.views.copies import SUFFIX, accelerated, folder_of
from tailpipe_assets.views.opened import Engine, open_views
from tailpipe_assets.views.outdated import is_outdated
from tailpipe_resources.errors import (
    BusyError,
    CancelledError,
    CommitConflictError,
    LakeError,
    LakeUnavailableError,
    QueryError,
    TailpipeError,
    UsageError,
)
from tailpipe_resources.lake.local import locked, sync
from tailpipe_resources.model.names import hint, quote
from tailpipe_resources.query.accelerating import Copies, block_of
from tailpipe_resources.query.copies import About, Version, write_copy
from tailpipe_resources.query.engine import meanwhile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tailpipe_assets.views.opened import OpenViews
    from tailpipe_resources.config.outline import Outline
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.view import ViewBlock
    from tailpipe_resources.query.basis import Basis
    from tailpipe_resources.query.layers import Layer

    Result = Literal["refreshed", "current", "failed", "cancelled"]
    OnProgress = Callable[[str, str, float], None]
    """Told a view, the part of it that is copied, and how much of that is done, in percent; -1 where nobody knows."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What became of one accelerated view."""

    view: str
    result: Result
    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0
    made: datetime | None = None
    """When its copy was made; None where there is none."""

    parts: dict[str, int] = field(default_factory=dict)
    """The rows of each of its views."""

    versions: tuple[Version, ...] = ()
    """The versions of the tables that its copy stands for."""

    failure: TailpipeError | None = None


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows a refresh and can stop it."""

    on_progress: OnProgress = lambda _view, _part, _percent: None
    stopped: Callable[[], bool] = lambda: False


NOBODY = Follower()


def refresh_views(
    outline: Outline,
    load: Callable[[], Config],
    names: Sequence[str] = (),
    *,
    follower: Follower = NOBODY,
    engine: Engine | None = None,
) -> Iterator[Refreshed]:
    """Make copies of accelerated views where the ones that are there are not current; one after the other.

    Args:
        outline: where the lakes are and which views there are.
        load: the whole configuration, asked for only when a table of the user's own was never collected.
        names: of views; all that are accelerated when none is given.
        follower: who follows it.
        engine: memory.

    Raises:
        UsageError: a name is none, or of a view that is not accelerated.
    """
    blocks = chosen(outline.views, names)
    for block in blocks:
        if follower.stopped():
            yield Refreshed(block.name, "cancelled")
        else:
            yield _refreshed(block, outline, load, follower, engine or Engine())


def chosen(blocks: Sequence[ViewBlock], names: Sequence[str]) -> list[ViewBlock]:
    """The accelerated views of some names; all when none is given.

    Raises:
        UsageError: a name is none, or of a view that is not accelerated.
    """
    by_name = {block.name: block for block in blocks}
    for name in names:
        if name not in by_name:
            raise UsageError(f'the configuration has no view "{name}"{hint(name, by_name)}')
        if not by_name[name].accelerated:
            raise UsageError(f'the view {name} is not accelerated; write "accelerated = true" at {by_name[name].place}')
    return [block for block in blocks if block.accelerated and (not names or block.name in names)]


def remove_others(lakes: Iterable[Lake], blocks: Iterable[ViewBlock]) -> tuple[str, ...]:
    """Remove the copies of these lakes that no view has any more; the names that they had."""
    folder, kept = folder_of(lakes), {block.name for block in blocks if block.accelerated}
    gone = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.stem not in kept:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
            _discard(path.with_suffix(".writing"))
            gone.append(path.stem)
    return tuple(gone)


def _refreshed(
    block: ViewBlock, outline: Outline, load: Callable[[], Config], follower: Follower, engine: Engine
) -> Refreshed:
    began = time.monotonic()
    try:
        with open_views(outline, load, engine=Engine(engine.memory_limit, uses_copies=False)) as opened:
            return _made(block, opened, follower, began)
    except CancelledError:
        return Refreshed(block.name, "cancelled")
    except TailpipeError as error:
        return Refreshed(block.name, "failed", seconds=time.monotonic() - began, failure=error)


def _made(block: ViewBlock, opened: OpenViews, follower: Follower, began: float) -> Refreshed:
    folder = folder_of(opened.found.lakes)
    final, begun = folder / f"{block.name}{SUFFIX}", folder / f"{block.name}.writing"
    with _alone(block, folder):
        _discard(begun)  # what a run left that was killed
        views = _views(block, opened)
        known = _known(block, opened, views)
        if known is not None:
            return _told(block, "current", known, final, began)
        try:
            begun.mkdir(mode=0o700)
            about = _written(block, opened, views, begun / final.name, follower)
            sync(begun / final.name)
            (begun / final.name).replace(final)
            sync(folder)
            _check_still_there(block, final, opened)
        except OSError as error:
            raise LakeError(f"the copy of {block.name} cannot be written into {folder}: {error.strerror}") from error
        finally:
            _discard(begun)
        return _told(block, "refreshed", about, final, began)


def _check_still_there(block: ViewBlock, copy: Path, opened: OpenViews) -> None:
    """Let a copy go that holds rows of files which went meanwhile: whoever deleted them may not have seen it.

    Raises:
        CommitConflictError: it does.
    """
    if is_outdated(copy, opened.found.lakes):
        copy.unlink(missing_ok=True)
        raise CommitConflictError(
            f"what the view {block.name} shows was compacted, replaced or deleted meanwhile; refresh it again"
        )


def _views(block: ViewBlock, opened: OpenViews) -> list[tuple[Layer, Basis]]:
    """The views that a block makes, with what they rest on.

    Raises:
        QueryError: one cannot be made, or not be copied.
    """
    opened.views.prepare(quote(block.name))
    layers = [each for each in opened.views.layers if each.kind in {"period", "query"} and block_of(each) == block.name]
    if not layers:
        lost = opened.views.lost.get(block.name, f"the view {block.name} shows no table at all")
        raise QueryError(f"{lost} ({block.place})")
    try:
        return [(each, opened.views.basis(each)) for each in layers]
    except QueryError as error:
        raise QueryError(f"the view {block.name} cannot be accelerated: {error} ({block.place})") from error


def _known(block: ViewBlock, opened: OpenViews, views: Sequence[tuple[Layer, Basis]]) -> About | None:
    """What the copy that is there says of itself, when it is current."""
    copies = Copies(opened.connection, time_zone="UTC")
    copies.show({block.name: accelerated(opened.found)[block.name]})
    tables = {view.name: view for view in opened.views.views}
    try:
        uses = [copies.use(layer, basis, tables) for layer, basis in views]
        return copies.about(block.name) if all(use.state == "copy" for use in uses) else None
    finally:
        copies.show({})


def _written(
    block: ViewBlock, opened: OpenViews, views: Sequence[tuple[Layer, Basis]], path: Path, follower: Follower
) -> About:
    """Write the copy into a file of its own."""
    where = accelerated(opened.found)[block.name]
    tables = {table for _, basis in views for table in basis.tables}
    read = [view for view in opened.views.views if view.name in tables]
    versions = tuple(
        Version(lake.root, each.table, each.version) for lake, each in opened.found.snapshots if each.table in tables
    )
    files = {view.name: frozenset(where.files_of(view)) for view in read}
    about = About(datetime.now(UTC), versions, files=files)
    part = [block.name]
    with _followed(block.name, part, opened.connection, follower):
        try:
            return write_copy(
                opened.connection, str(path), views, about, on_part=lambda name: part.__setitem__(0, name)
            )
        except duckdb.InterruptException:
            raise CancelledError(f"the view {block.name} keeps the copy it had") from None
        except (QueryError, LakeUnavailableError) as error:
            raise type(error)(f"the view {block.name} cannot be copied: {error} ({block.place})") from error


def _followed(
    view: str, part: list[str], connection: duckdb.DuckDBPyConnection, follower: Follower
) -> AbstractContextManager[None]:
    """Tell meanwhile how far it is, and stop the database when somebody asks to."""

    def follow() -> None:
        if follower.stopped():
            connection.interrupt()
        follower.on_progress(view, part[0], connection.query_progress())

    return meanwhile(follow, "progress")


@contextmanager
def _alone(block: ViewBlock, folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"copies cannot be kept in {folder}: {error.strerror}; set TAILPIPE_HOME") from error
    try:
        with locked(folder / f"{block.name}.lock", f"the copy of the view {block.name}"):
            yield
    except BusyError:
        raise BusyError(f"another run is making the copy of the view {block.name}; wait for it to end") from None


def _told(block: ViewBlock, result: Result, about: About, path: Path, began: float) -> Refreshed:
    parts = {name: part.rows for name, part in about.parts.items()}
    return Refreshed(
        block.name,
        result,
        rows=sum(parts.values()),
        bytes=path.stat().st_size,
        seconds=time.monotonic() - began,
        made=about.made,
        parts=parts,
        versions=about.versions,
    )


def _discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
