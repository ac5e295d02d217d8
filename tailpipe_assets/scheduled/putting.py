"""Putting a question: the query of a rule, run for a limited time, and what its answers tell."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import duckdb

from tailpipe_assets.detections.answers import ANSWERS, find_in_answers
from tailpipe_resources.errors import CancelledError, QueryError
from tailpipe_resources.query.engine import meanwhile, translate
from tailpipe_resources.query.statements import parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tailpipe_assets.detections.evaluate import History
    from tailpipe_assets.detections.found import Evaluation
    from tailpipe_assets.detections.rules import Rule
    from tailpipe_assets.scheduled.ticks import Question
    from tailpipe_assets.views.opened import OpenViews

SECONDS = 300.0
"""A question that takes longer is given up."""

MOST_ROWS = 10_000
"""An answer of more rows is no detection; it fails, and leaves nothing out silently."""

_CAME_IN = re.compile(r"\btp_ingest_timestamp\b", re.IGNORECASE)


def put(
    opened: OpenViews,
    rule: Rule,
    question: Question,
    evaluation: Evaluation,
    history: History,
    *,
    stopped: Callable[[], bool] = lambda: False,
    as_if_at_once: bool = False,
) -> None:
    """Put into `FOUND` what a rule finds in a window and was not found before.

    Args:
        opened: what it sees.
        rule: one with a query.
        question: the window.
        evaluation: what is the same for all findings.
        history: what was there before.
        stopped: asked from time to time; once true, the query is given up.
        as_if_at_once: whether rows count as if each had come in when it happened.

    Raises:
        CancelledError: it was stopped.
        QueryError: DuckDB refuses the query, it takes too long or gives too many rows.
    """
    (statement,) = opened.statements(rule.detection.sql or "")
    if as_if_at_once:
        statement = _CAME_IN.sub("tp_timestamp", statement)
    times = {"from": question.start, "to": question.end}
    given = {name: times[name] for name in parameters_of(statement)}
    opened.views.prepare(statement, given)
    limited = f"CREATE OR REPLACE TEMP TABLE {ANSWERS} AS FROM (\n{statement}\n) LIMIT {MOST_ROWS + 1}"
    connection = opened.connection
    try:
        with _limited(connection, stopped):
            connection.execute(limited, given or None)
        [(count,)] = connection.execute(f"SELECT count(*) FROM {ANSWERS}").fetchall()
        if count > MOST_ROWS:
            raise QueryError(f"it gives more than {MOST_ROWS:,} rows; group them, or narrow it down")
        find_in_answers(connection, rule, evaluation, question.window, history)
    except duckdb.InterruptException:
        if stopped():
            raise CancelledError("it was stopped") from None
        raise QueryError(f"it takes longer than {SECONDS:.0f} s; narrow it down, or shorten its lookback") from None
    except duckdb.Error as error:
        raise translate(error) from error


def _limited(connection: duckdb.DuckDBPyConnection, stopped: Callable[[], bool]) -> AbstractContextManager[None]:
    """Interrupt the database when it takes too long, or somebody asks to stop: it looks at no clock itself."""
    deadline = time.monotonic() + SECONDS

    def watch() -> None:
        if stopped() or time.monotonic() > deadline:
            connection.interrupt()

    return meanwhile(watch, "question")
