"""Findings in rows that are in the lake already: committed by themselves, without a ledger.

What is found as rows come in is named by the rows' intent, and follows their commit. What is found later, by looking
back or by a schedule, has no rows to follow. Its files are named by an attempt until their commit is made, and its ids
tell whether something was found before; so a run that dies is repeated.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tailpipe_resources.lake.attempts import attempt, sweep_attempts
from tailpipe_resources.lake.cleanup import put_away
from tailpipe_resources.lake.delta import Change, Told, commit_change, head, open_table
from tailpipe_resources.lake.history import tidy
from tailpipe_resources.lake.ledger import new_batch
from tailpipe_resources.lake.storage import OWN, Lake, discard
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.slot import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tailpipe_resources.lake.staging import StagedFile


@contextmanager
def finding_later(lake: Lake, stream: str) -> Iterator[None]:
    """Be the only one on this machine who stages and commits findings of a stream later than its rows.

    Raises:
        BusyError: somebody else does.
    """
    with lake.store.lock(f"{FINDING_TABLE}/{OWN}/later/{encode(stream)}.lock", f"the findings of {stream}"):
        discard(lake.staging(FINDING_TABLE, stream))  # what a run left that was killed
        sweep_attempts(lake, FINDING_TABLE)
        yield


def commit_findings(lake: Lake, stream: str, files: Sequence[StagedFile], told: Told) -> None:
    """Make staged findings visible, all or none.

    Args:
        lake: where they were staged.
        stream: whose they are; `finding_later` must be held.
        files: the findings.
        told: who commits.

    Raises:
        CommitConflictError: another machine committed to the stream first. None of them is visible.
        LakeError: the lake cannot be written.
    """
    at = head(open_table(lake, FINDING_TABLE), stream)
    batch = new_batch(at)
    with attempt(lake, FINDING_TABLE, batch, [each.final for each in files]):
        added = tuple(each.publish(lake) for each in files)
        commit_change(lake, FINDING_TABLE, Change(added, (), batch, stream=stream, expected=at, told=told))
    put_away(lake, FINDING_TABLE)
    tidy(lake, FINDING_TABLE)
