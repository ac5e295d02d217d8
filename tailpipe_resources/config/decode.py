"""Blocks to a `Config`. Everything wrong is noted; what is right is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config import aliases
from tailpipe_resources.config.blocks import NESTED_SHAPES, SHAPES, Shape
from tailpipe_resources.config.context import Context
from tailpipe_resources.config.decode_alerts import alert, heartbeat, notifier
from tailpipe_resources.config.decode_collections import collection
from tailpipe_resources.config.decode_detections import detection, override, pack, suppression
from tailpipe_resources.config.decode_holds import hold
from tailpipe_resources.config.decode_lookups import lookup
from tailpipe_resources.config.decode_sources import check_taken, credential, destination, implicit_destination, source
from tailpipe_resources.config.decode_tables import format_block, table
from tailpipe_resources.config.decode_views import view
from tailpipe_resources.config.variables import check_locals, scope_of
from tailpipe_resources.errors import UnknownFolderError
from tailpipe_resources.model.alerting import Alerting
from tailpipe_resources.model.config import Config
from tailpipe_resources.model.detection import Detections
from tailpipe_resources.model.names import MAX_LABEL, hint, label_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from tailpipe_resources.config.syntax import Attribute, Block
    from tailpipe_resources.model.config import Source
    from tailpipe_resources.model.place import Place, Problems

    Decoded = TypeVar("Decoded")


def decode(
    files: Sequence[Block], variables: Mapping[str, str], problems: Problems, *, incomplete: bool = False
) -> Config:
    """What several files say together.

    Args:
        files: each file's top level.
        variables: values given to `variable` blocks.
        problems: receives everything wrong.
        incomplete: parts of the files could not be read, so that names may be missing.
    """
    for file in files:
        _no_attributes(file.attributes, problems)
    blocks = [block for file in files for block in file.blocks if _is_well_formed(block, problems)]
    scope = scope_of(blocks, variables, problems)
    context = Context(scope, problems, incomplete)
    config = _decode(blocks, context, [file.place.path for file in files])
    check_locals(blocks, scope, problems)
    return config


def _decode(blocks: list[Block], context: Context, paths: list[str]) -> Config:
    def each(kind: str, reads: Callable[[Block, Context], Decoded | None]) -> tuple[Decoded, ...]:
        found = (_read(block, context, reads) for block in blocks if aliases.block_type(block.type) == kind)
        return tuple(value for value in found if value is not None)

    credentials = each("credential", credential)
    formats = each("format", format_block)
    tables = each("table", table)
    lookups = each("lookup", lookup)
    destinations = (*each("destination", destination), *implicit_destination(context))
    sources = each("source", source)
    collections = each("collection", collection)
    holds = each("hold", hold)
    views = each("view", view)
    rules = Detections(
        each("detection", detection),
        each("suppression", suppression),
        each("detection_override", override),
        each("detection_pack", pack),
    )
    alerting = Alerting(
        each("notifier", notifier), each("alert", alert), next(iter(each("heartbeat", heartbeat)), None)
    )
    for block in blocks:
        if block.type == "workspace":
            _workspace(block, context)
    nested = [item.source for item in collections if item.source not in sources]
    check_taken([*sources, *nested], context)
    return Config(
        credentials=credentials,
        destinations=destinations,
        sources=_in_order([*sources, *nested], paths),
        collections=collections,
        drafts=tuple(context.drafts),
        formats=formats,
        tables=tables,
        lookups=lookups,
        files=tuple(paths),
        holds=holds,
        views=views,
        detections=rules,
        alerting=alerting,
    )


def _read(block: Block, context: Context, reads: Callable[[Block, Context], Decoded | None]) -> Decoded | None:
    try:
        return reads(block, context)
    except UnknownFolderError as error:
        context.problems.add(block.place, f"{block.title}: {error}")
        return None


def _in_order(sources: Iterable[Source], paths: list[str]) -> tuple[Source, ...]:
    def position(place: Place) -> tuple[int, int]:
        return paths.index(place.path), place.line

    return tuple(sorted(sources, key=lambda item: position(item.place)))


def _no_attributes(attributes: Iterable[Attribute], problems: Problems) -> None:
    for attribute in attributes:
        problems.add(attribute.place, f'"{attribute.name}" stands outside any block; values of your own go into locals')


def _workspace(block: Block, context: Context) -> None:
    for attribute in block.attributes:
        if attribute.name not in aliases.WORKSPACE_ATTRIBUTES:
            near = hint(attribute.name, aliases.WORKSPACE_ATTRIBUTES)
            context.problems.add(attribute.place, f'{block.title} has no attribute "{attribute.name}"{near}')


def _is_well_formed(block: Block, problems: Problems) -> bool:
    shape = SHAPES.get(aliases.block_type(block.type))
    if shape is None:
        near = hint(block.type, [*SHAPES, *aliases.BLOCKS])
        problems.add(block.place, f'there is no block type "{block.type}"{near}')
        return False
    nested = [_is_nested_right(inner, block, shape, problems) for inner in block.blocks]
    return _are_labels_right(block, shape, problems) and all(nested)


def _is_nested_right(inner: Block, outer: Block, shape: Shape, problems: Problems) -> bool:
    if inner.type not in shape.blocks:
        near = hint(inner.type, shape.blocks)
        problems.add(inner.place, f'{outer.title} holds no block "{inner.type}"{near}')
        return True
    return _are_labels_right(inner, NESTED_SHAPES[inner.type], problems)


def _are_labels_right(block: Block, shape: Shape, problems: Problems) -> bool:
    if len(block.labels) != len(shape.labels):
        wanted = " ".join([block.type, *(f'"<{label}>"' for label in shape.labels)])
        problems.add(block.place, f"{block.title} lacks or exceeds its labels; it is written {wanted} {{ ... }}")
        return False
    if shape.any_label:
        return True
    wrong = [(label, fault) for label in block.labels if (fault := label_fault(label)) is not None]
    for label, fault in wrong:
        shown = label if len(label) <= MAX_LABEL else f"{label[:20]}..."
        problems.add(block.place, f'"{shown}" {fault}')
    return not wrong
