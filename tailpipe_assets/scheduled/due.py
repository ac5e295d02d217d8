"""Asking what is due: every window that is over, those that were missed, and those of which rows came later."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.found import Evaluation
from tailpipe_assets.detections.history import LakeHistory
from tailpipe_assets.detections.rules import RuleSet
from tailpipe_assets.pipeline import Plan, Resources
from tailpipe_assets.pipeline.detecting import commit_found, counts_of
from tailpipe_assets.scheduled.checkpoint import LONGEST, Checkpoint, asking_alone, read_checkpoint, write_checkpoint
from tailpipe_assets.scheduled.late import late_minutes, recent
from tailpipe_assets.scheduled.putting import put
from tailpipe_assets.scheduled.tables import Seen, is_about_findings
from tailpipe_assets.scheduled.ticks import (
    Question,
    joined,
    last_tick,
    next_tick,
    question_at,
    tick_before,
    ticks_between,
    ticks_over,
)
from tailpipe_resources.errors import BusyError, CancelledError, CommitConflictError, LakeError, QueryError
from tailpipe_resources.lake.delta import Told
from tailpipe_resources.lake.inventory import is_table, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.views.opened import OpenViews
    from tailpipe_resources.lake import Lake
    from tailpipe_resources.model.stored_file import StoredFile

BUDGET_SECONDS = 600.0
"""After so long no further window is begun; the rest is asked next time."""

DEFAULT = Resources()


@dataclass(frozen=True, slots=True)
class DueResult:
    """What came of a detection that was due."""

    detection: str
    table: str
    collection: str
    windows: int = 0
    """How many were asked."""

    findings: Mapping[str, int] = field(default_factory=dict)
    """New ones that nothing suppresses, by severity."""

    failure: str = ""
    failures: int = 0
    """How often in a row it has failed."""

    failed: datetime | None = None
    is_left: bool = False
    """Whether windows are left to be asked, because the time was over or the collection was held by another run."""

    gap: tuple[datetime, datetime] | None = None
    """Windows that were found to be missed for too long, and are not asked."""

    @property
    def name(self) -> str:
        """The detection and the collection, for people."""
        return f"{self.detection} of {self.table}.{self.collection}"

    @property
    def missed(self) -> str:
        """What is not asked by itself any more, and how it can be; empty where there is nothing."""
        if self.gap is None:
            return ""
        first, last = (f"{each:%Y-%m-%dT%H:%M}" for each in self.gap)
        return (
            f"the windows from {first} to {last} were missed for more than {LONGEST.days} days and are not asked; "
            f"tailpipe detection run {self.detection} --from {first} --to {last} --save asks them"
        )


def ask_due(
    plans: Sequence[Plan],
    *,
    now: datetime | None = None,
    resources: Resources = DEFAULT,
    budget: float = BUDGET_SECONDS,
    run: str = "",
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[DueResult, ...]:
    """Ask the detections whose time has come. Only those are in the results, and what fails stops no other.

    It may be called at any time, from any process: what is asked already is not due.

    Args:
        plans: the collections.
        now: the present unless given.
        resources: how to get at lakes.
        budget: seconds after which no further window is begun.
        run: names the run in findings.
        stopped: asked from time to time; once true, the rest is left.
    """
    deadline = time.monotonic() + budget
    found: list[DueResult] = []
    for ready in _asking(plans):
        lake = resources.lake(ready.collection.destination)
        is_over = lambda: stopped() or time.monotonic() > deadline  # noqa: E731 - of this call alone
        found += _Turn(lake, ready, plans, now or datetime.now(UTC), run, is_over, stopped).take()
    return tuple(found)


def due_now(plans: Sequence[Plan], *, now: datetime | None = None, resources: Resources = DEFAULT) -> tuple[str, ...]:
    """What is due: detections, and up to when they are to be asked. Nothing is asked.

    Raises:
        LakeError: a lake cannot be read.
    """
    moment = now or datetime.now(UTC)
    return tuple(
        f"{ready.collection.stream} {rule.detection.address} {last_tick(rule.detection.schedule, moment)}"
        for ready in _asking(plans)
        for rule, _ in _Turn(resources.lake(ready.collection.destination), ready, plans, moment).due()
        if rule.detection.schedule is not None
    )


def failing(plans: Sequence[Plan], resources: Resources = DEFAULT) -> list[tuple[str, Checkpoint]]:
    """The detections that failed when they were asked last, by name, as far as lakes can be read."""
    found = []
    for ready in _asking(plans):
        lake = resources.lake(ready.collection.destination)
        for rule in ready.scheduled:
            with suppress(LakeError):
                known = read_checkpoint(lake, ready, rule)
                if known is not None and known.failures:
                    found.append((DueResult(rule.detection.address, *ready.collection.key).name, known))
    return found


def _asking(plans: Sequence[Plan]) -> list[Plan]:
    """The collections that have anything to be asked by a schedule."""
    return [
        each for each in plans if each.collection.enabled and any(rule.detection.schedule for rule in each.scheduled)
    ]


@dataclass(frozen=True, slots=True)
class _Turn:
    """The turn of one collection."""

    lake: Lake
    ready: Plan
    plans: Sequence[Plan]
    now: datetime
    run: str = ""
    is_over: Callable[[], bool] = lambda: False
    stopped: Callable[[], bool] = lambda: False

    def take(self) -> list[DueResult]:
        """Ask what is due of the collection."""
        return [each for is_whole in (False, True) for each in self._take(is_whole=is_whole)]

    def _take(self, *, is_whole: bool) -> list[DueResult]:
        found: list[DueResult] = []
        try:
            if self._due(is_whole=is_whole):
                with asking_alone(self.lake, self.ready, is_whole=is_whole):
                    self._ask(self._due(is_whole=is_whole), found, is_whole=is_whole)
        except BusyError:
            # Somebody else asks them right now.
            return found
        except (LakeError, QueryError) as error:
            told = {each.detection for each in found}
            mine = [rule.detection.address for rule, _ in self._scheduled(is_whole=is_whole)]
            found += [self._result(each, failure=str(error)) for each in mine if each not in told]
        return found

    def due(self) -> list[tuple[Rule, Checkpoint | None]]:
        """The rules whose time has come, with how far they got; none before anything was collected."""
        return [*self._due(is_whole=False), *self._due(is_whole=True)]

    def _due(self, *, is_whole: bool) -> list[tuple[Rule, Checkpoint | None]]:
        found: list[tuple[Rule, Checkpoint | None]] = []
        mine = self._scheduled(is_whole=is_whole)
        for rule, schedule in mine if mine and self._has_rows(is_whole=is_whole) else ():
            kept = read_checkpoint(self.lake, self.ready, rule)
            known = None if kept is None else kept.as_of(self.now)
            if known is None or known.is_due(last_tick(schedule, self.now), self.now):
                found.append((rule, known))
        return found

    def _has_rows(self, *, is_whole: bool) -> bool:
        """Whether anything was ever collected that rules may be asked of: findings come of any collection's rows."""
        return is_table(self.lake, self.ready.collection.table_stored) or (is_whole and bool(tables(self.lake)))

    def _scheduled(self, *, is_whole: bool) -> list[tuple[Rule, str]]:
        """Those of its rules that see its own rows, or those over findings, with their schedules."""
        return [
            (rule, rule.detection.schedule)
            for rule in self.ready.scheduled
            if rule.detection.schedule is not None and is_about_findings(rule) == is_whole
        ]

    def _ask(self, due: Sequence[tuple[Rule, Checkpoint | None]], found: list[DueResult], *, is_whole: bool) -> None:
        if not due:
            return
        looked = datetime.now(UTC)  # before the files are listed: what comes meanwhile is met by the next look
        seen = Seen(self.lake, self.ready, self.plans, is_whole)
        with seen.open(rule for rule, _ in due) as opened:
            for rule, known in due:
                files = seen.own_view(opened, rule).stored
                checkpoint = self._looked(opened, rule, files, known, looked)
                before = None if known is None else known.gap
                gap = None if checkpoint.gap == before else checkpoint.gap
                found.append(self._one(opened, rule, checkpoint, gap))

    def _looked(
        self,
        opened: OpenViews,
        rule: Rule,
        files: Sequence[StoredFile],
        known: Checkpoint | None,
        looked: datetime,
    ) -> Checkpoint:
        """How far a rule got, with the windows that are to be asked again."""
        schedule, answers = rule.detection.schedule, rule.answers
        assert schedule is not None
        assert answers is not None
        fresh = recent(files, looked)
        if known is None:
            # It begins with the window that was over last.
            return Checkpoint(tick_before(schedule, last_tick(schedule, self.now)), looked, fresh)
        minutes = late_minutes(opened.connection, files, answers.clock, known)
        late = known.late | ticks_over(rule.detection, minutes, known.until)
        oldest = self.now - LONGEST
        is_lost = next_tick(schedule, known.until) <= oldest
        gap = (known.until, oldest) if is_lost else known.gap
        return replace(known, looked=looked, files=fresh, late=frozenset(late), gap=gap, until=max(known.until, oldest))

    def _one(
        self, opened: OpenViews, rule: Rule, checkpoint: Checkpoint, gap: tuple[datetime, datetime] | None
    ) -> DueResult:
        """Ask a rule of its windows, one after the other, and remember each."""
        made = replace(self._result(rule.detection.address), gap=gap)
        for question in _questions(rule, checkpoint, self.now):
            if self.is_over():
                return replace(made, is_left=True)
            try:
                findings = self._put(opened, rule, question)
                checkpoint = checkpoint.after(question.ticks)
                write_checkpoint(self.lake, self.ready, rule, checkpoint)
            except (BusyError, CommitConflictError, CancelledError):
                return replace(made, is_left=True)
            except (QueryError, LakeError) as error:
                return replace(made, **self._failed(rule, checkpoint, error))
            made = replace(made, windows=made.windows + 1, findings=dict(Counter(made.findings) + Counter(findings)))
        return made

    def _put(self, opened: OpenViews, rule: Rule, question: Question) -> Mapping[str, int]:
        connection, name = opened.connection, self.ready.collection.name
        with ExitStack() as reading:
            history = LakeHistory(connection, self.lake, RuleSet(rule.table, name), "false", reading)
            evaluation = Evaluation(name, datetime.now(UTC), self.run)
            put(opened, rule, question, evaluation, history, stopped=self.stopped)
        found, _, _ = counts_of(connection)
        commit_found(connection, self.lake, self.ready, Told("detect", self.run, self.ready.config))
        return found

    def _failed(self, rule: Rule, checkpoint: Checkpoint, error: Exception) -> dict[str, Any]:
        """Remember that a rule failed, as far as the lake can be written."""
        broken = checkpoint.broken(str(error), self.now)
        with suppress(LakeError):
            write_checkpoint(self.lake, self.ready, rule, broken)
        return {"failure": str(error), "failures": broken.failures, "failed": self.now}

    def _result(self, detection: str, failure: str = "") -> DueResult:
        return DueResult(detection, *self.ready.collection.key, failure=failure, failed=self.now if failure else None)


def _questions(rule: Rule, checkpoint: Checkpoint, now: datetime) -> list[Question]:
    """What is to be asked, oldest first."""
    detection, answers = rule.detection, rule.answers
    assert detection.schedule is not None
    assert answers is not None
    ticks = {*checkpoint.late, *ticks_between(detection.schedule, checkpoint.until, now)}
    single = [question_at(detection, each) for each in sorted(ticks)]
    if detection.full_scan and single:
        # What looks at all rows, whatever the window, need not do so twice.
        return [Question(single[0].start, single[-1].end, frozenset(ticks))]
    return joined(single) if answers.is_by_row else single
