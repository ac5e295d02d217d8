"""What is in a bucket, of the few objects that messages name: each looked up as it is now, and none listed."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

from tailpipe_resources.errors import AccessDeniedError, ArtifactGoneError
from tailpipe_resources.sources.s3_errors import speaking_for
from tailpipe_resources.sources.s3_listing import NOTHING_SAID, has_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.layout import LayoutMatch
    from tailpipe_resources.sources.s3_listing import Scope

LOOKERS: Final = 16
"""How many objects are looked up at once."""

_AHEAD: Final = 4 * LOOKERS


class Looking:
    """Some objects of a bucket. What was looked up is remembered, so that it is the same for all who ask."""

    def __init__(self, bucket: str, hints: Sequence[Artifact], laid_out: dict[tuple[str, str], bool]) -> None:
        """Reach nothing yet.

        Args:
            bucket: whose objects.
            hints: what messages say of them.
            laid_out: below which prefixes which layouts were found or not; added to.
        """
        self._laid_out = laid_out
        self._hints = {each.location.removeprefix(f"s3://{bucket}/"): each for each in hints}
        self._found: dict[str, ObjectTypeDef] = {}
        self._lock = Lock()

    def listed(self, client: S3Client, scope: Scope) -> Iterator[tuple[ObjectTypeDef, LayoutMatch]]:
        """Those of them that a listing would have, in its order, with what the layout says of each.

        Raises:
            SourceError: one cannot be looked up.
        """
        with ThreadPoolExecutor(LOOKERS, "s3-look") as pool:
            coming: deque[tuple[Future[ObjectTypeDef], LayoutMatch]] = deque()
            for key, match in self._placed(client, scope):
                coming.append((pool.submit(self._look_up, client, scope.bucket, key), match))
                if len(coming) > _AHEAD:
                    found, said = coming.popleft()
                    yield found.result(), said
            for found, said in coming:
                yield found.result(), said

    def _placed(self, client: S3Client, scope: Scope) -> Iterator[tuple[str, LayoutMatch]]:
        about = (scope.prefix, "" if scope.layout is None else scope.layout.pattern)

        def is_laid_out() -> bool:
            if about not in self._laid_out:
                self._laid_out[about] = has_layout(client, scope)
            return self._laid_out[about]

        for key in sorted(self._hints):
            match = placed(key, scope, is_laid_out)
            if match is not None:
                yield key, match

    def _look_up(self, client: S3Client, bucket: str, key: str) -> ObjectTypeDef:
        """As it is; as it was hinted at where it is gone or may not be looked at, which reading it will tell."""
        with self._lock:
            known = self._found.get(key)
        if known is None:
            known = _as_it_is(client, bucket, key) or _as_hinted(key, self._hints[key])
            with self._lock:
                self._found[key] = known
        return known


def placed(key: str, scope: Scope, is_laid_out: Callable[[], bool]) -> LayoutMatch | None:
    """What the layout says of a key; None where a listing would leave it out for its name.

    Args:
        key: the object's.
        scope: what would be listed.
        is_laid_out: asked whether the layout is anywhere in the bucket, when the key alone does not tell.
    """
    if not key.startswith(scope.prefix):
        return None
    if scope.layout is None:
        return NOTHING_SAID
    match = scope.layout.match(key, scope.root)
    if match is not None:
        return match if match.span.meets(scope.window) else None
    if not scope.is_layout_optional:
        return None
    folder = scope.layout.folder(key[: key.rfind("/") + 1], scope.window, scope.root)
    return None if folder.is_below_head or is_laid_out() else NOTHING_SAID


def _as_it_is(client: S3Client, bucket: str, key: str) -> ObjectTypeDef | None:
    try:
        with speaking_for(f"s3://{bucket}/{key}"):
            head = client.head_object(Bucket=bucket, Key=key)
    except (AccessDeniedError, ArtifactGoneError):
        return None
    return {"Key": key, "ETag": head["ETag"], "Size": head["ContentLength"], "LastModified": head["LastModified"]}


def _as_hinted(key: str, hint: Artifact) -> ObjectTypeDef:
    etag = hint.version.rpartition("-")[0]
    return {"Key": key, "ETag": etag, "Size": hint.size, "LastModified": hint.time or datetime.now(UTC)}
