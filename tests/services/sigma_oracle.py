"""Sigma rules evaluated on events as they are, without SQL and without pySigma: conversions have to agree with it."""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Event = dict[str, Any]
_TOKEN = re.compile(r"\(|\)|[^\s()]+")
_COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}
_PARTS: Mapping[str, Callable[[datetime], int]] = {
    "hour": lambda moment: moment.hour,
    "day": lambda moment: moment.day,
    "month": lambda moment: moment.month,
}


def is_found(rule: Mapping[str, Any], event: Event) -> bool:
    """Whether a rule, as parsed YAML, finds an event."""
    detection = rule["detection"]
    conditions = detection["condition"]
    said = [conditions] if isinstance(conditions, str) else conditions
    return any(_Condition(text, detection, event).value() for text in said)


class _Condition:
    """Reads one condition: `or` binds least, then `and`, then `not`."""

    def __init__(self, text: str, detection: Mapping[str, Any], event: Event) -> None:
        self._left = _TOKEN.findall(text)
        self._detection, self._event = detection, event

    def value(self) -> bool:
        found = self._all()
        while self._next("or"):
            # Both sides are read, whatever the first says.
            found = self._all() or found
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._next("and"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._next("not"):
            return not self._one()
        if self._next("("):
            found = self.value()
            assert self._next(")")
            return found
        word = self._left.pop(0)
        if word in ("1", "all", "any") and self._left[:1] == ["of"]:
            pattern = self._left[1]
            del self._left[:2]
            names = [each for each in self._detection if each not in ("condition", "timeframe")]
            chosen = [each for each in names if fnmatchcase(each, "*" if pattern == "them" else pattern)]
            found_each = [_search(self._detection[each], self._event) for each in chosen]
            return all(found_each) if word == "all" else any(found_each)
        return _search(self._detection[word], self._event)

    def _next(self, word: str) -> bool:
        if self._left[:1] != [word]:
            return False
        del self._left[0]
        return True


def _search(said: Any, event: Event) -> bool:
    if isinstance(said, dict):
        return all(_item(key, value, event) for key, value in said.items())
    if isinstance(said, list):
        return any(_search(each, event) for each in said)
    row = " ".join(_texts(event))
    return re.search(_glob(str(said)).strip(), row, re.IGNORECASE | re.DOTALL) is not None


def _texts(part: Any) -> Iterator[str]:
    yield from (_text(each) for each in (part.values() if isinstance(part, dict) else ()) if each is not None)


def _item(key: str, said: Any, event: Event) -> bool:
    name, *modifiers = key.split("|")
    values = list(_values(event, name.split(".")))
    wanted = said if isinstance(said, list) else [said]
    judge = all if "all" in modifiers else any
    return judge(_holds(each, modifiers, values, event) for each in wanted)


def _holds(wanted: Any, modifiers: list[str], values: list[Any], event: Event) -> bool:
    if "exists" in modifiers:
        return bool(values) is wanted
    if wanted is None:
        return not values
    if "fieldref" in modifiers:
        others = [_text(each).lower() for each in _values(event, wanted.split("."))]
        return any(_text(each).lower() in others for each in values)
    if "cidr" in modifiers:
        network = ipaddress.ip_network(wanted)
        return any(_is_within(_text(each), network) for each in values)
    if "re" in modifiers:
        flags = re.IGNORECASE if "i" in modifiers else 0
        return any(re.search(wanted, _text(each), flags) for each in values)
    for each in modifiers:
        if each in _COMPARE:
            return any(_compare(each, value, wanted) for value in values)
        if each in _PARTS:
            return any(_PARTS[each](datetime.fromisoformat(_text(value))) == wanted for value in values)
    return any(_is_like(_text(each), wanted, modifiers) for each in values)


def _is_like(text: str, wanted: Any, modifiers: list[str]) -> bool:
    pattern = _glob(_text(wanted))
    if "contains" in modifiers or "endswith" in modifiers:
        pattern = f".*{pattern}"
    if "contains" in modifiers or "startswith" in modifiers:
        pattern = f"{pattern}.*"
    flags = re.DOTALL if "cased" in modifiers else re.DOTALL | re.IGNORECASE
    return re.fullmatch(pattern, text, flags) is not None


def _glob(text: str) -> str:
    r"""A regular expression for a text with `*` and `?`; `\*`, `\?` and `\\` are the letters."""
    made = ""
    for part in re.findall(r"\\[*?\\]|.", text, re.DOTALL):
        made += {"*": ".*", "?": "."}.get(part) or re.escape(part[1:] if len(part) > 1 else part)
    return made


def _compare(name: str, value: Any, wanted: float) -> bool:
    try:
        return bool(_COMPARE[name](float(value), wanted))
    except (TypeError, ValueError):
        return False


def _is_within(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


def _values(part: Any, path: list[str]) -> Iterator[Any]:
    """What is at the end of a path, arrays on the way entered. What is null is not there."""
    if isinstance(part, list) and path:
        for each in part:
            yield from _values(each, path)
    elif path:
        if isinstance(part, dict) and path[0] in part:
            yield from _inner(part[path[0]], path[1:])
    elif part is not None:
        yield part


def _inner(part: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(part, list):
        for each in part:
            yield from _inner(each, path)
    else:
        yield from _values(part, path)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
