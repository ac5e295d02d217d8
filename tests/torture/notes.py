"""Notes: files of JSON lines that many processes add to, each line whole whatever is killed when."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Notes:
    """One file. Reading goes on where it ended."""

    path: Path
    _offset: int = field(default=0, repr=False)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def add(self, **note: Any) -> None:
        """Add a line, also while the disk counts as full."""
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit[1], limit[1]))
            os.write(handle, f"{json.dumps(note)}\n".encode())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            os.close(handle)

    def new(self) -> list[dict[str, Any]]:
        """The lines that were added since this was last asked."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]
