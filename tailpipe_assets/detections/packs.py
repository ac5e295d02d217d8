"""Packs: rules that others wrote. What is wrong in one is listed and passed over; the rest of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.detections.mod_packs import load_mod
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tailpipe_assets.detections.rules import LoadedPack, RuleTable
    from tailpipe_resources.model.detection import DetectionPack
    from tailpipe_resources.model.place import Problems

LOADERS: Mapping[str, Callable[[DetectionPack, Mapping[str, RuleTable], Problems], LoadedPack]] = {
    "mod": load_mod,
}
"""How each type of pack is read, given the tables there are. What the configuration says wrongly is a problem."""


def load_packs(
    packs: Iterable[DetectionPack], tables: Mapping[str, RuleTable], problems: Problems
) -> tuple[LoadedPack, ...]:
    """The rules of all packs, those that are not enabled excepted."""
    loaded = []
    for pack in packs:
        loader = LOADERS.get(pack.type)
        if loader is None:
            message = f'detection_pack.{pack.type}.{pack.name}: no type of pack "{pack.type}"{hint(pack.type, LOADERS)}'
            problems.add(pack.place, message)
        elif pack.options.get("enabled", True):
            loaded.append(loader(pack, tables, problems))
    return tuple(loaded)
