"""The tables that Tailpipe fills by itself, beside those of logs."""

from __future__ import annotations

from tailpipe_resources.model.alert import ALERT_TABLE
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.schema import REJECTED_TABLE

OWN_TABLES = frozenset({ALERT_TABLE, FINDING_TABLE, REJECTED_TABLE})
"""No collection may be called like them, no ledger tells of their rows, and no log is in them."""
