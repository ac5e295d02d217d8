"""The source `aws_cloudwatch`: the events of a log group of CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from pydantic import field_validator

from tailpipe_resources.errors import ArtifactUnavailableError, CancelledError, SourceUnavailableError
from tailpipe_resources.sources.api_client import PATIENCE, never
from tailpipe_resources.sources.api_event import Event, key_of
from tailpipe_resources.sources.api_paging import Page
from tailpipe_resources.sources.api_source import ApiSource, Feed, SettlingOptions
from tailpipe_resources.sources.cloudwatch_errors import CLOUDWATCH, speaking_for_group
from tailpipe_resources.sources.s3_client import Access, client_of, region_of
from tailpipe_resources.sources.s3_errors import unlike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


_MILLI: Final = 1000
_WILD: Final = "*?"


class CloudWatchOptions(SettlingOptions):
    """Which events to read."""

    log_group_name: str
    """The log group's name."""

    log_stream_names: list[str] = []
    """Only streams of these names, in which `*` and `?` stand for anything; all streams unless said."""

    filter_pattern: str | None = None
    """Only events that CloudWatch's own filter lets through."""

    region: str | None = None
    """Where the log group is. Without it the credential's, else that of the environment or of the AWS profile."""

    endpoint_url: str | None = None
    """Where to reach a service that is not Amazon's."""

    deliver: Literal["message", "event"] = "message"
    """What a record is: the message as it was logged, or a JSON object with the message, its stream and its times."""

    @field_validator("log_group_name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not name:
            raise ValueError("must not be empty")
        return name


class CloudWatchSource(ApiSource):
    """The events of a log group, a day an artifact."""

    name = "aws_cloudwatch"
    description = "The events of a log group of CloudWatch Logs."
    options = CloudWatchOptions

    def feeds(self) -> Sequence[Feed]:
        """The log group."""
        options = CloudWatchOptions.model_validate(self._options)
        let_in: Mapping[str, Any] = {} if self._credential is None else self._credential.options
        endpoint = options.endpoint_url or let_in.get("endpoint_url")
        access = Access(options.region or let_in.get("region"), endpoint, credential=let_in)
        with speaking_for_group(options.log_group_name):
            region = region_of(access)
        group = _Group(options, access, Lock())
        narrowed = f"{sorted(options.log_stream_names)} {options.filter_pattern} {options.deliver}"
        is_all = not options.log_stream_names and options.filter_pattern is None and options.deliver == "message"
        suffix = "" if is_all else f"?{key_of(narrowed.encode()):016x}"
        name = f"cloudwatch://{region}/{options.log_group_name.strip('/')}/"
        return [Feed(name, group, {}, {}, _span, is_newest_first=False, suffix=suffix)]


def _span(start: int, end: int) -> dict[str, str]:
    """Milliseconds since 1970, both ends included; what is too much is left out later."""
    return {"startTime": str(start // _MILLI // _MILLI * _MILLI), "endTime": str(-(-end // _MILLI))}


@dataclass(slots=True)
class _Group:
    """The pages of a log group: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html."""

    options: CloudWatchOptions
    access: Access
    lock: Lock
    client: Any = None

    def pages(
        self,
        params: Mapping[str, str],
        *,
        patience: float = PATIENCE,  # noqa: ARG002 - botocore has its own
        stopped: Callable[[], bool] = never,
    ) -> Iterator[Page]:
        """The pages one after the other; many may be empty, since CloudWatch looks at so much a page.

        Raises:
            SourceError: of the kind that tells what to do.
            CancelledError: someone asked to stop.
        """
        request: dict[str, Any] = {"logGroupName": self.options.log_group_name, **self._narrowed()}
        request |= {name: int(value) for name, value in params.items()}
        met = set[str]()
        while True:
            if stopped():
                raise CancelledError(f"{self.options.log_group_name}: stopped")
            with speaking_for_group(self.options.log_group_name):
                answer = self._client().filter_log_events(**request)
            yield Page(self._events(answer), b"", {})
            token = answer.get("nextToken")
            if not token:
                return
            if token in met:
                raise ArtifactUnavailableError(f"{self.options.log_group_name}: its pages go in circles")
            met.add(token)
            request["nextToken"] = token

    def _narrowed(self) -> dict[str, str]:
        prefix = _shared([_literal(each) for each in self.options.log_stream_names])
        found = {"logStreamNamePrefix": prefix, "filterPattern": self.options.filter_pattern}
        return {name: value for name, value in found.items() if value}

    def _events(self, answer: Mapping[str, Any]) -> tuple[Event, ...]:
        """The events of a page. What botocore cannot read, such as half an answer, it hands on without any."""
        # Streams of Lambda have brackets in their names: 2026/11/24/[$LATEST]4f.
        patterns = [each.replace("[", "[[]") for each in self.options.log_stream_names] or ["*"]
        try:
            return tuple(
                self._event(each)
                for each in answer["events"]
                if any(fnmatchcase(each["logStreamName"], pattern) for pattern in patterns)
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise SourceUnavailableError(f"{self.options.log_group_name}: {unlike(CLOUDWATCH)}") from error

    def _event(self, told: Mapping[str, Any]) -> Event:
        known = {**told, "message": _whole(str(told["message"]))}
        return Event(self._line(known), key_of(str(told["eventId"]).encode()), int(told["timestamp"]) * _MILLI)

    def _line(self, event: Mapping[str, Any]) -> bytes:
        if self.options.deliver == "event":
            return msgspec.json.encode(event)
        message = str(event["message"]).rstrip("\r\n").encode()
        if b"\n" not in message and b"\r" not in message:
            return message
        try:
            return msgspec.json.format(message, indent=-1)
        except msgspec.DecodeError:
            return message.replace(b"\r", b"\\r").replace(b"\n", b"\\n")

    def _client(self) -> Any:
        with self.lock:
            if self.client is None:
                self.client = client_of("logs", self.access)
            return self.client


def _whole(text: str) -> str:
    """A text that can be written: half a character, where a message was cut off, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _literal(pattern: str) -> str:
    """What all names that fit a pattern begin with."""
    return pattern[: next((at for at, sign in enumerate(pattern) if sign in _WILD), len(pattern))]


def _shared(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return first[
        : next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    ]
