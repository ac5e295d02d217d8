"""What `try` found, for people: rows on their side, what would be rejected, and what nothing fits."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tailpipe_resources.query.cells import columns_of, cut, harmless, padded

if TYPE_CHECKING:
    from tailpipe_assets.recognition.recognize import Proposal, Recognized
    from tailpipe_assets.recognition.trial import Tried

_CELL = 24
_LINE = 150
_SHOWN = 3
_COLUMNS = 24
_TYPES = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}


def show(found: Recognized) -> None:
    """Everything but the configuration, on stderr."""
    more = "" if found.listing.is_whole else " of the first"
    _say(f"Looked at {found.looked_at:,}{more or ' of'} {found.listing.count:,} artifacts.")
    if not found.listing.count:
        _say("There is nothing here: no file or object below this place.")
    elif not found.looked_at:
        _say("There is nothing in them: all are empty.")
    for each in found.proposals:
        _show_proposal(each)
    for unknown in found.unknown:
        _say(f"\nNot recognized: {harmless(unknown.location)}\n  {harmless(unknown.reason)}")
        if unknown.line:
            _say(f"  its first line: {cut(harmless(unknown.line), _LINE)}")
    for place in found.unseen[:_SHOWN]:
        _say(f"\nNot looked at, and not in the configuration: {harmless(place)}; try it by itself")
    if len(found.unseen) > _SHOWN:
        _say(f"and {len(found.unseen) - _SHOWN:,} more such places")
    if found.left_out:
        _say(f"\nLeft out on purpose, as it is no log of the table: {harmless(found.left_out[0])}")
    _say("")


def _show_proposal(proposal: Proposal) -> None:
    came = proposal.tried
    fit = came.records - len(came.misfits)
    noun = "artifact" if proposal.artifacts == 1 else "artifacts"
    _say(
        f"\n{proposal.table}: {proposal.what}; {fit:,} of {came.records:,} records of {proposal.artifacts} {noun} fit\n"
    )
    _show_rows(came)
    if proposal.remark:
        _say(f"\nin doubt: {proposal.remark}")
    for misfit in came.misfits[:_SHOWN]:
        _say(f"\nwould be rejected: {harmless(misfit.reason)}, at {misfit.position} of {harmless(misfit.location)}")
        _say(f"  {cut(harmless(misfit.record), _LINE)}")
    if len(came.misfits) > _SHOWN:
        _say(f"and {len(came.misfits) - _SHOWN:,} more")


def _show_rows(came: Tried) -> None:
    """A line a column: its name, its type and its values."""
    own = [name for name in came.types if not name.startswith("tp_")]
    filled = [name for name in own if any(row[name] is not None for row in came.rows)]
    names = ["tp_timestamp", *filled[:_COLUMNS]]
    lines = [
        [name, _TYPES.get(came.types[name], came.types[name]), *(_cell(row[name]) for row in came.rows)]
        for name in names
    ]
    widths = [max(columns_of(line[place]) for line in lines) for place in range(2 + len(came.rows))]
    for line in lines:
        cells = (
            padded(cut(cell, _CELL), min(width, _CELL), right=False) for cell, width in zip(line, widths, strict=True)
        )
        _say("  " + "  ".join(cells).rstrip())
    left = len(own) - len(names) + 1
    if left:
        _say(f"  columns beside these: {left}; most are empty here")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return harmless(json.dumps(value, default=str))
    return harmless(str(value))


def _say(text: str) -> None:
    print(text, file=sys.stderr)
