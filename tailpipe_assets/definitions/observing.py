"""Sources as assets that can be observed: what is there, and what of it waits to be collected."""

# Dagster reads the annotations of ops while the functions are made, so they are not put off.
import warnings
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from tailpipe_assets.definitions.names import source_key
from tailpipe_assets.definitions.outcome import Metadata
from tailpipe_assets.definitions.specs import source_spec
from tailpipe_assets.pipeline import Plan, Resources
from tailpipe_assets.pipeline.backlog import Backlog, backlog
from tailpipe_resources.dagster_resources import DuckDBEngine, LakeStore, SourceAccess


def observing(name: str, plans: Sequence[Plan]) -> dg.AssetsDefinition:
    """The asset of a source, which can be observed.

    Args:
        name: of the op.
        plans: the enabled collections it feeds.
    """
    source = plans[0].collection.source

    with warnings.catch_warnings():
        # The ways to make a source observable are all in beta; a change must show in our tests, not at users'.
        warnings.simplefilter("ignore", dg.BetaWarning)
        decorated = dg.multi_observable_source_asset(name=name, specs=[source_spec(source, plans)])

    def observe(sources: SourceAccess, lakes: LakeStore, duckdb: DuckDBEngine) -> Iterator[dg.ObserveResult]:
        resources = Resources(source=sources.open, lake=lakes.open, engine=duckdb.connect)
        found = backlog(plans, resources=resources)
        yield dg.ObserveResult(asset_key=source_key(source), metadata=_figures(found))
        broken = next((each.failure for each in found if each.failure is not None), None)
        if broken is not None:
            raise dg.Failure(str(broken), allow_retries=False)

    made: dg.AssetsDefinition = decorated(observe)
    return made


def _figures(found: Sequence[Backlog]) -> Metadata:
    newest = max((each.newest for each in found if each.newest is not None), default=None)
    told: Metadata = {
        "artifacts": max(each.listed for each in found),
        "backlog artifacts": max(each.artifacts for each in found),
        "waiting": dg.MetadataValue.md(_table(found)),
    }
    if all(each.is_sized for each in found):
        told["backlog bytes"] = max(each.bytes for each in found)
    if newest is not None:
        told["newest artifact"] = dg.MetadataValue.timestamp(newest.astimezone(UTC))
        told["newest artifact age (s)"] = round((datetime.now(UTC) - newest).total_seconds())
    return told


def _table(found: Sequence[Backlog]) -> str:
    lines = [
        f"| {each.table}.{each.collection} | {each.artifacts:,} | {f'{each.bytes:,}' if each.is_sized else 'unknown'} |"
        for each in found
    ]
    return "\n".join(["| collection | artifacts waiting | bytes waiting |", "| --- | ---: | ---: |", *lines])
