"""Rosters: the files of lookups, read and ready to be asked about whole columns of values."""

from tailpipe_resources.rosters.loading import load_rosters
from tailpipe_resources.rosters.roster import Roster, RosterError

__all__ = ["Roster", "RosterError", "load_rosters"]
