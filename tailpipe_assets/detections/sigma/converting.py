"""Converting: the text of a Sigma rule, and the condition it comes to over a table's rows. Wakes pySigma."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from sigma.exceptions import SigmaError
from sigma.policy.profiles import TrustedPolicy
from sigma.rule import SigmaRule

from tailpipe_assets.detections.expressions import Trial
from tailpipe_assets.detections.sigma.backend import ConditionBackend
from tailpipe_assets.detections.sigma.converted import About, Converted, Counted, about_of
from tailpipe_assets.detections.sigma.correlations import CorrelationError, counted_of, referred
from tailpipe_assets.detections.sigma.fields import UnknownFieldError
from tailpipe_assets.detections.sigma.logsources import fault_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from tailpipe_assets.detections.rules import RuleTable

_PARTS = ("logsource", "detection")


class _NoRuleError(Exception):
    """A document is something else."""


class _ElsewhereError(Exception):
    """A rule is about another log; the text says which."""


class Converter:
    """Converts rules for one table, and tries each condition on its columns: a rule counts only when it binds."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: RuleTable, variables: Mapping[str, Any], rows: str
    ) -> None:
        """Prepare.

        Args:
            connection: one that reaches nothing.
            table: to convert for.
            variables: values of placeholders.
            rows: a name that nothing else on the connection has.
        """
        self._table = table
        self._backend = ConditionBackend(table, variables)
        self._trial = Trial(connection, table.columns, rows)

    def convert(self, text: str) -> Converted:
        """The rule in a YAML text, whatever is wrong with it."""
        try:
            documents = [each for each in yaml.safe_load_all(text) if each is not None]
        except yaml.YAMLError as error:
            return Converted(reason=f"is no YAML: {' '.join(str(error).split())}")
        if not documents or not all(isinstance(each, dict) for each in documents):
            return Converted(reason="is no Sigma rule" if documents else "is empty")
        rules = [each for each in documents if "correlation" not in each]
        correlations = [each for each in documents if "correlation" in each]
        if len(correlations) > 1 or (not correlations and len(rules) > 1):
            return Converted(reason=f"has {len(correlations or rules)} rules; put each into a file of its own")
        about = about_of((correlations or rules)[0])
        try:
            if correlations:
                return self._correlation(about, correlations[0]["correlation"], rules)
            return self._tried(about, self._condition(rules[0]))
        except _ElsewhereError as error:
            return Converted(about, reason=str(error), is_elsewhere=True)
        except (SigmaError, UnknownFieldError, CorrelationError, _NoRuleError, NotImplementedError) as error:
            return Converted(about, reason=_first_line(error))

    def _correlation(self, about: About, said: Any, rules: list[dict[str, Any]]) -> Converted:
        if not isinstance(said, dict):
            raise CorrelationError("its correlation is no map")
        conditions = [self._condition(each) for each in referred(said, rules)]
        return self._tried(about, _any_of(conditions), counted_of(said, self._table))

    def _condition(self, rule: Mapping[str, Any]) -> str:
        missing = [each for each in _PARTS if not isinstance(rule.get(each), dict)]
        if missing:
            raise _NoRuleError(f"has no {' and no '.join(missing)}; is it a Sigma rule?")
        elsewhere = fault_of({str(key): str(value) for key, value in rule["logsource"].items()}, self._table.name)
        if elsewhere is not None:
            raise _ElsewhereError(elsewhere)
        # What it says of itself is of no matter to its condition, and never a reason to refuse it. Regular
        # expressions are only parsed here, whatever the policy; the database, whose they are to be, judges them.
        parts = {each: rule[each] for each in _PARTS}
        parsed = SigmaRule.from_dict({"title": "rule", **parts}, policy=TrustedPolicy)
        return _any_of(self._backend.convert_rule(parsed))

    def _tried(self, about: About, where: str, counted: Counted | None = None) -> Converted:
        wrong = self._trial.fault(where, is_condition=True)
        named = [] if counted is None else [*counted.group_by, *filter(None, (counted.distinct, counted.sum))]
        for each in named:
            wrong = wrong or self._trial.fault(each, is_condition=False)
        return Converted(about, reason=wrong) if wrong else Converted(about, where, counted=counted)


def _any_of(conditions: list[str]) -> str:
    return conditions[0] if len(conditions) == 1 else " OR ".join(f"({each})" for each in conditions)


def _first_line(error: Exception) -> str:
    said = str(error.args[0]) if error.args else type(error).__name__
    return said.partition(" (while ")[0].strip().splitlines()[0]
