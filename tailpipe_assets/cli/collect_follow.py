"""`tailpipe collect --follow`: rounds until someone asks to stop."""

from __future__ import annotations

import json
import re
import sys
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tailpipe_assets.cli.alert_after import courier_of
from tailpipe_assets.cli.collect_selection import selected
from tailpipe_assets.cli.collect_summary import as_json, print_summary
from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.rounds import Rounds
from tailpipe_assets.cli.schedules import clockwork_of, lines_of
from tailpipe_assets.cli.stopping import Stop, stoppable
from tailpipe_resources.errors import ConfigError, TailpipeError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from tailpipe_assets.alerts import Courier
    from tailpipe_assets.definitions.following import Reporter
    from tailpipe_assets.pipeline import Plan
    from tailpipe_assets.pipeline.follow import Follower, Manner
    from tailpipe_assets.scheduled import Clockwork, DueResult
    from tailpipe_resources.model.config import Config
    from tailpipe_resources.model.results import CollectResult
    from tailpipe_resources.model.window import Window

LOOK_SECONDS = 1.0
"""How long the configuration goes unlooked at, at most."""

_PAUSE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def follow(args: argparse.Namespace, window: Window, config: Config, plans: Sequence[Plan]) -> int:
    """Keep collecting until Ctrl-C or SIGTERM.

    Raises:
        UsageError: flags that make no sense together.
    """
    manner = _manner(args, window)
    rounds = Rounds(wanted=args.progress)
    with (
        _reporter(record=not args.no_record, tell=rounds.note) as reporter,
        courier_of(config, rounds.note) as courier,
        stoppable() as stop,
    ):
        following = _Following(args, config, plans, manner, rounds, _Told(reporter, courier), stop)
        with clockwork_of(plans, following.take_answers) as clockwork:
            totals = stop.while_doing(lambda: following.until_stopped(clockwork))
    rounds.clear()
    sys.stderr.flush()
    if args.output == "pretty":
        _print_totals(totals)
    return Exit.OK


@dataclass(frozen=True, slots=True)
class _Told:
    """Who hears of what came."""

    reporter: Reporter | None
    courier: Courier


class _Following:
    """One following, from its start to its end."""

    def __init__(
        self,
        args: argparse.Namespace,
        config: Config,
        plans: Sequence[Plan],
        manner: Manner,
        rounds: Rounds,
        told: _Told,
        stop: Stop,
    ) -> None:
        self._args = args
        self._plans = {each.collection.key: each for each in plans}
        self._manner = manner
        self._rounds = rounds
        self._reporter = told.reporter
        self._courier = told.courier
        self._stop = stop
        self._totals: dict[tuple[str, str], CollectResult] = {}
        self._lookups = [each.path for each in config.lookups]
        self._files = _looked_at(args, self._lookups)

    def until_stopped(self, clockwork: Clockwork) -> list[CollectResult]:
        """What came in all in all, once someone asked to stop.

        Args:
            clockwork: asks detections meanwhile.
        """
        follower = self._follower()
        self._rounds.begin(self._plans)
        while not self._stop.asked():
            self._reload(follower, clockwork)
            results = follower.round()
            if results:
                self._take(results)
            if self._reporter is not None:
                self._reporter.report()
            self._rounds.rest(follower.failing)
            self._stop.wait(min(follower.pause, LOOK_SECONDS))
        follower.end()
        return list(self._totals.values())

    def _follower(self) -> Follower:
        from tailpipe_assets.pipeline.follow import Follower

        return Follower(
            list(self._plans.values()),
            self._manner,
            on_event=self._rounds.tell,
            tell=self._rounds.note,
            stopped=self._stop.asked,
            run="follow",
        )

    def _take(self, results: Sequence[CollectResult]) -> None:
        self._courier.wake(results)
        for each in results:
            key = (each.table, each.collection)
            before = self._totals.get(key)
            total = each if before is None else before.then(each)
            self._totals[key] = replace(total, seconds=each.seconds + (before.seconds if before else 0.0), faults=())
            if self._reporter is not None and key in self._plans:
                self._reporter.note(self._plans[key], each)
        if self._args.output == "json":
            line = {"time": datetime.now(UTC).isoformat(), "collections": [as_json(each) for each in results]}
            print(json.dumps(line), flush=True)
        self._rounds.done(results)

    def take_answers(self, asked: Sequence[DueResult]) -> None:
        """Tell of detections that were asked."""
        for line in lines_of(asked):
            self._rounds.note(line)
        self._courier.wake(asked=asked)

    def _reload(self, follower: Follower, clockwork: Clockwork) -> None:
        """Take a configuration that changed; one that is wrong is told, and the last good one stays."""
        files = _looked_at(self._args, self._lookups)
        if files == self._files:
            return
        self._files = files
        try:
            config, plans = selected(self._args)
        except (ConfigError, UsageError) as error:
            self._rounds.note(f"{error}\nThe configuration is wrong now; what it was goes on until it is mended.")
            return
        self._lookups = [each.path for each in config.lookups]
        self._plans = {each.collection.key: each for each in plans}
        follower.use(plans)
        clockwork.use(plans)
        self._courier.use(config)
        self._rounds.note("the configuration changed and is followed as it is now")
        self._rounds.begin(self._plans)


def _manner(args: argparse.Namespace, window: Window) -> Manner:
    from tailpipe_assets.pipeline import CollectOptions
    from tailpipe_assets.pipeline.follow import Manner
    from tailpipe_assets.pipeline.tidying import FILES

    for flag, value in (
        ("--to", args.end),
        ("--overwrite", args.overwrite),
        ("--retry-quarantined", args.retry_quarantined),
    ):
        if value:
            raise UsageError(f"{flag} and --follow do not go together")
    options = CollectOptions(salvage=args.salvage)
    return Manner(window, options, _seconds(args.every), None if args.no_compact else FILES)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    found = _PAUSE.fullmatch(text)
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not seconds:
        raise UsageError(f"--every {text}: write 1s, 500ms or 5m")
    return seconds


def _reporter(*, record: bool, tell: Callable[[str], None]) -> AbstractContextManager[Reporter | None]:
    if not record:
        return nullcontext()
    from tailpipe_assets.definitions.following import reporting

    return reporting(tell)


def _looked_at(args: argparse.Namespace, lookups: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """The files of the configuration and of its lookups, with what changes when one of them does."""
    from tailpipe_resources.config import find_files
    from tailpipe_resources.config.kept import kept_file

    kept = kept_file()
    try:
        files = find_files(args.config_path) if kept is None else [kept]
        stats = [(str(path), path.stat()) for path in (*files, *map(Path, lookups))]
    except (OSError, TailpipeError):
        return ()
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)


def _print_totals(totals: Sequence[CollectResult]) -> None:
    if totals:
        print_summary(totals, output="pretty")
    else:
        print("nothing new came")
