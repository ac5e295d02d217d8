"""Looking back with queries: window by window, as if each row had come in when it happened."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from tailpipe_assets.detections.found import Evaluation
from tailpipe_assets.detections.rules import RuleSet
from tailpipe_assets.pipeline import Resources
from tailpipe_assets.pipeline.back import Back, BackHistory, LookedBack, Options
from tailpipe_assets.scheduled.putting import put
from tailpipe_assets.scheduled.tables import Seen, is_about_findings
from tailpipe_assets.scheduled.ticks import MINUTE, Question, question_at, ticks_about
from tailpipe_resources.errors import CancelledError, QueryError
from tailpipe_resources.model.window import midnight, shifted
from tailpipe_resources.query.restriction import Restriction, may_hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.pipeline import Plan
    from tailpipe_assets.views.opened import OpenViews
    from tailpipe_resources.model.stored_file import StoredFile
    from tailpipe_resources.model.window import Span, Window

DEFAULT = Resources()


def look_back(
    ready: Plan,
    plans: Sequence[Plan],
    rules: Sequence[Rule],
    window: Window,
    options: Options,
    *,
    resources: Resources = DEFAULT,
    on_window: Callable[[str, int, datetime], None] = lambda *_: None,
    stopped: Callable[[], bool] = lambda: False,
) -> LookedBack:
    """Ask scheduled rules of a collection's rows of some time.

    Args:
        ready: the collection.
        plans: of the whole configuration.
        rules: others than those with a query about its table, or about findings, are passed over.
        window: when the rows happened.
        options: what becomes of what is found.
        resources: how to get at the lake.
        on_window: told of which rule, how many windows are done, and up to when.
        stopped: asked from time to time; once true, nothing is saved.
    """
    asked = [each for each in rules if each.detection.sql is not None and _is_asked(each, ready, plans)]
    found = LookedBack(*ready.collection.key)
    for is_whole in (False, True):
        mine = [each for each in asked if is_about_findings(each) == is_whole]
        if mine:
            seen = Seen(resources.lake(ready.collection.destination), ready, plans, is_whole)
            found = found.beside(_Look(seen, mine, window, options, on_window, stopped).go())
    return found


def _is_asked(rule: Rule, ready: Plan, plans: Sequence[Plan]) -> bool:
    detection = rule.detection
    if is_about_findings(rule):
        path = ready.collection.destination.path
        return ready is next(each for each in plans if each.collection.destination.path == path)
    return detection.table == ready.table.name and detection.covers(ready.collection.name)


class _Look:
    """One look at a collection."""

    def __init__(
        self,
        seen: Seen,
        rules: Sequence[Rule],
        window: Window,
        options: Options,
        on_window: Callable[[str, int, datetime], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._seen, self._rules, self._window, self._options = seen, rules, window, options
        self._on_window, self._stopped = on_window, stopped
        self._faults: dict[str, str] = {}

    def go(self) -> LookedBack:
        """What they find."""
        ready, lake = self._seen.ready, self._seen.lake
        key = ready.collection.key
        with self._seen.open(self._rules) as opened:
            files = [
                each
                for each in self._seen.own_view(opened, self._rules[0]).stored
                if may_hold(each, self._rules[0].detection.table, Restriction(self._window))
            ]
            back = Back(opened.connection, self._rules)
            days, rows = len({each.day for each in files}), sum(each.rows for each in files)
            try:
                for rule in self._rules if files else ():
                    self._ask(opened, rule, files, back)
            except CancelledError:
                return LookedBack(*key, days, rows, cancelled=True)
            saved = back.save(lake, ready, self._options) if self._options.save else 0
            return LookedBack(*key, days, rows, *back.counts(), back.samples(), self._faults, saved)

    def _ask(self, opened: OpenViews, rule: Rule, files: Sequence[StoredFile], back: Back) -> None:
        name = self._seen.ready.collection.name
        backtest = not self._options.notify
        # What looks at everything is shown nothing but the time that is meant.
        opened.restrict_to(Restriction(self._window) if rule.detection.full_scan else Restriction())
        for number, question in enumerate(self._questions(rule, files), 1):
            evaluation = Evaluation(name, datetime.now(UTC), self._options.run, backtest=backtest)
            with ExitStack() as reading:
                rules = RuleSet(rule.table, name)
                history = BackHistory(opened.connection, self._seen.lake, rules, "false", reading)
                history.with_lake = self._options.save
                try:
                    put(opened, rule, question, evaluation, history, stopped=self._stopped, as_if_at_once=True)
                except QueryError as error:
                    self._faults[rule.detection.address] = str(error)
                    return
            back.take()
            self._on_window(rule.detection.address, number, question.end)

    def _questions(self, rule: Rule, files: Sequence[StoredFile]) -> Iterator[Question]:
        """The windows about the rows, by the schedule; one where that makes no difference."""
        detection, answers = rule.detection, rule.answers
        spans = [_span(each) for each in files]
        first, last = min(spans)[0], max(last for _, last in spans)
        start = max(first, self._window.start or first)
        end = min(shifted(last, MINUTE), self._window.end or shifted(last, MINUTE))
        if detection.schedule is None or detection.full_scan or (answers is not None and answers.is_by_row):
            yield Question(start, end, frozenset())
            return
        meant = ((max(first, start), min(last, end)) for first, last in spans)
        for tick in ticks_about(detection, meant, end):
            yield question_at(detection, tick)


def _span(file: StoredFile) -> Span:
    """When the rows of a file happened; somewhen on its day where no more is known."""
    first = file.first or midnight(file.day)
    return first, file.last or datetime.combine(file.day, time.max, UTC)
