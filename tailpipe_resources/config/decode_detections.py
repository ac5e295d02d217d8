"""`detection`, `suppression`, `detection_override` and `detection_pack` blocks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tailpipe_resources import plugins
from tailpipe_resources.config.cron import why_no_schedule
from tailpipe_resources.config.decode_holds import window_of
from tailpipe_resources.config.decode_thresholds import dedupe_of, duration, threshold_of
from tailpipe_resources.config.detection_blocks import (
    DetectionAttributes,
    ExceptionAttributes,
    OverrideAttributes,
    PackAttributes,
    SuppressionAttributes,
    TestAttributes,
)
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.config.reading import Reading
from tailpipe_resources.config.values import Reference
from tailpipe_resources.model.detection import (
    MITRE_ID,
    PACK_TYPES,
    Detection,
    DetectionOverride,
    DetectionPack,
    DetectionTest,
    Exemption,
)
from tailpipe_resources.model.finding import FINDING_TABLE, Severity
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.config.context import Context
    from tailpipe_resources.config.syntax import Block

_WAYS = ("where", "sql", "query", "sigma")
_SEVERITIES = tuple(str(each) for each in Severity)


def detection(block: Block, context: Context) -> Detection | None:
    """A `detection` block, also one in which something is wrong: its SQL is tried where the tables are known."""
    table, name = block.labels
    reading = Reading(block, context, [DetectionAttributes])
    attributes = reading.checked(DetectionAttributes)
    if attributes is None or not context.declare(("detection", table, name), block):
        return None
    decoder = _Decoder(block, reading, context)
    decoder.check_table(table)
    decoder.check_ways(attributes)
    severity = decoder.severity(attributes.severity)
    return Detection(
        table=table,
        name=name,
        place=block.place,
        where=attributes.where,
        sql=attributes.sql,
        query=attributes.query.written if isinstance(attributes.query, Reference) else attributes.query,
        sigma=attributes.sigma,
        severity=Severity.MEDIUM if severity is None else severity,
        title=attributes.title or name.replace("_", " ").capitalize(),
        description=attributes.description.strip(),
        mitre=decoder.mitre(attributes.mitre),
        tags=_tags(attributes.tags),
        references=attributes.references,
        authors=attributes.authors,
        threshold=threshold_of(block, context),
        schedule=decoder.schedule(attributes.schedule),
        lookback=duration(attributes.lookback, "lookback", block, reading, context),
        full_scan=attributes.full_scan,
        partitions=tuple(decoder.partition(each) for each in attributes.partitions),
        actor=attributes.actor,
        resource=attributes.resource,
        columns=attributes.columns,
        dedupe=dedupe_of(block, context),
        exceptions=tuple(_exceptions(block, context)),
        tests=tuple(_tests(block, context)),
        enabled=attributes.enabled,
        alert=attributes.alert,
        asset_check=attributes.asset_check,
        places={part: reading.place(part) for part in DetectionAttributes.model_fields if reading.says(part)}
        | {inner.type: inner.place for inner in block.blocks},
    )


def suppression(block: Block, context: Context) -> Exemption | None:
    """A `suppression` block."""
    table, name = block.labels
    if not context.declare(("suppression", table, name), block):
        return None
    reading = Reading(block, context, [SuppressionAttributes])
    attributes = reading.checked(SuppressionAttributes)
    _Decoder(block, reading, context).check_table(table)
    return None if attributes is None else _exemption(block, name, attributes, reading, context, table=table)


def override(block: Block, context: Context) -> DetectionOverride | None:
    """A `detection_override` block."""
    (address,) = block.labels
    if not context.declare(("detection_override", address), block):
        return None
    reading = Reading(block, context, [OverrideAttributes])
    attributes = reading.checked(OverrideAttributes)
    if attributes is None:
        return None
    severity = _Decoder(block, reading, context).severity(attributes.severity)
    return DetectionOverride(
        address, block.place, severity, attributes.enabled, attributes.alert, attributes.asset_check
    )


def pack(block: Block, context: Context) -> DetectionPack | None:
    """A `detection_pack` block. What is in its folder is read where it is used."""
    kind, name = block.labels
    if not context.declare(("detection_pack", kind, name), block):
        return None
    if kind not in PACK_TYPES:
        message = f'{address_of(block)}: there is no type of pack "{kind}"{hint(kind, PACK_TYPES)}'
        context.problems.add(block.place, message)
        return None
    reading = Reading(block, context, [PackAttributes])
    attributes = reading.checked(PackAttributes)
    if attributes is None:
        return None
    decoder = _Decoder(block, reading, context)
    decoder.severity(attributes.min_severity, "min_severity")
    decoder.schedule(attributes.schedule)
    options = {part: getattr(attributes, part) for part in PackAttributes.model_fields if reading.says(part)}
    path = absolute(options.pop("path"))
    return DetectionPack(kind, name, block.place, path, options)


class _Decoder:
    """Reads the attributes of one block, and says of which block a problem is."""

    def __init__(self, block: Block, reading: Reading, context: Context) -> None:
        self._reading, self._context = reading, context
        self._block = block

    def say(self, part: str, message: str) -> None:
        """Note what is wrong with an attribute."""
        self._context.problems.add(self._reading.place(part), f"{address_of(self._block)}: {message}")

    def check_table(self, table: str) -> None:
        """Whether there is such a table."""
        known = {*plugins.names("table"), *self._context.names("table"), *self._customs(), FINDING_TABLE}
        if table not in known and not self._context.incomplete:
            self.say("", f'no table "{table}"{hint(table, known)}')

    def check_ways(self, attributes: DetectionAttributes) -> None:
        """Whether it says in exactly one way what it looks for, with what goes with that."""
        said = [each for each in _WAYS if self._reading.says(each)]
        if len(said) != 1:
            both = f"; {' and '.join(said)} are given" if said else "; none is given"
            self.say(said[1] if said else "", f"give exactly one of where, sql, query, sigma{both}")
        elif said[0] in ("sql", "query"):
            if any(inner.type == "threshold" for inner in self._block.blocks):
                self.say("", f"threshold: goes with where or sigma; write its count into {said[0]}")
            if attributes.schedule is None and said[0] == "sql":
                self.say("sql", 'sql: is asked by a schedule; add schedule = "*/15 * * * *", or write a where')
        else:
            for each in ("schedule", "lookback", "full_scan"):
                if self._reading.says(each):
                    self.say(each, f"{each}: is for sql; {said[0]} is looked for as rows come in")

    def severity(self, text: str | None, part: str = "severity") -> Severity | None:
        """What a severity says."""
        if text is None:
            return None
        if text in _SEVERITIES:
            return Severity[text.upper()]
        *most, last = _SEVERITIES
        self.say(part, f"{part}: {self._reading.shown(part, text)}; use {', '.join(most)} or {last}")
        return None

    def mitre(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """The ids, each of which must be one."""
        for each in ids:
            if not MITRE_ID.fullmatch(each):
                self.say("mitre", f'mitre: "{each}" is no ATT&CK id; write TA0005, T1562.008 or TA0005:T1562.008')
        return ids

    def schedule(self, text: str | None) -> str | None:
        """A cron expression."""
        wrong = None if text is None else why_no_schedule(text)
        if wrong is None:
            return text
        self.say("schedule", f'schedule: "{text}" {wrong}')
        return None

    def partition(self, said: Reference | str) -> str:
        """The name of a collection."""
        if isinstance(said, str):
            return said.rpartition(".")[2]
        if self._context.expects("collection", said) and not self._context.is_declared(("collection", *said.labels)):
            self._context.unknown(said)
        return said.labels[-1]

    def _customs(self) -> Iterable[str]:
        return self._context.collected_tables()


def _tags(written: tuple[str, ...] | dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{key}:{value}" for key, value in written.items()) if isinstance(written, dict) else written


def address_of(block: Block) -> str:
    """A block as its problems name it."""
    return ".".join((block.type, *block.labels))


def _exceptions(block: Block, context: Context) -> Iterable[Exemption]:
    for inner in _distinct(block, "exception", context):
        reading = Reading(inner, context, [ExceptionAttributes])
        attributes = reading.checked(ExceptionAttributes)
        if attributes is not None:
            yield _exemption(inner, inner.labels[0], attributes, reading, context, outer=block)


def _exemption(
    block: Block,
    name: str,
    attributes: ExceptionAttributes,
    reading: Reading,
    context: Context,
    *,
    table: str = "",
    outer: Block | None = None,
) -> Exemption:
    subject = f'{address_of(outer)}: exception "{name}"' if outer else address_of(block)
    if not (attributes.reason or "").strip():
        context.problems.add(reading.place("reason"), f"{subject}: reason is required")
    window = window_of(attributes.starts, attributes.expires, reading, context, names=("starts", "expires"))
    return Exemption(
        name=name,
        where=attributes.where,
        reason=(attributes.reason or "").strip(),
        place=block.place,
        where_place=reading.place("where"),
        starts=window.start,
        expires=window.end,
        detections=getattr(attributes, "detections", ("*",)),
        table=table,
        is_suppression=outer is None,
    )


def _tests(block: Block, context: Context) -> Iterable[DetectionTest]:
    for inner in _distinct(block, "test", context):
        reading = Reading(inner, context, [TestAttributes])
        attributes = reading.checked(TestAttributes)
        if attributes is None:
            continue
        said = [each for each in ("event", "events", "raw") if reading.says(each)]
        if len(said) != 1:
            subject = f'{address_of(block)}: test "{inner.labels[0]}"'
            context.problems.add(inner.place, f"{subject}: give exactly one of event, events, raw")
            continue
        events = attributes.events if attributes.event is None else (attributes.event,)
        name, ignored = inner.labels[0], attributes.ignore_exceptions
        yield DetectionTest(name, attributes.expect, inner.place, events, attributes.raw, ignored)


def _distinct(block: Block, kind: str, context: Context) -> list[Block]:
    inner = [each for each in block.blocks if each.type == kind]
    for name, times in Counter(each.labels[0] for each in inner).items():
        if times > 1:
            second = [each for each in inner if each.labels[0] == name][1]
            context.problems.add(second.place, f'{address_of(block)}: there are two of {kind} "{name}"')
    return inner
