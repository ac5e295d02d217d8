"""Which findings are one alert: whatever the order in which they came."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tailpipe_assets.alerts.grouping import StoredFinding, alert_id, alerts_of
from tailpipe_resources.model.alert import Alert, AlertEvent
from tailpipe_resources.model.finding import Severity
from tests.alerts.conftest import NOW, ONE

MINUTE = timedelta(minutes=1)


def stored(number: int, start: int, length: int = 0, *, key: str = "k", written: int = 0) -> StoredFinding:
    """A finding of some minutes, and when it was written."""
    first = NOW + start * MINUTE
    values = asdict(ONE) | {
        "finding_id": f"f{number}",
        "dedupe_key": key,
        "first_seen": first,
        "last_seen": first + length * MINUTE,
        "created_at": NOW + written * MINUTE,
        "begun": NOW + written * MINUTE,
        "dedupe_window": 600,
    }
    return StoredFinding(**values)


def together(*findings: StoredFinding, events: tuple[AlertEvent, ...] = ()) -> list[tuple[str, ...]]:
    """Which of them are one alert."""
    return [each.finding_ids for each in alerts_of("lake", findings, events)]


@st.composite
def some_findings(draw: st.DrawFn) -> list[StoredFinding]:
    """Findings of two keys over three hours."""
    shapes = st.tuples(st.integers(0, 180), st.integers(0, 30), st.sampled_from(["a", "b"]), st.integers(0, 500))
    drawn = draw(st.lists(shapes, max_size=12))
    return [
        stored(number, start, length, key=key, written=written)
        for number, (start, length, key, written) in enumerate(drawn)
    ]


@given(some_findings(), st.randoms())
def test_the_order_makes_no_difference(findings: list[StoredFinding], chance: object) -> None:
    """Shuffled findings make the same alerts, with the same ids."""
    shuffled = sorted(findings, key=lambda _: chance.random())  # type: ignore[attr-defined]

    def what(alerts: tuple[Alert, ...]) -> set[tuple[object, ...]]:
        return {(each.alert_id, frozenset(each.finding_ids), each.count) for each in alerts}

    assert what(alerts_of("lake", findings, ())) == what(alerts_of("lake", shuffled, ()))


@given(some_findings())
def test_alerts_are_apart_by_more_than_the_window(findings: list[StoredFinding]) -> None:
    """Every finding is in exactly one of them."""
    alerts = alerts_of("lake", findings, ())

    assert sorted(each for alert in alerts for each in alert.finding_ids) == sorted(f.finding_id for f in findings)
    for one, other in ((one, other) for one in alerts for other in alerts if one is not other):
        if one.dedupe_key == other.dedupe_key and one.first_seen <= other.first_seen:
            assert other.first_seen - one.last_seen > timedelta(minutes=10)


@given(some_findings(), st.integers(0, 11))
def test_what_arrives_late_changes_no_id_that_was_told(findings: list[StoredFinding], first: int) -> None:
    """An alert that was told keeps its id, also when it grows together with others."""
    before = alerts_of("lake", findings[:first], ())
    told = tuple(AlertEvent(each.alert_id, "sent", NOW, each.detection, each.dedupe_key, "t", "c") for each in before)
    after = alerts_of("lake", findings, told)

    known = {each.alert_id for each in before}
    for alert in after:
        if alert.ids & known:
            assert alert.alert_id in known


def test_the_window_is_the_largest_gap() -> None:
    """Ten minutes are together, eleven are not; a long finding reaches from its end."""
    assert together(stored(1, 0), stored(2, 10), stored(3, 21)) == [("f1", "f2"), ("f3",)]
    assert together(stored(1, 0, 60), stored(2, 5), stored(3, 70)) == [("f1", "f2", "f3")]


def test_an_alert_is_as_bad_as_its_worst_finding() -> None:
    """And is called like it."""
    worst = replace(stored(2, 1), severity=Severity.CRITICAL, title="Worse")
    (alert,) = alerts_of("lake", [stored(1, 0), worst, stored(3, 2)], ())

    assert (alert.severity, alert.title, alert.count) == (Severity.CRITICAL, "Worse", 3)


def test_a_merged_finding_lends_its_id_and_is_not_counted() -> None:
    """An episode that was taken in by another one was perhaps told already."""
    merged = replace(stored(1, 0), merged_into="f2", count=7)
    kept = replace(stored(2, 0, 5, written=3), count=9)
    told = AlertEvent(alert_id(merged), "sent", NOW, ONE.detection, "k", "t", "c")
    (alert,) = alerts_of("lake", [merged, kept], [told])

    assert (alert.alert_id, alert.count, alert.finding_ids) == (alert_id(merged), 9, ("f2",))


def test_a_closing_ends_an_alert() -> None:
    """What happens afterwards, however soon, is another one."""
    closing = AlertEvent("x", "closed", NOW + 3 * MINUTE, ONE.detection, "k", "t", "c")

    assert together(stored(1, 0), stored(2, 2), stored(3, 5), events=(closing,)) == [("f1", "f2"), ("f3",)]
