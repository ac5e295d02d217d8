"""What a lake holds of a collection: the rows that came before, and what was found in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tailpipe_assets.detections.episodes import Known
from tailpipe_assets.detections.relations import committed_rows
from tailpipe_resources.lake.inventory import snapshot
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.names import literal
from tailpipe_resources.model.window import shifted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import ExitStack

    import duckdb

    from tailpipe_assets.detections.rules import Rule, RuleSet
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BACKTEST = "coalesce(backtest, false)"


class LakeHistory:
    """A `History` as of now."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, lake: Lake, rules: RuleSet, replaced: str, reading: ExitStack
    ) -> None:
        """Be ready to look.

        Args:
            connection: that may read the lake.
            lake: where the collection is.
            rules: the collection's.
            replaced: SQL that is true of rows which are about to go.
            reading: keeps files readable until it is closed.
        """
        self._connection, self._lake, self._rules = connection, lake, rules
        self._replaced, self._reading = replaced, reading
        self._found: dict[str, list[StoredFile]] | None = None

    def findings(self, rule: Rule) -> str | None:
        """A query for what is known of the findings of a rule; None when there are none."""
        files = self._files(rule)
        facts = f"max(version) AS version, bool_and({_BACKTEST}) AS backtest"
        return f"SELECT finding_id, {facts} FROM {files} GROUP BY finding_id" if files else None

    def episodes(self, rule: Rule) -> Sequence[Known]:
        """The episodes of a rule that no other has taken in, in their newest versions."""
        files = self._files(rule)
        if not files:
            return ()
        newest = (
            "SELECT *, min(created_at) OVER (PARTITION BY finding_id) AS begun "
            f"FROM {files} QUALIFY row_number() OVER "
            f"(PARTITION BY finding_id ORDER BY version DESC, {_BACKTEST}) = 1"
        )
        found = self._connection.execute(
            "SELECT finding_id, version, group_key, first_seen, last_seen, row_count, suppressed_by, begun, "
            f"{_BACKTEST} FROM ({newest}) WHERE merged_into IS NULL"
        ).fetchall()
        return [Known(*row) for row in found]

    def rows(self, first: int, last: int) -> str | None:
        """A query for the rows between two times, in microseconds; None when there are none."""
        start, end = (shifted(_EPOCH, timedelta(microseconds=each)) for each in (first, last))
        held = snapshot(self._lake, self._rules.table.name, self._reading)
        files = [
            each
            for each in (held.stored if held else ())
            if each.collection == self._rules.collection and each.may_reach(start) and each.may_begin(end)
        ]
        if not files:
            return None
        inside = f"tp_timestamp BETWEEN {_instant(start)} AND {_instant(end)}"
        return committed_rows(self._rules.table, files, f"{inside} AND ({self._replaced}) IS NOT TRUE")

    def _files(self, rule: Rule) -> str:
        """SQL for the files of a rule's findings; nothing when there are none."""
        if self._found is None:
            held = snapshot(self._lake, FINDING_TABLE, self._reading)
            self._found = {}
            # Rules over findings are of no collection: what they found lies with whichever was the first then.
            is_whole = self._rules.table.name == FINDING_TABLE
            for each in held.stored if held else ():
                if is_whole or each.collection == self._rules.collection:
                    self._found.setdefault(each.tp_index, []).append(each)
        paths = ", ".join(literal(each.address) for each in self._found.get(rule.detection.address, ()))
        return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)" if paths else ""


def _instant(moment: datetime) -> str:
    return f"CAST({literal(moment.isoformat())} AS TIMESTAMPTZ)"
