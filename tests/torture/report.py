"""The report: what was done in a trial, and what went wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.torture.arena import operations

if TYPE_CHECKING:
    from tests.torture.arena import Arena
    from tests.torture.verdict import Verdict

KINDS = ("collect", "replace", "compact", "delete", "read")
OUTCOMES = ("ok", "nothing", "busy", "conflict", "fault", "wrong", "error")
SHOWN = 5


@dataclass
class Report:
    """One trial, told."""

    title: str
    seconds: float
    arena: Arena
    verdict: Verdict
    faults: Counter[str]
    """What the object store's proxy did, by kind."""

    def __post_init__(self) -> None:
        self._ops = operations(self.arena.scene)
        self._counts = Counter((each["kind"], each["said"]) for each in self._ops)

    @property
    def wrong(self) -> int:
        """Answers that were wrong, those at the end included."""
        return self._counts["read", "wrong"] + len(self.verdict.wrong)

    @property
    def reader_errors(self) -> int:
        """Reads that failed."""
        crashes = [each for each in self.arena.crashes if each.startswith("reader")]
        return self._counts["read", "error"] + len(crashes)

    @property
    def other_errors(self) -> int:
        """Writers that failed without an injected fault, or ended by themselves."""
        crashes = [each for each in self.arena.crashes if not each.startswith("reader")]
        return sum(self._counts[kind, "error"] for kind in KINDS[:-1]) + len(crashes)

    @property
    def passed(self) -> bool:
        """Whether nothing at all went wrong, and enough was done to say so."""
        return self._is_enough and not (self.wrong or self.reader_errors or self.other_errors)

    @property
    def _is_enough(self) -> bool:
        return all(self._counts[kind, "ok"] for kind in ("collect", "replace", "compact", "read"))

    def text(self) -> str:
        """The report as lines."""
        verdict = self.verdict
        head = f"{'':<10}" + "".join(f"{name:>10}" for name in OUTCOMES) + f"{'p50 ms':>10}{'p95 ms':>10}"
        lines = [
            f"torture: {self.title}, {self.seconds:.0f} s, {self.arena.kills} kills",
            "",
            head,
            *(self._line(kind) for kind in KINDS),
            "",
            f"injected     {self._injected()}",
            f"at the end   {verdict.rows:,} rows in {verdict.files} files; plain glob: {verdict.glob}",
            f"leftovers    {verdict.unnamed} files of killed writers; repaired: {len(verdict.repairs)}",
            f"busy {self._said('busy')}, conflicts {self._said('conflict')}, reads {self._reads()}",
            f"wrong answers {self.wrong}, reader errors {self.reader_errors}, other errors {self.other_errors}",
            *(f"  - {each}" for each in self._examples()),
            f"verdict: {'PASSED' if self.passed else 'FAILED' if self._is_enough else 'TOO LITTLE WAS DONE'}",
        ]
        return "\n".join(lines)

    def _line(self, kind: str) -> str:
        times = sorted(each["ms"] for each in self._ops if each["kind"] == kind and each["said"] == "ok")
        counts = "".join(f"{self._counts[kind, said]:>10,}" for said in OUTCOMES)
        quantiles = [times[int(len(times) * part)] if times else 0 for part in (0.5, 0.95)]
        return f"{kind:<10}{counts}{quantiles[0]:>10,}{quantiles[1]:>10,}"

    def _injected(self) -> str:
        found = self.faults or Counter({"failures on a full disk": self._said("fault")})
        return ", ".join(f"{name} {count}" for name, count in sorted(found.items()))

    def _said(self, said: str) -> int:
        return sum(self._counts[kind, said] for kind in KINDS)

    def _reads(self) -> int:
        return sum(self._counts["read", said] for said in OUTCOMES)

    def _examples(self) -> list[str]:
        bad = [f"{each['kind']}: {each['detail']}" for each in self._ops if each["said"] in ("wrong", "error")]
        shown = [*self.verdict.wrong[:SHOWN], *bad[:SHOWN], *self.arena.crashes[:SHOWN]]
        return [each.replace("\n", "\n      ") for each in shown]
