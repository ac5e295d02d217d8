"""Correlations: Sigma's rules about how many events there are, as our thresholds."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.sigma.converted import Counted
from tailpipe_assets.detections.sigma.fields import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tailpipe_assets.detections.rules import RuleTable

_TYPES = ("event_count", "value_count", "value_sum")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"(\d+)([smhdw])")


class CorrelationError(Exception):
    """A correlation cannot be a threshold; the text says why."""


def counted_of(said: Mapping[str, Any], table: RuleTable) -> Counted:
    """How many rows a correlation asks for, and which count together.

    Args:
        said: its `correlation`.
        table: whose rows.

    Raises:
        CorrelationError: our thresholds cannot say that.
        UnknownFieldError: the table has no such field.
    """
    kind, condition = said.get("type"), said.get("condition")
    if kind not in _TYPES:
        raise CorrelationError(f'correlations of type "{kind}" are not read; there are {", ".join(_TYPES)}')
    span = _SPAN.fullmatch(str(said.get("timespan")))
    if span is None:
        raise CorrelationError(f'timespan: "{said.get("timespan")}" is not a duration; write 10m')
    if not isinstance(condition, dict) or len({"gte", "gt"} & condition.keys()) != 1:
        raise CorrelationError("a correlation's condition has to be gte or gt")
    least = _least(condition, is_sum=kind == "value_sum")
    if said.get("aliases"):
        raise CorrelationError("aliases are not read")
    named = said.get("group-by") or []
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise CorrelationError("group-by: write the names of fields")
    groups = tuple(resolve(each, table).text for each in names)
    window = int(span[1]) * _SECONDS[span[2]]
    if kind == "event_count":
        return Counted(window, groups, count=int(least))
    if not isinstance(condition.get("field"), str):
        raise CorrelationError(f"{kind} needs a field in its condition")
    value = resolve(condition["field"], table).text
    if kind == "value_count":
        return Counted(window, groups, distinct=value, least=least)
    return Counted(window, groups, sum=f"TRY_CAST({value} AS DOUBLE)", least=least)


def _least(condition: Mapping[str, Any], *, is_sum: bool) -> float:
    operator = "gte" if "gte" in condition else "gt"
    others = sorted(map(str, condition.keys() - {operator, "field"}))
    if others:
        raise CorrelationError(f"a correlation's condition has {others[0]} beside {operator}, which is not read")
    said = condition[operator]
    if isinstance(said, bool) or not isinstance(said, (int, float) if is_sum else int) or said < 0:
        raise CorrelationError(f"{operator}: {said!r} is no {'number' if is_sum else 'whole number'}")
    if operator == "gte":
        return said
    # The next number that there is: a sum of 100.5 is more than 100.
    return math.nextafter(said, math.inf) if is_sum else said + 1


def referred(said: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The rules of the same file that a correlation is about.

    Raises:
        CorrelationError: one is not in the file.
    """
    named = said.get("rules") or ()
    known = {str(rule.get(key)): rule for rule in rules for key in ("id", "name") if rule.get(key)}
    wanted = (named,) if isinstance(named, str) else tuple(named)
    missing = [each for each in wanted if each not in known]
    if missing or not wanted:
        raise CorrelationError(
            f'refers to "{missing[0]}", which is not in the file' if missing else "refers to no rule"
        )
    return tuple(known[each] for each in wanted)
