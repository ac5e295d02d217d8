"""Events of security appliances: ArcSight's CEF and QRadar's LEEF, with or without a syslog header before them.

References:
    https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.4/pdfdoc/cef-implementation-standard/
    https://www.ibm.com/docs/en/dsm?topic=leef-overview
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from tailpipe_assets.formats.object_lines import ObjectLines
from tailpipe_assets.formats.objects import converted, members_of, members_of_pairs, objects
from tailpipe_assets.formats.pairs import extension_pairs, separated_pairs, unescaped
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tailpipe_assets.formats.base import Piece

_CEF = (
    r"^(?P<syslog_header>.*?)\s*CEF:\s*(?P<cef_version>[0-9.]+)"
    + "".join(
        rf"\|(?P<{name}>(?:[^|\\]|\\.)*)"
        for name in ("device_vendor", "device_product", "device_version", "device_event_class_id", "name", "severity")
    )
    + r"(?:\|\s*(?P<extension>.*))?$"
)
_LEEF = (
    r"^(?P<syslog_header>.*?)\s*LEEF:\s*(?P<leef_version>[0-9.]+)"
    r"\|(?P<device_vendor>[^|]*)\|(?P<device_product>[^|]*)\|(?P<device_version>[^|]*)\|(?P<event_id>[^|]*)"
    r"\|(?P<extension>.*)$"
)
_DELIMITED = r"^(?P<delimiter>[^|=]{0,5})\|(?P<extension>.*)$"
_HEX = re.compile(r"(?:0?x|\\x)([0-9a-fA-F]{1,2})")
_TAB = "\t"


class EventOptions(Options):
    """These events need no settings."""

    description: str = ""
    """What the format is for."""


class CefFormat(ObjectLines):
    """CEF: a header of seven fields, then pairs."""

    name: ClassVar[str] = "cef"
    description: ClassVar[str] = "CEF events, as many security appliances write them, with or without a syslog header."
    options: ClassVar[type[Options]] = EventOptions

    def __init__(self, options: EventOptions) -> None:
        del options

    def read(self, piece: Piece) -> Piece:
        """A piece of lines as a piece of JSON objects."""
        head, fits = _head(piece.raw, _CEF)
        found = extension_pairs(head.pop("extension"))
        columns = {name: unescaped(values, (("\\|", "|"),)) for name, values in head.items()}
        pairs = members_of_pairs(found.keys, found.values, found.lines, len(piece.raw))
        return converted(piece, objects(members_of(columns), pairs), fits, "the line holds no CEF event")


class LeefFormat(ObjectLines):
    """LEEF, 1.0 and 2.0: a header of five fields, then pairs between tabs or what the header says."""

    name: ClassVar[str] = "leef"
    description: ClassVar[str] = "LEEF events, versions 1.0 and 2.0, with or without a syslog header."
    options: ClassVar[type[Options]] = EventOptions

    def __init__(self, options: EventOptions) -> None:
        del options

    def read(self, piece: Piece) -> Piece:
        """A piece of lines as a piece of JSON objects."""
        head, fits = _head(piece.raw, _LEEF)
        extension, delimiter = _delimited(head["leef_version"], head.pop("extension"))
        pairs = _pairs_by_delimiter(extension, delimiter)
        return converted(piece, objects(members_of(head), pairs), fits, "the line holds no LEEF event")


def _head(lines: pa.Array, pattern: str) -> tuple[dict[str, pa.Array], npt.NDArray[np.bool_]]:
    """The groups of a pattern, empty text where a line does not fit, and which lines do."""
    found = pc.extract_regex(lines, pattern)
    fits = found.is_valid().to_numpy(zero_copy_only=False)
    names = [field.name for field in found.type]
    groups = dict(zip(names, (pc.fill_null(each, "") for each in found.flatten()), strict=True))
    header = groups["syslog_header"]
    groups["syslog_header"] = pc.if_else(pc.equal(header, ""), None, header)
    return groups, fits


def _delimited(version: pa.Array, extension: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The pairs of each event, and what stands between them: since 2.0 the header says."""
    said = pc.extract_regex(extension, _DELIMITED)
    later = pc.and_(pc.starts_with(version, "2"), said.is_valid())
    delimiter, rest = said.flatten()
    return pc.if_else(later, rest, extension), pc.if_else(later, delimiter, _TAB)


def _pairs_by_delimiter(extension: pa.Array, delimiter: pa.Array) -> pa.Array:
    kinds = pc.unique(delimiter).to_pylist()
    if len(kinds) == 1:
        return _members(extension, kinds[0])
    members = pa.array([""] * len(extension), pa.string())
    for kind in kinds:
        mask = pc.equal(delimiter, kind)
        members = pc.replace_with_mask(members, mask, _members(extension.filter(mask), kind))
    return members


def _members(extension: pa.Array, delimiter: str) -> pa.Array:
    found = separated_pairs(extension, _character(delimiter), "=", "", bare=False)
    return members_of_pairs(found.keys, found.values, found.lines, len(extension))


def _character(written: str) -> str:
    """The character a header names: itself, or its number in hexadecimal; a tab when it is none."""
    number = _HEX.fullmatch(written)
    if number is not None and 0 < int(number[1], 16) < 128:
        return chr(int(number[1], 16))
    return written if len(written) == 1 and written.isascii() else _TAB
