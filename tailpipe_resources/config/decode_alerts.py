"""`notifier`, `alert` and `heartbeat` blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tailpipe_resources.config.blocks import AlertAttributes, HeartbeatAttributes
from tailpipe_resources.config.decode_pace import interval_of
from tailpipe_resources.config.notifiers import TYPES, URLS
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.errors import SourceRefusedError
from tailpipe_resources.model.alerting import Heartbeat, Notifier, Route
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.config.values import Reference
    from tailpipe_resources.options import Options

_URL = re.compile(r"https?://[^\s/]+", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SEVERITIES = [str(each) for each in Severity]


def notifier(block: Block, context: Context) -> Notifier | None:
    """A `notifier` block. Its secrets are looked up, so that one that is missing is met now and not at night."""
    kind, name = block.labels
    if not context.declare(("notifier", kind, name), block):
        return None
    model = TYPES.get(kind)
    if model is None:
        context.problems.add(block.place, f'there is no notifier type "{kind}"{hint(kind, TYPES)}')
        return None
    before = len(context.problems)
    reading = Reading(block, context, [model])
    options = reading.checked(model)
    if options is None or len(context.problems) > before:
        return None
    for attribute, message in _wrong(kind, options):
        context.problems.add(reading.place(attribute), f"notifier.{kind}.{name}: {message}")
    if len(context.problems) > before:
        return None
    if kind == "file":
        options = options.model_copy(update={"path": absolute(options.path)})  # type: ignore[attr-defined]
    found = Notifier(kind, name, block.place, options)
    context.keep(("notifier", kind, name), found)
    return found


def alert(block: Block, context: Context) -> Route | None:
    """An `alert` block: which alerts go to which notifiers."""
    (name,) = block.labels
    if not context.declare(("alert", name), block):
        return None
    before = len(context.problems)
    reading = Reading(block, context, [AlertAttributes])
    said = reading.checked(AlertAttributes)
    if said is None:
        return None
    notify = tuple(found for each in said.notify if (found := _notified(each, context)) is not None)
    if not said.notify and len(context.problems) == before:
        context.problems.add(reading.place("notify"), f'{block.title}: "notify" is empty; nobody would be told')
    if not said.detections:
        context.problems.add(reading.place("detections"), f'{block.title}: "detections" is empty; write ["*"] for all')
    if said.max_per_hour is not None and said.max_per_hour < 1:
        message = f'"max_per_hour" is {said.max_per_hour}; write 1 or more: what is beyond is told in a digest'
        context.problems.add(reading.place("max_per_hour"), message)
    route = Route(
        name=name,
        place=block.place,
        notify=tuple({each.address: each for each in notify}.values()),
        detections=said.detections,
        min_severity=_severity(said.min_severity, reading, context),
        renotify=interval_of(said.renotify, "renotify", reading, context),
        max_per_hour=said.max_per_hour,
    )
    return route if len(context.problems) == before else None


def heartbeat(block: Block, context: Context) -> Heartbeat | None:
    """The `heartbeat` block."""
    if not context.declare(("heartbeat",), block):
        return None
    before = len(context.problems)
    reading = Reading(block, context, [HeartbeatAttributes])
    said = reading.checked(HeartbeatAttributes)
    if said is None:
        return None
    every = interval_of(said.every, "every", reading, context)
    fault = _secret_fault(said.url) or _url_fault(said.url.reveal())
    if fault is not None:
        context.problems.add(reading.place("url"), f'heartbeat: "url" {fault}')
    return Heartbeat(said.url, every, block.place) if every is not None and len(context.problems) == before else None


def _notified(reference: Reference, context: Context) -> Notifier | None:
    if not context.expects("notifier", reference):
        return None
    address = ("notifier", *reference.labels)
    if not context.is_declared(address):
        context.unknown(reference)
    found: Notifier | None = context.get(address)
    return found


def _severity(text: str, reading: Reading, context: Context) -> Severity:
    if text in SEVERITIES:
        return Severity(SEVERITIES.index(text))
    shown = reading.shown("min_severity", text)
    known = f"{', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}"
    context.problems.add(reading.place("min_severity"), f'"min_severity" {shown} is no severity; use {known}')
    return Severity.INFO


def _wrong(kind: str, options: Options) -> Iterator[tuple[str, str]]:
    """The attributes whose values cannot work, each with why; no secret is shown."""
    values = {name: getattr(options, name) for name in type(options).model_fields}
    broken = set()
    for name, fault in _secret_faults(values):
        broken.add(name)
        yield name, fault
    for name in URLS.get(kind, ()):
        value = values[name]
        unlike = None if name in broken else _url_fault(value.reveal() if isinstance(value, Secret) else value)
        if unlike is not None:
            yield name, f'"{name}" {unlike}'
    if kind == "email":
        yield from _wrong_email(values)
    for name in values.get("headers", {}):
        if not _HEADER.fullmatch(name):
            yield "headers", f'"{name}" cannot be the name of a header'


def _secret_faults(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        for each in value.values() if isinstance(value, dict) else (value,):
            fault = _secret_fault(each) if isinstance(each, Secret) else None
            if fault is not None:
                yield name, f'"{name}" {fault}'


def _secret_fault(secret: Secret) -> str | None:
    try:
        return None if secret.reveal() else "is empty"
    except SourceRefusedError as error:
        return f"cannot be had: {error}"


def _url_fault(url: str) -> str | None:
    return None if _URL.match(url) else "is not a URL; it begins with https:// or http://"


def _wrong_email(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, addresses in (("from", (values["from"],)), ("to", values["to"])):
        if not addresses:
            yield name, f'"{name}" names nobody'
        for each in addresses:
            if not _ADDRESS.fullmatch(each):
                yield name, f'"{name}": "{each}" is not a mail address'
    if (values["username"] is None) != (values["password"] is None):
        yield "username", '"username" and "password" go together'
    if values["password"] is not None and values["tls"] == "none":
        yield "tls", 'a password needs TLS; leave "tls" out, or choose "starttls" or "tls"'
