"""What becomes of a Sigma rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.sigma.tags import told_by
from tailpipe_resources.model.detection import Threshold
from tailpipe_resources.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS = {"informational": Severity.INFO}


@dataclass(frozen=True, slots=True)
class About:
    """What a rule says of itself. Alerts of rules under DRL 1.1 have to name their authors."""

    id: str = ""
    title: str = ""
    description: str = ""
    level: str = "medium"
    status: str = ""
    authors: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    mitre: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """Its level; `medium` when that is no level."""
        known = {str(each): each for each in Severity} | _LEVELS
        return known.get(self.level, Severity.MEDIUM)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a correlation counts, in the words of `Threshold`."""

    seconds: int
    group_by: tuple[str, ...] = ()
    count: int | None = None
    distinct: str | None = None
    sum: str | None = None
    least: float = 0

    @property
    def threshold(self) -> Threshold:
        """As detections have it."""
        window = timedelta(seconds=self.seconds)
        return Threshold(window, self.group_by, self.count, self.distinct, self.sum, self.least)


@dataclass(frozen=True, slots=True)
class Converted:
    """A rule that was tried on a table: its condition, or why it does not run."""

    about: About = About()
    where: str | None = None
    reason: str = ""
    counted: Counted | None = None
    is_elsewhere: bool = False
    """Whether that is because it is about another log."""


def about_of(rule: Mapping[str, Any]) -> About:
    """What a rule says of itself."""
    told = told_by(_texts(rule.get("tags")))
    said = rule.get("author")
    authors = said.split(",") if isinstance(said, str) else _texts(said)
    return About(
        id=_text(rule.get("id")),
        title=_text(rule.get("title")),
        description=_text(rule.get("description")),
        level=_text(rule.get("level")).lower() or "medium",
        status=_text(rule.get("status")).lower(),
        authors=tuple(name for each in authors if (name := each.strip())),
        references=_texts(rule.get("references")),
        tags=told.others,
        mitre=told.mitre,
        warnings=tuple(f'tag "{each}" is no ATT&CK tactic or technique' for each in told.malformed),
    )


def _text(said: Any) -> str:
    return "" if said is None else str(said).strip()


def _texts(said: Any) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,)
    return tuple(map(str, said)) if isinstance(said, (list, tuple)) else ()
