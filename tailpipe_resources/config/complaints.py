"""What pydantic finds wrong with a block's attributes, in our words and without any value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_resources.config.values import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "an object",
    "string_type": "a string",
    "tuple_type": "a list",
}
_CLASSES = {"Secret": "a string", "Reference": "a reference"}
_EXAMPLES = {
    "credential": "credential.aws.default",
    "destination": "destination.parquet.default",
    "format": "format.regex.my_format",
    "lookup": "lookup.accounts",
    "notify": "notifier.slack.secops",
    "source": "source.file.logs",
}


def complaints(error: ValidationError, values: Mapping[str, Any], secret: set[str]) -> Iterator[tuple[str, str]]:
    """Each attribute that is wrong, with what is wrong with it; the name is empty when it is the whole block.

    Args:
        error: pydantic's.
        values: what was validated.
        secret: the attributes whose validators' own messages may not be repeated.
    """
    found: dict[str, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        found.setdefault(str(details["loc"][0]) if details["loc"] else "", []).append(details)
    for name, problems in found.items():
        if problems[0]["type"] == "missing" and len(problems[0]["loc"]) == 1:
            yield name, "missing"
        else:
            yield name, _complaint(name, problems, values, hide=name in secret or (not name and bool(secret)))


def _complaint(name: str, problems: list[ErrorDetails], values: Mapping[str, Any], *, hide: bool) -> str:
    wanted = list(dict.fromkeys(expected for details in problems if (expected := _expected(name, details))))
    subject = _subject(name, problems[0], values)
    if wanted:
        return f"{subject} must be {' or '.join(wanted)}, not {kind_of(problems[0]['input'])}"
    if hide:
        return f"{subject} is not valid" if name else "its attributes do not go together"
    message = problems[0]["msg"]
    if problems[0]["type"] in {"value_error", "assertion_error"}:
        text = message.partition(", ")[2]
        return text if not name or name in text else f"{subject}: {text}"
    return f"{subject} {message.replace('Input should', 'must', 1)}"


def _expected(name: str, details: ErrorDetails) -> str | None:
    if details["type"] in {"dataclass_exact_type", "dataclass_type"}:
        expected = _CLASSES.get(details["ctx"]["class_name"])
        example = _EXAMPLES.get(name)
        return f"{expected} such as {example}" if expected == "a reference" and example else expected
    return _EXPECTED.get(details["type"])


def _subject(name: str, details: ErrorDetails, values: Mapping[str, Any]) -> str:
    if len(details["loc"]) < 2:
        return f'"{name}"'
    step, value = details["loc"][1], values.get(name)
    if isinstance(step, int):
        return f'"{name}", item {step + 1},'
    return f'"{name}", entry "{step}",' if isinstance(value, dict) and step in value else f'"{name}"'
