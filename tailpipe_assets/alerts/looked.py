"""What of a lake was looked at already, so that a round costs what is new and not what is there.

It goes by files and never by clocks: findings are brought in long after they were made where a run was cut off, and
clocks of machines differ.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_resources.model.alerting import Alerting
    from tailpipe_resources.model.stored_file import StoredFile


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked at, and what is to be looked at again though nothing comes."""

    routes: str
    """Identifies whom alerts went to then."""

    files: frozenset[str] = frozenset()
    """The names of files of findings."""

    again: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """From when on which alerts are to be told again, by detection and key, in Unix seconds."""

    @classmethod
    def loads(cls, text: str | None, alerting: Alerting) -> Looked:
        """As it was kept. Nothing was looked at where alerts go to others now: all of it may concern them."""
        routes = _routes(alerting)
        kept = json.loads(text) if text else {}
        if kept.get("routes") != routes:
            return cls(routes)
        return cls(routes, frozenset(kept["files"]), {(rule, key): at for rule, key, at in kept["again"]})

    def dumps(self) -> str:
        """As it is kept."""
        again = [(*name, at) for name, at in self.again.items()]
        return json.dumps({"routes": self.routes, "files": sorted(self.files), "again": again})


def name_of(file: StoredFile) -> str:
    """What tells a file from any other of its table."""
    return posixpath.basename(file.address)


def _routes(alerting: Alerting) -> str:
    told = [
        (each.detections, int(each.min_severity), str(each.renotify), [to.label for to in each.notify])
        for each in alerting.routes
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
