"""What a listing of a store tells of one of its files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stored:
    """A file's size and time."""

    size: int
    modified: float
    """When it was written, in Unix seconds."""
