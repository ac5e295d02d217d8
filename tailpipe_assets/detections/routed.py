"""Whether alerts can ever be told: `alert` blocks whose patterns or severities no detection meets."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tailpipe_assets.detections.rules import Rule
    from tailpipe_resources.model.alerting import Route


def unmatched(routes: Iterable[Route], rules: Iterable[Rule], others: Sequence[str] = ()) -> Iterator[str]:
    """What is to be warned of, a sentence with its place for each.

    Args:
        routes: the `alert` blocks.
        rules: every detection.
        others: what else can be told, such as what is wrong with Tailpipe itself.
    """
    told = [each.detection for each in rules if each.detection.enabled and each.detection.alert]
    addresses = [*(each.address for each in told), *others]
    for route in routes:
        subject = f'{route.place}: alert "{route.name}"'
        for pattern in route.detections:
            if pattern != "*" and not any(fnmatchcase(each, pattern) for each in addresses):
                yield f'{subject}: "{pattern}" matches no detection{hint(pattern, addresses)}'
        meant = [each for each in told if any(fnmatchcase(each.address, one) for one in route.detections)]
        if meant and not any(route.wants(each.address, each.severity) for each in meant):
            highest = max(each.severity for each in meant)
            yield (
                f"{subject}: min_severity: {route.min_severity} is met by no detection it names; "
                f"the most severe of them is {highest}"
            )
