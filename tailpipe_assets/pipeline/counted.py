"""Counting: what commits brought, summed up for whoever started the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailpipe_assets.pipeline.detecting import Detected
    from tailpipe_resources.lake import Batch
    from tailpipe_resources.model.results import CollectResult


def counted(result: CollectResult, batch: Batch, replaced: int, detected: Detected) -> CollectResult:
    """A collection's result with what one more commit brought."""
    days, indexes = Counter(result.days), Counter(result.indexes)
    for file in batch.files:
        days[file.slot.day] += file.rows
        indexes[file.slot.index] += file.rows
    return replace(
        result,
        artifacts=result.artifacts + len(batch.consumed),
        records=result.records + sum(entry.records for entry in batch.consumed),
        rows=result.rows + sum(file.rows for file in batch.files),
        filtered=result.filtered + sum(entry.filtered for entry in batch.consumed),
        rejected=result.rejected + sum(entry.rejected for entry in batch.consumed),
        folded=result.folded + sum(entry.folded for entry in batch.consumed),
        replaced=result.replaced + replaced,
        bytes_in=result.bytes_in + sum(entry.size for entry in batch.consumed),
        bytes_out=result.bytes_out + sum(file.size for file in batch.files),
        files=result.files + len(batch.files),
        days=days,
        indexes=indexes,
        findings=Counter(result.findings) + Counter(detected.findings),
        by_detection=Counter(result.by_detection) + Counter(detected.by_detection),
        suppressed=result.suppressed + detected.suppressed,
        rule_faults={**result.rule_faults, **detected.faults},
    )
