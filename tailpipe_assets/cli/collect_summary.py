"""What collecting did, told at its end; and the exit code that says it to scripts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit, exit_of
from tailpipe_assets.cli.listing import print_json
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.query.cells import columns_of, harmless, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailpipe_resources.model.results import CollectResult

MOST_FAULTS = 20
_FIGURES = ("rows", "filtered", "rejected", "artifacts", "skipped")
_WORST_FIRST = (Exit.USAGE, Exit.FAILED, Exit.SOURCE, Exit.BUSY)


def exit_code(results: Sequence[CollectResult]) -> Exit:
    """The code that says the worst of what happened."""
    if any(each.cancelled for each in results):
        return Exit.CANCELLED
    failed = {exit_of(each.failure) for each in results if each.failure is not None}
    if failed:
        return min(failed, key=_WORST_FIRST.index)
    unread = any(fault.status in ("quarantined", "failed") for each in results for fault in each.faults)
    return Exit.INCOMPLETE if unread else Exit.OK


def print_summary(results: Sequence[CollectResult], *, output: str) -> None:
    """What was done, on stdout."""
    if output == "json":
        print_json({"collections": [as_json(each) for each in results]})
        return
    _print_table(results)
    _print_kept_back(results)
    _print_findings(results)
    _print_faults(results)
    _print_failures(results)
    _print_next(results)


def as_json(result: CollectResult) -> dict[str, Any]:
    """One collection's result under stable names."""
    figures = ("suppressed", "folded", "waiting", "replaced", "records", "bytes_in", "bytes_out", "files")
    return {
        "collection": _name(result),
        **{name: getattr(result, name) for name in (*_FIGURES, *figures)},
        "seconds": round(result.seconds, 3),
        "days": {day.isoformat(): rows for day, rows in sorted(result.days.items())},
        "indexes": dict(sorted(result.indexes.items())),
        "findings": dict(result.findings),
        "rule_faults": dict(result.rule_faults),
        "faults": [{"location": each.location, "status": each.status, "reason": each.reason} for each in result.faults],
        "failure": None if result.failure is None else str(result.failure),
        "notes": list(result.notes),
        "cancelled": result.cancelled,
    }


def _print_table(results: Sequence[CollectResult]) -> None:
    rows = [["collection", *_FIGURES, "seconds"]]
    rows += [
        [_name(each), *(f"{getattr(each, name):,}" for name in _FIGURES), f"{each.seconds:.1f}"] for each in results
    ]
    widths = [max(columns_of(row[place]) for row in rows) for place in range(len(rows[0]))]
    for name, *figures in rows:
        shown = (padded(text, width, right=True) for text, width in zip(figures, widths[1:], strict=True))
        print("  ".join([padded(name, widths[0], right=False), *shown]))


def _print_kept_back(results: Sequence[CollectResult]) -> None:
    folded = sum(each.folded for each in results)
    if folded:
        print(f"\n{folded:,} events came a second time and are in once.")
    waiting = sum(each.waiting for each in results)
    if waiting:
        what, when = ("1 file ends", "run") if waiting == 1 else (f"{waiting:,} files end", "runs")
        print(f"\n{what} in the middle of a line, or may be a copy of another; the rest comes with the next {when}.")


def _print_findings(results: Sequence[CollectResult]) -> None:
    counts: Counter[str] = sum((Counter(each.findings) for each in results), Counter())
    suppressed = sum(each.suppressed for each in results)
    total = counts.total()
    if total or suppressed:
        told = [f"{counts[str(each)]:,} {each}" for each in sorted(Severity, reverse=True) if counts[str(each)]]
        told += [f"{suppressed:,} suppressed"] if suppressed else []
        print(f"\n{total:,} new finding{'' if total == 1 else 's'}: {', '.join(told)}. See them: tailpipe finding list")
    for name, reason in {name: why for each in results for name, why in each.rule_faults.items()}.items():
        print(f"\ndetection {name} failed on some rows, and goes on without them: {harmless(reason)}")


def _print_faults(results: Sequence[CollectResult]) -> None:
    faults = [fault for each in results for fault in each.faults]
    rejected = sum(each.rejected for each in results)
    if faults:
        print()
    for fault in faults[:MOST_FAULTS]:
        print(f"{fault.status}: {harmless(fault.location)}: {harmless(fault.reason)}")
    if len(faults) > MOST_FAULTS:
        print(f"and {len(faults) - MOST_FAULTS:,} more")
    if rejected or any(fault.status == "quarantined" for fault in faults):
        what = f"\n{rejected:,} records did not fit. " if rejected else "\n"
        print(f'{what}All that was set aside: tailpipe query "select * from tailpipe_rejected"')


def _print_failures(results: Sequence[CollectResult]) -> None:
    for note in dict.fromkeys(note for each in results for note in each.notes):
        print(f"\nnote: {harmless(note)}")
    for each in results:
        if each.failure is not None:
            print(f"\n{_name(each)} stopped: {harmless(str(each.failure))}")
    if any(each.cancelled for each in results):
        print("\nstopped; the next run brings in the rest")


def _print_next(results: Sequence[CollectResult]) -> None:
    """After the first run: how to go on."""
    first = next((each for each in results if each.rows), None)
    if first is not None and not any(each.skipped or each.failure or each.cancelled for each in results):
        print(f'\nask for the rows: tailpipe query "select * from {first.table} limit 5"')


def _name(result: CollectResult) -> str:
    return f"{result.table}.{result.collection}"
