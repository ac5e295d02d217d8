"""What looking back finds, gathered over many looks: counted, shown, and kept when that is asked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.found import FOUND, make_found
from tailpipe_assets.detections.history import LakeHistory
from tailpipe_assets.pipeline.detecting import commit_found
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.model.finding import FINDING_COLUMNS
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline.plan import Plan
    from tailpipe_resources.lake import Lake

BACK = "tp_back"
"""The temporary table of what was found so far."""

SAMPLES = 3

_NEWEST = (
    f"(FROM {BACK} QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY version DESC) = 1 "
    "AND merged_into IS NULL)"
)
_SAMPLE = ("first_seen", "last_seen", "row_count", "actor", "source_ip", "resource", "suppressed_by", "finding_id")


@dataclass(frozen=True, slots=True)
class Options:
    """How to look back."""

    save: bool = False
    """Whether what is found and was not found before becomes findings."""

    notify: bool = False
    """Whether those may become alerts; else they are marked as found by looking back."""

    run: str = ""


@dataclass(frozen=True, slots=True)
class LookedBack:
    """What rules found in a collection."""

    table: str
    collection: str
    days: int = 0
    rows: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    """By detection, those that nothing suppresses; of detections that found nothing, 0."""

    suppressed: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """By detection, the first ones."""

    faults: Mapping[str, str] = field(default_factory=dict)
    """Detections that failed on some row, and how."""

    saved: int = 0
    cancelled: bool = False

    def beside(self, other: LookedBack) -> LookedBack:
        """What other rules found in the same rows, with this."""
        return replace(
            self,
            days=max(self.days, other.days),
            rows=max(self.rows, other.rows),
            findings={**self.findings, **other.findings},
            suppressed={**self.suppressed, **other.suppressed},
            samples={**self.samples, **other.samples},
            faults={**self.faults, **other.faults},
            saved=self.saved + other.saved,
            cancelled=self.cancelled or other.cancelled,
        )


class BackHistory(LakeHistory):
    """What was found by earlier looks, and, where it is to be saved, what is in the lake."""

    with_lake = False

    def _files(self, rule: Rule) -> str:
        stored = super()._files(rule) if self.with_lake else ""
        mine = f"(FROM {BACK} WHERE detection = {literal(rule.detection.address)})"
        names = ", ".join(each.name for each in FINDING_COLUMNS)
        return f"(SELECT {names} FROM {mine} UNION ALL SELECT {names} FROM {stored})" if stored else mine


class Back:
    """What was found so far."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> None:
        self._connection, self._rules = connection, tuple(rules)
        make_found(connection)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {BACK} AS FROM {FOUND}")

    def take(self) -> None:
        """Take in what one look found."""
        self._connection.execute(f"INSERT INTO {BACK} FROM {FOUND}")

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """By detection, findings that nothing suppresses, and the others."""
        found = self._connection.execute(
            "SELECT detection, count(*) FILTER (suppressed_by IS NULL), count(suppressed_by) "
            f"FROM {_NEWEST} GROUP BY ALL"
        ).fetchall()
        none = {each.detection.address: 0 for each in self._rules}
        return {**none, **{name: count for name, count, _ in found}}, {name: count for name, _, count in found if count}

    def samples(self) -> dict[str, tuple[Mapping[str, Any], ...]]:
        """By detection, the first findings."""
        found = self._connection.execute(
            f"SELECT detection, {', '.join(_SAMPLE)} FROM {_NEWEST} QUALIFY row_number() OVER (PARTITION BY detection "
            f"ORDER BY suppressed_by IS NOT NULL, first_seen, finding_id) <= {SAMPLES} ORDER BY detection, first_seen"
        ).fetchall()
        samples: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for name, *values in found:
            samples[name].append(dict(zip(_SAMPLE, values, strict=True)))
        return {name: tuple(each) for name, each in samples.items()}

    def save(self, lake: Lake, ready: Plan, options: Options) -> int:
        """Commit it; how many findings are new or have changed.

        Raises:
            LakeError: the lake cannot be written, or another run holds the collection.
        """
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {FOUND} AS FROM {BACK}")
        return commit_found(self._connection, lake, ready, Told("backtest", options.run, ready.config))
