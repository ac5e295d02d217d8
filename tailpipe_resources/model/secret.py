"""Secrets: values that are used and never shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tailpipe_resources.errors import SourceRefusedError


@dataclass(frozen=True, slots=True)
class Secret:
    """How to get at a secret. Printing it, or anything that holds it, shows `(secret)`."""

    kind: Literal["value", "env", "file"]
    """Where it is: written in the configuration, in an environment variable, or in a file."""

    where: str = field(repr=False)
    """The value itself, the variable's name or the file's path, by `kind`."""

    def reveal(self) -> str:
        """The secret as it is now. Variables and files are read anew at each call.

        Raises:
            SourceRefusedError: when the variable is not set or the file cannot be read; names it, not its content.
        """
        if self.kind == "value":
            return self.where
        if self.kind == "env":
            return self._from_environment()
        return self._from_file()

    def _from_environment(self) -> str:
        value = os.environ.get(self.where)
        if value is None:
            raise SourceRefusedError(f"the environment variable {self.where} is not set")
        return value

    def _from_file(self) -> str:
        try:
            return Path(self.where).read_text().strip()
        except OSError as error:
            raise SourceRefusedError(f"the secret file {self.where} cannot be read: {error.strerror}") from error

    def __str__(self) -> str:
        return "(secret)"
