"""Alerting as the configuration says it: whom to tell, of what, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from datetime import timedelta

    from tailpipe_resources.model.place import Place
    from tailpipe_resources.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Notifier:
    """`notifier "<type>" "<name>"`: a way to tell somebody."""

    type: str
    name: str
    place: Place
    options: Any
    """The block's attributes, checked, by its type; secrets as `Secret`."""

    @property
    def address(self) -> str:
        """How the configuration refers to it."""
        return f"notifier.{self.type}.{self.name}"

    @property
    def label(self) -> str:
        """How people call it: `slack.secops`."""
        return f"{self.type}.{self.name}"


@dataclass(frozen=True, slots=True)
class Route:
    """`alert "<name>"`: which alerts go to whom."""

    name: str
    place: Place
    notify: tuple[Notifier, ...]
    detections: tuple[str, ...] = ("*",)
    """Shell patterns of detections' addresses."""

    min_severity: Severity = Severity.INFO
    renotify: timedelta | None = None
    """After so long an alert that goes on is told again; never when not given."""

    max_per_hour: int | None = None
    """More than so many in an hour are told together, in a digest."""

    def wants(self, detection: str, severity: Severity) -> bool:
        """Whether alerts of a detection go this way."""
        return severity >= self.min_severity and any(fnmatchcase(detection, each) for each in self.detections)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """`heartbeat`: what is called again and again while all is well, so that its silence tells."""

    url: Secret
    every: timedelta
    place: Place


@dataclass(frozen=True, slots=True)
class Alerting:
    """Everything the configuration says of alerts."""

    notifiers: tuple[Notifier, ...] = ()
    routes: tuple[Route, ...] = ()
    heartbeat: Heartbeat | None = None

    @property
    def is_silent(self) -> bool:
        """Whether nobody is ever told anything."""
        return not self.routes and self.heartbeat is None

    def notifier(self, label: str) -> Notifier | None:
        """The notifier that is called `slack.secops` or `notifier.slack.secops`."""
        return next((each for each in self.notifiers if label in (each.label, each.address)), None)


NOBODY = Alerting()
"""What a configuration says that says nothing of alerts."""
