"""Tries a configuration the way the code server would load it and, when it is good, lets the code server have it.

It runs as a process of its own, `python -m` with three files, the candidate, the one in use, and the code server's
socket, and how many seconds to wait for that one when it is just starting. What it found is one line of JSON: the
problems, or an error that is none of the configuration's, whether anything is followed, and where Dagster's home is.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tailpipe_assets.definitions import defs_of
from tailpipe_assets.definitions.home import prepare
from tailpipe_assets.server.process import answers
from tailpipe_resources.config.kept import load_kept
from tailpipe_resources.errors import ConfigError, TailpipeError
from tailpipe_resources.model.place import Problems

_RELOAD_TAKES = 120
"""Seconds at most that the code server may need to load."""


def main() -> None:
    """Check, take over, and tell."""
    candidate, kept, code_server = map(Path, sys.argv[1:4])
    print(json.dumps(check(candidate, kept, code_server, patience=float(sys.argv[4]))))  # noqa: T201 - the answer


def check(candidate: Path, kept: Path, code_server: Path, *, patience: float) -> dict[str, Any]:
    """What is wrong with a candidate; when nothing is, it is the one in use from now on."""
    import dagster as dg

    found: dict[str, Any] = {"problems": [], "error": "", "follows": False}
    try:
        found["dagster_home"] = str(prepare())
        # The tables are made here, once, before several processes would try.
        with dg.DagsterInstance.get():
            problems = Problems()
            config = load_kept(candidate, problems)
            dg.Definitions.validate_loadable(defs_of(config, problems))
        found["follows"] = any(each.enabled and each.pace.follow for each in config.collections)
        candidate.replace(kept)
        # One that is just starting may have read what was in use before.
        if _comes(code_server, patience):
            _reload(code_server)
    except ConfigError as error:
        found["problems"] = [asdict(problem) for problem in error.problems]
    except (TailpipeError, OSError) as error:
        found["error"] = str(error)
    except Exception as error:  # noqa: BLE001 - Dagster raises what its storage raises; the reader gets all of it
        found["error"] = f"{type(error).__name__}: {error}"
    return found


def _comes(code_server: Path, patience: float) -> bool:
    until = time.monotonic() + patience
    while not answers(code_server):
        if time.monotonic() >= until:
            return False
        time.sleep(0.2)
    return True


def _reload(code_server: Path) -> None:
    from dagster._grpc.client import DagsterGrpcClient

    DagsterGrpcClient(socket=str(code_server)).reload_code(timeout=_RELOAD_TAKES)


if __name__ == "__main__":
    main()
