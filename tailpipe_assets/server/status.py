"""How the server of this home is doing: what it tells of itself, and what its web server tells of Dagster."""

from __future__ import annotations

import http.client
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailpipe_assets.server.folder import Folder

_PATIENCE = 10.0


def status(folder: Folder) -> dict[str, Any]:
    """Everything about it; `healthy` sums it up."""
    if not folder.is_held():
        return {"running": False, "healthy": False}
    told = folder.told()
    found = _health(told.get("address", ""))
    memory = _memory_of_groups()
    children = [{**each, "memory": memory.get(each["pid"])} for each in told.get("children", ())]
    return {
        "running": True,
        "healthy": bool(found.get("healthy")) and all(each["pid"] for each in children),
        **{key: told.get(key) for key in ("pid", "address", "started", "read_only", "problems")},
        "children": children,
        "code_location": found.get("code_location", "unknown"),
        "daemons": found.get("daemons", {}),
        "schedules_running": found.get("schedules_running"),
        "runs": found.get("runs", {}),
    }


def _health(address: str) -> dict[str, Any]:
    asked = http.client.HTTPConnection(address.removeprefix("http://"), timeout=_PATIENCE)
    try:
        asked.request("GET", "/health")
        found: dict[str, Any] = json.loads(asked.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        asked.close()
    return found


def _memory_of_groups() -> dict[int, int]:
    """Bytes that process groups have in memory, where the system tells."""
    found: dict[int, int] = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for pid in _pids():
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:  # noqa: PTH123 - hundreds of short reads
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(fields[2])] = found.get(int(fields[2]), 0) + int(fields[21]) * page
    return found


def _pids() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - the same
    except OSError:
        return []
