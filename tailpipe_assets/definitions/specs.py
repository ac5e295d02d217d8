"""What Dagster is told of a collection and of a source before anything runs. No secret is in it."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from tailpipe_assets.definitions.names import collection_key, plain, source_key
from tailpipe_resources.model.checks import Checks
from tailpipe_resources.model.place import Place
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.config import Source

OWNERS = ["team:security"]
_KINDS = {"aws_s3": "s3"}
_LONGEST_TAG = 63


def collection_spec(ready: Plan) -> dg.AssetSpec:
    """The asset of a collection, without what it is made from."""
    collection = ready.collection
    return dg.AssetSpec(
        collection_key(collection),
        description=_description(ready),
        group_name=plain(collection.table_stored),
        kinds={"parquet", _kind(collection.source)},
        owners=OWNERS,
        tags={"tailpipe/source": f"{collection.source.type}.{collection.source.name}"[:_LONGEST_TAG]},
        code_version=_version(ready),
        metadata=_metadata(ready),
        skippable=True,
    )


def source_spec(source: Source) -> dg.AssetSpec:
    """The external asset of a source."""
    return dg.AssetSpec(
        source_key(source),
        description=f"The logs of `{source.address}`, where they are.",
        group_name="sources",
        kinds={_kind(source)},
        owners=OWNERS,
        metadata={"dagster/code_references": written_at(source.place)},
    )


def folder_of(ready: Plan) -> str:
    """Where the rows of a collection lie."""
    collection = ready.collection
    return f"{collection.destination.path}/{collection.table_stored}/tp_partition={collection.name}"


def _kind(source: Source) -> str:
    return _KINDS.get(source.type, source.type)


def _description(ready: Plan) -> str:
    collection = ready.collection
    lines = [
        ready.table.description,
        "",
        f"- from `{collection.source.address}`, read as `{ready.format_name}`",
        f"- to `{collection.destination.path}`",
        *(f"- only rows with `{' '.join(where.split())}`" for where in ready.filters),
        *(f"- {link}" for link in ready.table.references),
    ]
    if not collection.enabled:
        lines[:0] = ["**Disabled**: nothing is collected; what was collected before can be asked.", ""]
    return "\n".join(lines)


def _metadata(ready: Plan) -> dict[str, Any]:
    collection = ready.collection
    columns = [dg.TableColumn(each.name, each.type, each.description) for each in ready.table.all_columns]
    return {
        "dagster/uri": folder_of(ready),
        "dagster/table_name": collection.table_stored,
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/code_references": written_at(collection.place),
        "source": collection.source.address,
        "destination": collection.destination.path,
        "filters": dg.MetadataValue.md("\n".join(f"```sql\n{each}\n```" for each in ready.filters) or "none"),
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
