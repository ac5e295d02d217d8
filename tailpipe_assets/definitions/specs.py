"""What Dagster is told of a collection and of a source before anything runs. No secret is in it."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from tailpipe_assets.definitions.columns import column_schema, same_columns
from tailpipe_assets.definitions.names import collection_key, compaction_key, plain, source_key
from tailpipe_resources.model.checks import Checks
from tailpipe_resources.model.place import Place
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Source

OWNERS = ["team:security"]
LINEAGE = "dagster/column_lineage"
_KINDS = {"aws_s3": "s3"}
_LONGEST_TAG = 63


AGAIN = (
    "**Materialize** the days you want. A day that is materialized again brings in what was not collected before, and "
    "stores nothing twice. To read a day anew from its source, give the run the tag `tailpipe/overwrite: true`."
)


def collection_spec(ready: Plan) -> dg.AssetSpec:
    """The asset of a collection, without what it is made from."""
    collection = ready.collection
    return dg.AssetSpec(
        collection_key(collection),
        description=_description(ready),
        group_name=plain(collection.table_stored),
        kinds={"parquet", _kind(collection.source)},
        owners=OWNERS,
        tags=_tags("collection", collection.source),
        code_version=_version(ready),
        metadata={**_metadata(ready), **_more(ready)},
        skippable=True,
    )


def compaction_spec(ready: Plan) -> dg.AssetSpec:
    """The asset of a collection's compacted days."""
    collection = ready.collection
    key = collection_key(collection)
    lineage = same_columns(ready.table.all_columns, key)
    return dg.AssetSpec(
        compaction_key(collection),
        deps=[key],
        description=(
            f"The days of `{'.'.join(collection.key)}` with one file an index value, sorted by time: smaller, and "
            "quicker to query.\n\n**Materialize** days to compact them. The rows stay what they are, days that are "
            "compact already are left alone, and queries and collecting go on meanwhile."
        ),
        group_name=plain(collection.table_stored),
        kinds={"parquet"},
        owners=OWNERS,
        tags=_tags("compaction", collection.source),
        metadata={**_metadata(ready), LINEAGE: lineage},
    )


def source_spec(source: Source, plans: Iterable[Plan]) -> dg.AssetSpec:
    """The external asset of a source."""
    fed = [".".join(each.collection.key) for each in plans if each.collection.source == source]
    return dg.AssetSpec(
        source_key(source),
        description=(
            f"The logs of `{source.address}`, where they are. Nothing is stored here.\n\n"
            f"One pass over them feeds {', '.join(f'`{name}`' for name in fed)}."
        ),
        group_name="sources",
        kinds={_kind(source)},
        owners=OWNERS,
        tags=_tags("source", source),
        metadata={"dagster/code_references": written_at(source.place), "written at": str(source.place)},
    )


def folder_of(ready: Plan) -> str:
    """Where the rows of a collection lie."""
    collection = ready.collection
    return f"{collection.destination.path}/{collection.table_stored}/tp_partition={collection.name}"


def _kind(source: Source) -> str:
    return _KINDS.get(source.type, source.type)


def _tags(role: str, source: Source) -> dict[str, str]:
    return {"tailpipe/role": role, "tailpipe/source": f"{source.type}.{source.name}"[:_LONGEST_TAG]}


def _description(ready: Plan) -> str:
    collection = ready.collection
    limits = [f"- only rows with `{each.shown}`" for each in collection.filters]
    if collection.start is not None:
        limits.append(f"- nothing dated before {collection.start:%Y-%m-%d}")
    lines = [
        ready.table.description,
        "",
        AGAIN if collection.enabled else "**Disabled**: nothing is collected; what was collected before can be asked.",
        "",
        f"- from `{collection.source.address}`, read as `{ready.format_name}`",
        f"- to `{collection.destination.path}`",
        *limits,
        f"- ask for it with `select * from {collection.table_stored} where tp_partition = '{collection.name}'`",
        *(f"- about this log: {link}" for link in ready.table.references),
    ]
    return "\n".join(lines)


def _metadata(ready: Plan) -> dict[str, Any]:
    """What a collection and its compaction have in common."""
    collection = ready.collection
    return {
        "dagster/uri": folder_of(ready),
        "dagster/table_name": collection.table_stored,
        "dagster/column_schema": column_schema(ready.table.all_columns),
        "dagster/code_references": written_at(collection.place),
        "written at": str(collection.place),
        "destination": collection.destination.path,
    }


def _more(ready: Plan) -> dict[str, Any]:
    collection = ready.collection
    filters = "\n".join(f"```sql\n{each.shown}\n```" for each in collection.filters)
    kept = collection.retention or collection.destination.retention
    return {
        "source": collection.source.address,
        "format": ready.format_name,
        **({"filters": dg.MetadataValue.md(filters)} if filters else {}),
        **({"kept for": str(kept)} if kept is not None else {}),
        **{f"reference {number}": dg.MetadataValue.url(url) for number, url in enumerate(ready.table.references, 1)},
    }


def written_at(place: Place) -> dg.CodeReferencesMetadataValue:
    """The line of the configuration behind an asset."""
    with warnings.catch_warnings():
        # The one way to link an asset to its line is in beta; a change of it must show in our tests, not at users'.
        warnings.simplefilter("ignore", dg.BetaWarning)
        line = dg.LocalFileCodeReference(file_path=str(Path(place.path).absolute()), line_number=place.line)
        return dg.CodeReferencesMetadataValue(code_references=[line])


def _version(ready: Plan) -> str:
    """Changes whenever the block says something else, not when it moves to another line."""
    said = f"{ready.format_name} {_without_places(ready.collection)}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _without_places(value: object) -> str:
    if value is None or isinstance(value, Place | Secret):
        return str(type(value).__name__)
    if is_dataclass(value):
        said = {each.name: getattr(value, each.name) for each in fields(value)}
        # Checks change what is said of rows, not the rows.
        return str([(name, _without_places(each)) for name, each in said.items() if not isinstance(each, Checks)])
    if isinstance(value, tuple | list):
        return str([_without_places(each) for each in value])
    return repr(value)
