"""What is in a bucket, without walking all of it when a layout tells where to look."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.sources.layout import LayoutMatch
from tailpipe_resources.sources.layout_time import Span
from tailpipe_resources.sources.s3_errors import speaking_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef, ObjectTypeDef

    from tailpipe_resources.model.window import Window
    from tailpipe_resources.sources.layout import Folder, Layout

    Leap = Callable[[str], str | None]
    """From a key to one before which nothing else is wanted; None where nobody knows one."""

LISTERS: Final = 8
"""How many folders are listed at once."""

HEAD_LEVELS: Final = 4
"""How many levels below the prefix an optional layout is looked for."""

UNSORTED: Final = "--x-s3"
"""What the names of directory buckets end in, whose keys are listed in no order."""

NOTHING_SAID: Final = LayoutMatch(Span(), {})
"""Of a key where there is no layout."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to list."""

    bucket: str
    prefix: str
    """Every key begins with it."""

    window: Window
    layout: Layout | None = None
    root: str = ""
    """Where the layout begins; ends in `/`, or is empty."""

    is_layout_optional: bool = False
    """Whether everything is listed, undated by its path, when the layout is nowhere found."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A prefix whose objects are all looked at."""

    prefix: str
    is_flat: bool
    """Whether those in folders below it belong to it."""


def listed(client: S3Client, scope: Scope) -> Iterator[tuple[ObjectTypeDef, LayoutMatch]]:
    """The objects, prefix after prefix in the order of their keys, with what the layout says of each.

    Raises:
        SourceError: the bucket cannot be listed.
    """
    with ThreadPoolExecutor(LISTERS, "s3-list") as pool:
        leaves = None if scope.layout is None else _descend(client, scope, scope.layout, pool)
        if scope.layout is None or leaves is None:
            for item in _objects(client, scope.bucket, [_Leaf(scope.prefix, is_flat=True)], pool):
                yield item, NOTHING_SAID
            return
        for item in _objects(client, scope.bucket, leaves, pool, _leaping(scope, scope.layout)):
            match = scope.layout.match(item.get("Key", ""), scope.root)
            if match is not None and match.span.meets(scope.window):
                yield item, match


def _descend(client: S3Client, scope: Scope, layout: Layout, pool: ThreadPoolExecutor) -> list[_Leaf] | None:
    """The prefixes that may hold what is wanted; None when an optional layout was not found."""
    leaves: list[_Leaf] = []
    level, is_met = [scope.prefix], not scope.is_layout_optional
    for depth in count():
        below: list[str] = []
        for prefix in level:
            folder = layout.folder(prefix[: prefix.rfind("/") + 1], scope.window, scope.root)
            is_met = is_met or folder.is_below_head
            if folder.is_wanted_whole or folder.has_files:
                leaves.append(_Leaf(prefix, is_flat=folder.is_wanted_whole))
            if _is_worth_a_look(folder, scope, depth):
                below.append(prefix)
        if not below:
            break
        level = sorted(chain.from_iterable(pool.map(partial(_folders, client, scope.bucket), below)))
    return sorted(leaves, key=lambda leaf: leaf.prefix) if is_met else None


def has_layout(client: S3Client, scope: Scope) -> bool:
    """Whether listing would find the layout anywhere, and so leave out what does not have it.

    Raises:
        SourceError: the bucket cannot be listed.
    """
    layout, level = scope.layout, [scope.prefix]
    if layout is None:
        return False
    with ThreadPoolExecutor(LISTERS, "s3-list") as pool:
        for _ in range(HEAD_LEVELS):
            level = list(chain.from_iterable(pool.map(partial(_folders, client, scope.bucket), level)))
            if any(layout.folder(each, scope.window, scope.root).is_below_head for each in level):
                return True
    return False


def _is_worth_a_look(folder: Folder, scope: Scope, depth: int) -> bool:
    """Whether to look at the folders in a folder one by one."""
    if folder.is_wanted_whole or not folder.has_folders:
        return False
    return folder.is_below_head or not scope.is_layout_optional or depth < HEAD_LEVELS


def _folders(client: S3Client, bucket: str, prefix: str) -> list[str]:
    pages = _pages(client, bucket, _Leaf(prefix, is_flat=False))
    return [folder.get("Prefix", "") for page in pages for folder in page.get("CommonPrefixes", ())]


def _leaping(scope: Scope, layout: Layout) -> Leap:
    """How far to leap from the last key of a page."""
    if scope.bucket.endswith(UNSORTED):
        return _nowhere
    return lambda key: layout.leap(key, scope.window, scope.root)


def _nowhere(_key: str) -> None:
    """Where every key is looked at."""


def _objects(
    client: S3Client, bucket: str, leaves: list[_Leaf], pool: ThreadPoolExecutor, leap: Leap = _nowhere
) -> Iterator[ObjectTypeDef]:
    """The objects of each leaf in turn, while the first pages of the next leaves are on their way."""
    coming: deque[Future[Iterable[ListObjectsV2OutputTypeDef]]] = deque()
    for leaf in leaves:
        coming.append(pool.submit(_begun, _leapt(client, bucket, leaf, leap)))
        if len(coming) > LISTERS:
            yield from _contents(coming.popleft().result())
    while coming:
        yield from _contents(coming.popleft().result())


def _begun(pages: Iterator[ListObjectsV2OutputTypeDef]) -> Iterable[ListObjectsV2OutputTypeDef]:
    first = next(pages, None)
    return () if first is None else chain([first], pages)


def _contents(pages: Iterable[ListObjectsV2OutputTypeDef]) -> Iterator[ObjectTypeDef]:
    for page in pages:
        yield from page.get("Contents", ())


def _leapt(client: S3Client, bucket: str, leaf: _Leaf, leap: Leap) -> Iterator[ListObjectsV2OutputTypeDef]:
    """The pages of a leaf but those that a leap spares."""
    after = ""
    while True:
        for page in _pages(client, bucket, leaf, after):
            contents = page.get("Contents", [])
            kept = [item for item in contents if item.get("Key", "") > after]
            yield {**page, "Contents": kept}
            if len(kept) < len(contents):
                leap = _nowhere  # a store that knows no `start-after` begins at the beginning
            target = leap(kept[-1].get("Key", "")) if kept and page.get("IsTruncated") else None
            if target is not None:
                after = target
                break
        else:
            return


def _pages(client: S3Client, bucket: str, leaf: _Leaf, after: str = "") -> Iterator[ListObjectsV2OutputTypeDef]:
    request: dict[str, Any] = {"Bucket": bucket, "Prefix": leaf.prefix}
    if not leaf.is_flat:
        request["Delimiter"] = "/"
    if after:
        request["StartAfter"] = after
    pages = iter(client.get_paginator("list_objects_v2").paginate(**request))
    while True:
        with speaking_for(f"s3://{bucket}"):
            page = next(pages, None)
        if page is None:
            return
        yield page
