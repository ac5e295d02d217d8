"""What things are called in Dagster: assets, ops, outputs, groups and pools."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.model.config import Collection, Destination, Source
    from tailpipe_resources.model.view import ViewBlock

LOCATION = "tailpipe"
"""The code location's name, in `workspace.yaml` and in the origin of recorded runs."""

ALERTS_KEY = dg.AssetKey(["tailpipe_alert"])
"""The asset that stands for alerts."""

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_]")


def collection_key(collection: Collection) -> dg.AssetKey:
    """The asset of a collection: table, then name."""
    return dg.AssetKey(list(collection.key))


def compaction_key(collection: Collection) -> dg.AssetKey:
    """The asset of a collection's compacted days."""
    return dg.AssetKey([*collection.key, "compacted"])


def source_key(source: Source) -> dg.AssetKey:
    """The asset a source is shown as."""
    return dg.AssetKey(["source", source.type, source.name])


def view_key(block: ViewBlock) -> dg.AssetKey:
    """The asset of an accelerated view's copy."""
    return dg.AssetKey(["view", block.name])


def detections_key(destination: Destination) -> dg.AssetKey:
    """The asset of what detections found in the collections of a destination."""
    return dg.AssetKey(["detections", destination.name])


def plain(text: str) -> str:
    """Text as Dagster lets ops, outputs and groups be called. Labels may have dashes."""
    return _NOT_A_NAME.sub("_", text)


def check_name(name: str, key: dg.AssetKey, keys: Iterable[dg.AssetKey]) -> str:
    """A check's name; with a short hash behind it where Dagster cannot tell this asset from another of the same op."""
    written = key.to_python_identifier()
    if all(each == key or each.to_python_identifier() != written for each in keys):
        return name
    return f"{name}__{hashlib.sha256(key.to_user_string().encode()).hexdigest()[:6]}"


def unique_names(texts: Iterable[str]) -> dict[str, str]:
    """A plain name for each text; where two would be the same, each has a short hash behind it."""
    known = list(dict.fromkeys(texts))
    made = [plain(text) for text in known]
    return {
        text: name if made.count(name) == 1 else f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        for text, name in zip(known, made, strict=True)
    }
