"""Runs a module as `python -m` does, in a process that ends when the server that started it is gone.

Standard input is a pipe whose other end the server holds. Nothing is ever written to it; when the server dies, even by
`kill -9`, it comes to its end, and then the whole process group goes, with the runs in it.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import threading

_PATIENCE = 5
"""Seconds the group has for its end before it is killed."""


def main() -> None:
    """Run the module named by the first argument."""
    # Dagster gives SIGTERM the handler that SIGINT has; ignored by a shell's `&`, it would make both useless.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_hold, name="lifeline", daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _hold() -> None:
    while os.read(0, 1):
        pass
    group = os.getpgid(0)
    # It must outlive this process, which may be quicker than the others of its group.
    subprocess.Popen(  # noqa: S603 - a command of our own
        ["/bin/sh", "-c", f"sleep {_PATIENCE}; kill -9 -{group}"],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.killpg(group, signal.SIGINT)


if __name__ == "__main__":
    main()
