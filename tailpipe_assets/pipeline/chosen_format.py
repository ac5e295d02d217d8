"""Which format cuts a collection's bytes into records: what it says, what its source or its table says."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tailpipe_assets.tables import custom
from tailpipe_resources import plugins
from tailpipe_resources.config.complaints import complaints
from tailpipe_resources.errors import PluginError
from tailpipe_resources.model.config import UNKNOWN_FORMAT, UNKNOWN_SOURCE, FormatBlock
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tailpipe_assets.formats.base import Format
    from tailpipe_assets.tables.declaration import Table
    from tailpipe_resources.model.config import Collection, TableBlock
    from tailpipe_resources.model.place import Place, Problems


class Formats:
    """Chooses formats; collections that cut bytes alike get the same object."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._made_before: dict[tuple[str, str], Format] = {}
        """Under a name and its options."""

    def choose(self, collection: Collection, block: TableBlock | None) -> tuple[str, Format] | None:
        """Its name and the format; None after noting what is wrong with it."""
        wanted = collection.format or collection.source.format or (block.format if block else None)
        if wanted is UNKNOWN_FORMAT or (wanted is None and collection.source is UNKNOWN_SOURCE):
            return None
        place = collection.format_place or collection.place
        table = builtin(collection)
        wanted = table.presets.get(wanted, wanted) if table is not None and isinstance(wanted, str) else wanted
        if isinstance(wanted, FormatBlock):
            return self._made(wanted.type, dict(wanted.options), wanted.place, table, wanted.places)
        if wanted is None:
            return self._default_format(collection, block, table)
        if wanted in plugins.names("format"):
            is_default = table is not None and wanted == table.formats[0]
            return self._made(wanted, dict(table.format_options) if table and is_default else {}, place, table)
        if table is None:
            return self._made("regex", {"layout": wanted}, place, None)
        self._problems.add(place, f'no format is called "{wanted}"{hint(wanted, table.formats)}')
        return None

    def _default_format(
        self, collection: Collection, block: TableBlock | None, table: Table | None
    ) -> tuple[str, Format] | None:
        if table is not None:
            return self._made(table.formats[0], dict(table.format_options), collection.place, table)
        if block is not None:
            return self._made("jsonl", {}, block.place, None)
        self._problems.add(collection.place, "a custom collection needs a format: format = `(?P<time>\\S+) ...`")
        return None

    def _made(
        self,
        name: str,
        options: dict[str, Any],
        place: Place,
        table: Table | None,
        places: Mapping[str, Place] = MappingProxyType({}),
    ) -> tuple[str, Format] | None:
        if table is not None and name not in table.formats:
            formats = ", ".join(table.formats)
            self._problems.add(place, f"{table.name} cannot be read from the format {name}; its formats: {formats}")
            return None
        try:
            kind = plugins.load("format", name)
            chosen = kind.options(**options)
            key = (name, repr(chosen))
            if key not in self._made_before:
                with plugins.speaking_for("format", name, ValueError, re.error):
                    self._made_before[key] = kind(chosen)
            return name, self._made_before[key]
        except PluginError as error:
            self._problems.add(place, str(error))
        except ValidationError as error:
            for option, complaint in _complaints(error, options, kind.options.model_fields):
                self._problems.add(places.get(option, place), f"format {name} {complaint}")
        except re.error as error:
            self._problems.add(place, f"the format is no regular expression that can be used: {error}")
        except ValueError as error:
            self._problems.add(place, f"the format {name} cannot be used: {error}")
        return None


def builtin(collection: Collection) -> Table | None:
    """The installed table of a collection; None of the user's own."""
    if collection.table == custom.CUSTOM.name or collection.table not in plugins.names("table"):
        return None
    table: Table = plugins.load("table", collection.table)
    return table


def _complaints(error: ValidationError, options: dict[str, Any], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    names = list(known)
    for option, message in complaints(error, options, set()):
        if option and option not in names:
            yield option, f'has no attribute "{option}"{hint(option, names)}'
        else:
            yield option, f'needs "{option}"' if message == "missing" else message
