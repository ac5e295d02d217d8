"""What decoding carries from block to block: the blocks declared so far, and the problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from tailpipe_resources.config.expressions import Scope
    from tailpipe_resources.config.syntax import Block
    from tailpipe_resources.config.values import Reference
    from tailpipe_resources.model.config import Collection
    from tailpipe_resources.model.place import Place, Problems

Address = tuple[str, ...]
"""A block's type and labels, aliases resolved."""


@dataclass(slots=True)
class Context:
    """One decoding."""

    scope: Scope
    problems: Problems
    incomplete: bool = False
    """Blocks could not be read; a name that is not declared may be in one of them."""

    drafts: list[Collection] = field(default_factory=list)
    """Collections that cannot run, kept so that a plan can say what else is wrong with them."""

    _places: dict[Address, Place] = field(default_factory=dict)
    _values: dict[Address, Any] = field(default_factory=dict)

    def declare(self, address: Address, block: Block) -> bool:
        """Take a name; False, and a problem, when another block has it."""
        first = self._places.setdefault(address, block.place)
        if first is not block.place:
            self.problems.add(block.place, f"duplicate {block.title}; the first is at {first}")
        return first is block.place

    def keep(self, address: Address, value: object) -> None:
        """Remember what a declared block says."""
        self._values[address] = value

    def get(self, address: Address) -> Any:
        """What a block says; None when it is not declared or is broken."""
        return self._values.get(address)

    def is_declared(self, address: Address) -> bool:
        """Whether a block has this name, right or broken."""
        return address in self._places

    def names(self, kind: str) -> list[str]:
        """The names of the declared blocks of a type, without their type label."""
        return [address[-1] for address in self._places if address[0] == kind]

    def collected_tables(self) -> list[str]:
        """The tables that declared collections make."""
        return [table for kind, table, *_ in self._places if kind == "collection"]

    def expects(self, kind: str, reference: Reference) -> bool:
        """Whether a reference names a block of this type; a problem when not."""
        if reference.kind != kind:
            self.problems.add(reference.place, f"{reference.written} is a {reference.kind}; a {kind} belongs here")
        return reference.kind == kind

    def unknown(self, reference: Reference) -> None:
        """Note that no block has the name referred to."""
        if self.incomplete:
            return
        word = reference.written.partition(".")[0]
        known = [".".join([word, *labels]) for kind, *labels in self._places if kind == reference.kind]
        message = f"{reference.written} is not declared{hint(reference.written, known)}"
        self.problems.add(reference.place, message)
