"""HCL text to a `Config`, or everything wrong with it at once."""

from __future__ import annotations

from tailpipe_resources.config.load import load
from tailpipe_resources.config.paths import find_files

__all__ = ["find_files", "load"]
