"""What a scheduled query sees: of its own table one collection's rows, of other tables of the lake all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.views.found import Moment, Views, declared, view_of
from tailpipe_assets.views.opened import Asked, Engine, OpenViews
from tailpipe_resources.lake import snapshot, tables
from tailpipe_resources.model.config import Config
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.names import folded
from tailpipe_resources.query.naming import words_of
from tailpipe_resources.query.restriction import EVERYTHING, Restriction
from tailpipe_resources.query.views import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import ExitStack

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.lake import Lake

MEMORY = "1GB"
"""What does not fit is put on the disk."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What rules of one collection see."""

    lake: Lake
    ready: Plan
    plans: Sequence[Plan]
    """Of the whole configuration: their tables are there also before anything is collected."""

    is_whole: bool = False
    """Whether its own table shows the rows of all collections too."""

    def open(self, rules: Iterable[Rule], restriction: Restriction = EVERYTHING) -> OpenViews:
        """A connection that only reads, over the tables that the queries of some rules name.

        Raises:
            LakeError: the lake cannot be read.
            QueryError: a table cannot be read.
        """
        words = {word for each in rules for word in words_of(each.detection.sql or "")}

        def find(until: ExitStack, moment: Moment, known: Views | None) -> Views:
            del moment, known
            return self._found(words, until)

        return OpenViews(find, Asked(restriction), Engine(memory_limit=MEMORY, uses_copies=False), Config)

    def own_view(self, opened: OpenViews, rule: Rule) -> View:
        """The view of the table that a rule is about."""
        return next(each for each in opened.views.views if each.name == rule.detection.table)

    def _found(self, words: set[str], until: ExitStack) -> Views:
        mine, collection = self.ready.table.name, self.ready.collection.name
        found: dict[str, View] = {}
        for name in tables(self.lake):
            stored = snapshot(self.lake, name, until) if folded(name) in words or name == mine else None
            if stored is not None:
                view = view_of(stored)
                mine_only = (each for each in view.stored if each.collection == collection)
                found[name] = view.over(mine_only) if name == mine and not self.is_whole else view
        found = {**declared(), **found}
        for each in self.plans:
            found.setdefault(each.table.name, View(each.table.name, each.table.stored_columns, ()))
        return Views(tuple(found[name] for name in sorted(found)), (self.lake,))


def is_about_findings(rule: Rule) -> bool:
    """Whether a rule is of no collection: it sees whole tables."""
    return rule.detection.table == FINDING_TABLE
