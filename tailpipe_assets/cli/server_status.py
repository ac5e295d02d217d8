"""`tailpipe server status`."""

from __future__ import annotations

from typing import Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows


def show_status(output: str) -> int:
    """Write how the server is doing; the exit code says whether all is well."""
    from tailpipe_assets.server.folder import Folder
    from tailpipe_assets.server.status import status

    folder = Folder.usual()
    found = status(folder)
    if output == "json":
        print_json(found)
    elif not found["running"]:
        print(f"no server runs for {folder.root.parent}")
    else:
        _print(found)
    return Exit.OK if found["healthy"] else Exit.FAILED


def _print(found: dict[str, Any]) -> None:
    failed = found["runs"].get("last_failed")
    ill = [name for name, well in found["daemons"].items() if not well]
    print_facts(
        {
            "server": f"{found['address']} (pid {found['pid']}, since {found['started']})",
            "health": "all is well" if found["healthy"] else "not well",
            "code location": found["code_location"],
            "configuration": "in use" if not found["problems"] else "changed, but not used: it has problems",
            "daemons": "all are well" if not ill else f"no sign of life: {', '.join(ill)}",
            "schedules running": found["schedules_running"],
            "runs queued": found["runs"].get("queued"),
            "runs under way": found["runs"].get("under_way"),
            "last failed run": f"{failed['run']} at {failed['at']}" if failed else "none",
        }
    )
    print()
    print_rows([_child(each) for each in found["children"]], ("child", "pid", "since", "restarts", "memory"))
    for problem in found["problems"]:
        print(f"\n{problem}", end="")
    if found["problems"]:
        print()


def _child(facts: dict[str, Any]) -> dict[str, Any]:
    memory = facts["memory"]
    return {
        "child": facts["name"],
        "pid": facts["pid"] or "down",
        "since": facts["since"],
        "restarts": facts["restarts"],
        "memory": None if memory is None else f"{memory // 1_000_000} MB",
    }
