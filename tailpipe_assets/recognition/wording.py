"""Wording: places, tables and formats as blocks of configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from glob import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tailpipe_assets.recognition.hcl import Block, Reference, Value, document, name_of
from tailpipe_assets.recognition.known import Known
from tailpipe_assets.recognition.listing import common_prefix, pattern_of
from tailpipe_resources import plugins
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.own_tables import OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_assets.recognition.columns import Guesses
    from tailpipe_assets.recognition.forms import Form
    from tailpipe_assets.recognition.head import Head
    from tailpipe_assets.recognition.listing import Family, Listing
    from tailpipe_resources.sources.base import Source

_S3 = "s3://"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where logs lie: the block that says so, and the source it makes."""

    block: Block
    source: Source
    path: str = ""
    """Of files: what was typed, from the root of the file system on."""

    @property
    def is_bucket(self) -> bool:
        """Whether it is a bucket."""
        return self.block.labels[0] == "aws_s3"


def place_of(target: str) -> Placed:
    """A path, or `s3://bucket/prefix`.

    Raises:
        UsageError: it is none.
    """
    said: dict[str, Value]
    path = ""
    if target.startswith(_S3):
        bucket, _, prefix = target.removeprefix(_S3).partition("/")
        said = {"bucket": bucket, **({"prefix": prefix} if prefix else {})}
        kind, name = "aws_s3", prefix.rstrip("/").rpartition("/")[2] or bucket
    else:
        path = str(Path(target).expanduser().absolute())
        said, kind, name = {"path": _named(path)}, "file", Path(path).name.split(".")[0]
    plugin = plugins.load("source", kind)
    try:
        source: Source = plugin(plugin.options(**said))
    except ValueError as error:
        raise UsageError(f"{target}: {_first(error)}") from None
    return Placed(Block("source", (kind, name_of(name)), said), source, path)


def _named(path: str) -> str:
    """A path as a source is told it: what is there is meant as it is called, though it may look like a pattern."""
    meant = escape(path)
    try:
        is_file, is_folder = Path(path).is_file(), Path(path).is_dir()
    except OSError:
        return path
    return path if meant == path or not (is_file or is_folder) else meant if is_file else f"{meant}/**"


def source_of(place: Placed, found: Listing, heads: Sequence[Head], others: Sequence[Head], label: str) -> Block:
    """The source of one of several kinds of logs that lie at a place.

    Args:
        place: where all of them lie.
        found: what is there.
        heads: those of this kind.
        others: those of the other kinds.
        label: what to call it.
    """
    families = list({id(family): family for family in (found.family(head.artifact) for head in heads)}.values())
    shared = [family for family in families if any(found.family(each.artifact) is family for each in others)]
    alone = [family for family in families if family not in shared]
    mixed = [head.artifact for head in heads if found.family(head.artifact) in shared]
    if place.is_bucket:
        among = [*mixed, *(each for family in alone for each in family.artifacts)]
        location = common_prefix(among, are_alone=not mixed)
        if len(among) == 1 and any(each.artifact.location.startswith(location) for each in others):
            location = among[0].location
        prefix = location.removeprefix(f"{_S3}{place.block.attributes['bucket']}/")
        return Block("source", ("aws_s3", label), {**place.block.attributes, "prefix": prefix})
    root = _root(place.path, heads[0].artifact.location)
    paths = {path for family in alone if family.ending for path in _all_of(family, root)}
    nameless = [each for family in alone if not family.ending for each in family.artifacts]
    taken = {pattern_of(each.artifact.location, root) for each in others}
    patterns = {each.location: pattern_of(each.location, root) for each in [*nameless, *mixed]}
    paths |= {escape(location) if pattern in taken else pattern for location, pattern in patterns.items()}
    chosen = sorted(paths)
    return Block("source", ("file", label), {"path": chosen[0]} if len(chosen) == 1 else {"paths": chosen})


def _root(target: str, location: str) -> str:
    """The part of a path that is as it was typed, up to a `/`: nothing outside of it is meant."""
    folder = f"{target.rstrip('/')}/"
    same = next((place for place, (one, other) in enumerate(zip(folder, location, strict=False)) if one != other), None)
    return location[: location.rfind("/", 0, len(folder) if same is None else same) + 1]


def _all_of(family: Family, root: str) -> set[str]:
    """Patterns for all that is of a family: with the ending as it is, and with what rotation and packing add to it."""
    folder = pattern_of(family.artifacts[0].location.rpartition("/")[0] + "/", root)
    are_plain = {each.location.endswith(family.ending) for each in family.artifacts}
    return {f"{folder}*{escape(family.ending)}{'' if is_plain else '.*'}" for is_plain in are_plain}


def label_of(what: Known | Form, head: Head, names: set[str]) -> str:
    """A name for one of several kinds of logs that no other has: by its table, else by its file."""
    if isinstance(what, Known):
        wanted = what.table.removeprefix("aws_").removesuffix("_log")
    else:
        stem = PurePosixPath(head.artifact.location).name.split(".")[0]
        wanted = name_of("_".join(re.findall(r"[A-Za-z]+", stem)[:3]))
    number, made = 2, wanted
    while made in names:
        made, number = f"{wanted}_{number}", number + 1
    return made


def known_blocks(known: Known, source: Block, label: str) -> tuple[Block, ...]:
    """The collection of a table of ours."""
    said: dict[str, Value] = {"source": _address(source)}
    if known.records is not None:
        form = Block("format", ("json", label), {"records": known.records})
        said["format"] = Reference(f"format.json.{label}")
        return source, form, Block("collection", (known.table, label), said)
    if known.format is not None:
        said["format"] = known.format
    return source, Block("collection", (known.table, label), said)


def custom_blocks(form: Form, guesses: Guesses, source: Block, table: str, label: str) -> tuple[Block, ...]:
    """A table of the user's own, its format and its collection."""
    name = custom_name(table)
    said: dict[str, Value] = {}
    blocks = [source]
    if form.options:
        blocks.append(Block("format", (form.type, label), form.options))
        said["format"] = Reference(f"format.{form.type}.{label}")
    else:
        said["format"] = form.type
    blocks.append(Block("table", (name,), said, guesses.blocks))
    collected: dict[str, Value] = {"source": _address(source)}
    time = guesses.time
    if time is not None and not time.transform and not time.is_found:
        column = next(each.name for each in guesses.columns if each.source == time.fields[0])
        collected["timestamp"] = column
        if time.layout:
            collected["timestamp_format"] = time.layout
    return (*blocks, Block("collection", (name, label), collected))


def doubt_of(guesses: Guesses) -> str:
    """What the times of records do not tell; nothing where they leave no doubt."""
    time = guesses.time
    if time is None or not time.also:
        return ""
    first = "the month" if time.layout.startswith("%m") else "the day"
    return f'times are read with {first} first; timestamp_format = "{time.also}" fits them all the same'


def custom_name(table: str) -> str:
    """A name for a table of the user's own that is not one of ours."""
    return f"my_{table}" if table in plugins.names("table") or table in OWN_TABLES else table


def text_of(blocks: Sequence[Block]) -> str:
    """Blocks as a file."""
    return document(tuple(blocks))


def _address(source: Block) -> Reference:
    return Reference(f"source.{source.labels[0]}.{source.labels[1]}")


def _first(error: ValueError) -> str:
    text = str(error)
    return next((line.strip() for line in text.splitlines() if "Value error" in line), text)
