"""Converting: the text of a Sigma rule, and the condition it comes to over a table's rows. Wakes pySigma."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from sigma.exceptions import SigmaError
from sigma.policy.profiles import TrustedPolicy
from sigma.rule import SigmaRule

from tailpipe_assets.detections.expressions import Trial
from tailpipe_assets.detections.sigma.backend import ConditionBackend
from tailpipe_assets.detections.sigma.converted import Converted, about_of
from tailpipe_assets.detections.sigma.fields import UnknownFieldError
from tailpipe_assets.detections.sigma.logsources import fault_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from tailpipe_assets.detections.rules import RuleTable

_PARTS = ("logsource", "detection")


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
        if len(documents) != 1 or not isinstance(documents[0], dict):
            return Converted(reason=f"has {len(documents)} documents; one rule a file" if documents else "is empty")
        rule: dict[str, Any] = documents[0]
        about = about_of(rule)
        if "correlation" in rule:
            return Converted(about, reason="is a correlation; write a detection with a threshold")
        missing = [each for each in _PARTS if not isinstance(rule.get(each), dict)]
        if missing:
            return Converted(about, reason=f"has no {' and no '.join(missing)}; is it a Sigma rule?")
        wrong = fault_of({str(key): str(value) for key, value in rule["logsource"].items()}, self._table.name)
        if wrong is not None:
            return Converted(about, reason=wrong, is_elsewhere=True)
        return self._condition(rule, about.title or "rule", Converted(about))

    def _condition(self, rule: Mapping[str, Any], title: str, nothing: Converted) -> Converted:
        try:
            # What it says of itself is of no matter to its condition, and never a reason to refuse it. Regular
            # expressions are only parsed here, whatever the policy; the database, whose they are to be, judges them.
            parsed = SigmaRule.from_dict(
                {"title": title, **{each: rule[each] for each in _PARTS}}, policy=TrustedPolicy
            )
            conditions = self._backend.convert_rule(parsed)
        except (SigmaError, UnknownFieldError, NotImplementedError) as error:
            return Converted(nothing.about, reason=_first_line(error))
        where = conditions[0] if len(conditions) == 1 else " OR ".join(f"({each})" for each in conditions)
        wrong = self._trial.fault(where, is_condition=True)
        return Converted(nothing.about, reason=wrong) if wrong else Converted(nothing.about, where)


def _first_line(error: Exception) -> str:
    said = str(error.args[0]) if error.args else type(error).__name__
    return said.partition(" (while ")[0].strip().splitlines()[0]
