"""Plans in, Dagster's definitions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tailpipe_assets.definitions.collecting import collecting
from tailpipe_assets.definitions.compacting import compacting
from tailpipe_assets.definitions.days import daily, first_known
from tailpipe_assets.definitions.names import unique_names
from tailpipe_assets.definitions.specs import collection_spec, source_spec
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from tailpipe_assets.definitions.collecting import Listener
    from tailpipe_assets.pipeline import Plan


def build_definitions(
    plans: Sequence[Plan],
    *,
    listener: Listener | None = None,
    first: date | None = None,
    resources: Mapping[str, object] | None = None,
) -> dg.Definitions:
    """An asset a collection and one for its compaction. Reaches nothing but the names of the local lakes' folders.

    Args:
        plans: the collections. Disabled ones are shown and cannot be run.
        listener: who follows runs in this process.
        first: the first day there is; found in the plans and the local lakes when not given.
        resources: in place of `duckdb`, `lakes` or `sources`.
    """
    days = daily(first or first_known(plans))
    enabled = [each for each in plans if each.collection.enabled]
    sources = {each.collection.source.address: each.collection.source for each in enabled}
    names = unique_names(sources)
    ops = [
        collecting(
            names[address], [each for each in enabled if each.collection.source.address == address], days, listener
        )
        for address in sources
    ]
    compact_names = unique_names("__".join(["compact", *each.collection.key]) for each in enabled)
    compactions = [
        compacting(each, compact_names["__".join(["compact", *each.collection.key])], days) for each in enabled
    ]
    disabled = [collection_spec(each) for each in plans if not each.collection.enabled]
    return dg.Definitions(
        assets=[*ops, *compactions, *(source_spec(each, enabled) for each in sources.values()), *disabled],
        resources={
            "duckdb": DuckDBEngine(),
            "lakes": LakeStore(),
            "sources": SourceAccess(),
            **(resources or {}),
        },
        executor=dg.in_process_executor,
    )
