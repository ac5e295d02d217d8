"""Reading the files of lookups: whatever is wrong with them is found here, with lines."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from tailpipe_resources.model.lookup import GEOIP
from tailpipe_resources.rosters.table_file import Told, read_table
from tailpipe_resources.rosters.table_roster import TableRoster, by_key, by_network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailpipe_resources.model.lookup import LookupBlock
    from tailpipe_resources.model.place import Problems
    from tailpipe_resources.rosters.roster import Roster

_BLOCK: Final = 1 << 20


def load_rosters(blocks: Iterable[LookupBlock], problems: Problems) -> dict[str, Roster]:
    """The files of lookups, by the lookups' names; those that are wrong are left out after noting why."""
    found = ((block.name, _loaded(block, problems)) for block in blocks)
    return {name: roster for name, roster in found if roster is not None}


def _loaded(block: LookupBlock, problems: Problems) -> Roster | None:
    try:
        return _geoip(block, problems) if block.suffix == GEOIP else _table(block, problems)
    except OSError as error:
        what = f'lookup "{block.name}": {block.path} cannot be read: {error.strerror or error}'
        problems.add(block.at("path"), what)
        return None


def _table(block: LookupBlock, problems: Problems) -> Roster | None:
    data = Path(block.path).read_bytes()
    told = Told(problems)
    file = read_table(block, data, told)
    find = None if file is None else by_network(file, told) if block.network else by_key(file, told)
    told.end()
    if file is None or find is None or told.count:
        return None
    return TableRoster(file, hashlib.sha256(data).hexdigest(), find)


def _geoip(block: LookupBlock, problems: Problems) -> Roster | None:
    try:
        import maxminddb
    except ImportError:
        what = 'needs the package "maxminddb"; install it with: pip install "tailpipe[geoip]"'
        problems.add(block.at("path"), f'lookup "{block.name}": reading {GEOIP} files {what}')
        return None
    from tailpipe_resources.rosters.geoip import GeoRoster

    try:
        # Whoever renews a database writes over it, and what is mapped into memory must not change.
        with Path(block.path).open("rb") as file, NamedTemporaryFile(suffix=GEOIP) as copy:
            shutil.copyfileobj(file, copy, _BLOCK)
            copy.seek(0)
            digest = hashlib.file_digest(copy, "sha256").hexdigest()
            return GeoRoster(block.name, digest, maxminddb.open_database(copy.name))
    except maxminddb.InvalidDatabaseError:
        what = f'lookup "{block.name}": {block.path} is no database in MaxMind\'s format'
        problems.add(block.at("path"), what)
        return None
