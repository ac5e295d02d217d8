"""Sources: a window of time in, artifacts and their bytes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources import plugins

if TYPE_CHECKING:
    from tailpipe_resources.model import config
    from tailpipe_resources.sources.base import Source


def open_source(source: config.Source) -> Source:
    """The plugin a source block names, ready to list. Reaches nothing yet.

    Raises:
        PluginError: when it is not installed.
    """
    kind: type[Source] = plugins.load("source", source.type)
    return kind(source.options, source.credential)
