"""Failures: what may stop one collection, in our words."""

from __future__ import annotations

from typing import Final

import duckdb

from tailpipe_resources.errors import LakeError, LakeUnavailableError, TailpipeError
from tailpipe_resources.query.engine import is_unavailable, spoken

STOPPING: Final = (TailpipeError, duckdb.Error, OSError)
"""What stops a collection, and no other."""


def in_our_words(error: Exception) -> TailpipeError:
    """What went wrong, as an error of ours."""
    if isinstance(error, TailpipeError):
        return error
    if isinstance(error, OSError):
        return LakeError(f"the lake cannot be written: {error}")
    said = spoken(error) if isinstance(error, duckdb.Error) else str(error)
    if is_unavailable(error):
        return LakeUnavailableError(said)
    return LakeError(f"DuckDB: {said.strip().splitlines()[0]}")
