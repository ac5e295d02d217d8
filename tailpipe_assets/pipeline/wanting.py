"""Which artifacts a run wants, and what reading each of them starts from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.content import Mark
from tailpipe_assets.pipeline.grow import Before, is_written_to
from tailpipe_resources.model.artifact import generation_mark, generation_of

if TYPE_CHECKING:
    from tailpipe_assets.pipeline.rotation import Relatives
    from tailpipe_resources.lake.known import Known
    from tailpipe_resources.model.artifact import Artifact


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """How to treat artifacts that were met before or are broken."""

    overwrite: bool = False
    """Read all of the window again, and not what came late before it, and replace the rows of its artifacts, in one
    commit."""

    salvage: bool = False
    """Take what can be read of a broken artifact."""

    retry_quarantined: bool = False
    """Try artifacts again that were broken and have not changed since."""

    patient: bool = False
    """Leave a last line that has no end to its writer for a minute, however often its file is looked at meanwhile."""

    def wants(self, known: Known | None, artifact: Artifact) -> bool:
        """Whether an artifact is to be read, given what the ledger says of it."""
        if known is None or self.overwrite or not is_version(known, artifact):
            return True
        if known.status == "quarantined":
            return self.retry_quarantined or (self.salvage and not known.salvaged)
        is_left = artifact.written is not None and Mark.has_more(known.mark, artifact.size)
        return known.status == "gone" or (is_left and not (self.patient and is_written_to(artifact, time.time())))

    def before(self, known: Known | None, artifact: Artifact, relatives: Relatives) -> Before:
        """What reading an artifact that is wanted starts from."""
        if known is None:
            return Before(relatives=relatives, again=self.overwrite)
        if artifact.is_asked:
            taken = "" if self.overwrite else known.mark
            return Before(held=known.held, taken=taken, version=known.version)
        mark, is_unchanged = Mark.parse(known.mark), is_version(known, artifact) and not self.patient
        # What was salvaged is replaced by the whole.
        generation, again = generation_of(known.version), self.overwrite or known.salvaged
        return Before(generation, mark, relatives, known.held, is_unchanged, again)


def is_version(known: Known, artifact: Artifact) -> bool:
    """Whether this is what was collected, whatever had been in its place before."""
    version = artifact.version
    return known.version == version or known.version == f"{generation_mark(generation_of(known.version))}{version}"
