"""The backend: pySigma's tree of a rule's conditions, as one SQL condition over a table's columns.

Fields are found by the table's own types, so there is no list of names to keep. What is NULL never makes a negation
NULL: `not` is about what is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sigma.conditions import ConditionValueExpression
from sigma.conversion.base import TextQueryBackend
from sigma.exceptions import SigmaConfigurationError
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaFieldReference,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
    TimestampPart,
)

from tailpipe_assets.detections.sigma.comparing import Wild, among, matches, searched, within
from tailpipe_assets.detections.sigma.fields import everything, resolve
from tailpipe_resources.model.names import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sigma.conditions import (
        ConditionAND,
        ConditionFieldEqualsValueExpression,
        ConditionNOT,
        ConditionOR,
    )
    from sigma.conversion.state import ConversionState

    from tailpipe_assets.detections.rules import RuleTable

_OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
    CompareOperators.NEQ: "<>",
}
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}
_WILD = {SpecialChars.WILDCARD_MULTI: Wild.MANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}


class ConditionBackend(TextQueryBackend):
    """Makes conditions for the rows of one table."""

    def __init__(self, table: RuleTable, variables: Mapping[str, Any]) -> None:
        """Prepare.

        Args:
            table: whose rows.
            variables: values of the rules' placeholders.
        """
        super().__init__()
        self._table, self._variables = table, variables

    def convert_condition_and(self, cond: ConditionAND, state: ConversionState) -> str:
        """All of them."""
        return self._joined(cond, state, " AND ")

    def convert_condition_or(self, cond: ConditionOR, state: ConversionState) -> str:
        """Any of them; many keywords are looked for at once."""
        args: list[Any] = list(cond.args)
        if all(isinstance(each, ConditionValueExpression) and isinstance(each.value, SigmaString) for each in args):
            return self._keywords(each.value for each in args)
        return self._among(args) or self._joined(cond, state, " OR ")

    def convert_condition_not(self, cond: ConditionNOT, state: ConversionState) -> str:
        """Not known to be so."""
        return f"(NOT coalesce({self.convert_condition(cond.args[0], state)}, false))"

    def convert_condition_field_eq_val_str(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """Text, with wildcards, in whatever case."""
        del state
        return self._text(cond, cased=False)

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The same in the same case."""
        del state
        return self._text(cond, cased=True)

    def convert_condition_field_eq_val_num(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A number; as text where the column is text."""
        del state
        field = resolve(cond.field, self._table)
        return f"{field.sql} = {cond.value}" if field.is_number else field.any(lambda text: f"{text} = '{cond.value}'")

    def convert_condition_field_eq_val_bool(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """True or false, in a column of them, in JSON or as text."""
        del state
        wanted = str(cond.value).lower()
        return resolve(cond.field, self._table).any(lambda text: f"lower({text}) = '{wanted}'")

    def convert_condition_field_eq_val_re(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A regular expression, somewhere in the text."""
        del state
        pattern = _regex(cond.value)
        return resolve(cond.field, self._table).any(lambda text: f"regexp_matches({text}, {pattern})")

    def convert_condition_field_eq_val_cidr(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """An address of a network."""
        del state
        value: Any = cond.value
        return resolve(cond.field, self._table).any(lambda text: within(text, value.network))

    def convert_condition_field_compare_op_val(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """More or less than a number, or than a part of a time."""
        del state
        value: Any = cond.value
        field, operator, number = resolve(cond.field, self._table), _OPERATORS[value.op], value.number
        if hasattr(number, "timestamp_part"):
            return f"{_part(number.timestamp_part, field.moment)} {operator} {number}"
        if field.is_number:
            return f"{field.sql} {operator} {number}"
        return field.any(lambda text: f"TRY_CAST({text} AS DOUBLE) {operator} {number}")

    def convert_condition_field_eq_val_timestamp_part(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The hour, the day, ... of a time in UTC."""
        del state
        value: Any = cond.value
        return f"{_part(value.timestamp_part, resolve(cond.field, self._table).moment)} = {value}"

    def convert_condition_field_eq_field(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The same as another field has, or begins or ends with it."""
        del state
        said = cond.value
        assert isinstance(said, SigmaFieldReference)
        other = f"lower({resolve(said.field, self._table).text})"
        form = {
            (False, False): "lower({text}) = {other}",
            (True, False): "starts_with(lower({text}), {other})",
            (False, True): "ends_with(lower({text}), {other})",
            (True, True): "contains(lower({text}), {other})",
        }[said.starts_with, said.ends_with]
        return resolve(cond.field, self._table).any(lambda text: form.format(text=text, other=other))

    def convert_condition_field_eq_val_null(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """No value."""
        return f"(NOT {self.convert_condition_field_exists(cond, state)})"

    def convert_condition_field_exists(self, cond: ConditionFieldEqualsValueExpression, state: ConversionState) -> str:
        """Some value."""
        del state
        return f"({resolve(cond.field, self._table).any(lambda text: f'{text} IS NOT NULL')})"

    def convert_condition_val_str(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        """A keyword, somewhere in the row."""
        del state
        assert isinstance(cond.value, SigmaString)
        return self._keywords((cond.value,))

    def convert_condition_val_num(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        """A number, somewhere in the row."""
        del state
        return f"contains({everything(self._table)}, '{cond.value}')"

    def convert_condition_val_re(self, cond: ConditionValueExpression, state: ConversionState) -> str:
        """A regular expression, somewhere in the row."""
        del state
        return f"regexp_matches({everything(self._table)}, {_regex(cond.value)})"

    def _among(self, args: list[Any]) -> str | None:
        """Several whole texts of one field, which is worked out once; None when it is something else."""
        if len({getattr(each, "field", None) for each in args}) != 1 or not all(map(_is_plain, args)):
            return None
        words = ["".join(each.value.s) for each in args]
        return resolve(args[0].field, self._table).any(lambda text: among(text, words))

    def _keywords(self, keywords: Iterable[SigmaString]) -> str:
        patterns = [searched(tuple(_parts(each))) for text in keywords for each in self._filled(text)]
        return f"regexp_matches({everything(self._table)}, {literal('(?is)' + '|'.join(patterns))})"

    def _joined(self, cond: ConditionAND | ConditionOR, state: ConversionState, word: str) -> str:
        return f"({word.join(str(self.convert_condition(each, state)) for each in cond.args)})"

    def _text(self, cond: ConditionFieldEqualsValueExpression, *, cased: bool) -> str:
        assert isinstance(cond.value, SigmaString)
        field = resolve(cond.field, self._table)
        variants = [tuple(_parts(each)) for each in self._filled(cond.value)]

        def any_of(text: str) -> str:
            found = [matches(text, parts, cased=cased) for parts in variants]
            return found[0] if len(found) == 1 else f"({' OR '.join(found)})"

        return field.any(any_of)

    def _filled(self, text: SigmaString) -> list[SigmaString]:
        """The text with its placeholders filled in, in all ways."""
        return text.replace_placeholders(self._values) if text.contains_placeholder() else [text]

    def _values(self, placeholder: Placeholder) -> Iterator[str]:
        if placeholder.name not in self._variables:
            raise SigmaConfigurationError(f"placeholder %{placeholder.name}% has no value; give it in variables")
        said = self._variables[placeholder.name]
        yield from map(str, said if isinstance(said, (list, tuple)) else (said,))


def _is_plain(cond: Any) -> bool:
    """Whether it asks for one whole text, in whatever case."""
    value = getattr(cond, "value", None)
    return type(value) is SigmaString and all(isinstance(each, str) for each in value.s)


def _parts(text: SigmaString) -> Iterator[str | Wild]:
    for part in text.s:
        if isinstance(part, SpecialChars):
            yield _WILD[part]
        else:
            yield str(part)


def _regex(value: Any) -> str:
    assert isinstance(value, SigmaRegularExpression)
    flags = "".join(sorted(_FLAGS[each] for each in value.flags))
    return literal(f"(?{flags}){value.regexp}" if flags else str(value.regexp))


def _part(part: TimestampPart, moment: str) -> str:
    return f"date_part('{part.name.lower()}', {moment})"
