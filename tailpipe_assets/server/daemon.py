"""Dagster's daemon with our way of writing the event log, which it hands on to the runs that it starts."""

from __future__ import annotations

import sys


def main() -> None:
    """Run until a signal comes. The one argument is the workspace."""
    from dagster._daemon import cli
    from dagster._serdes import serialize_value

    from tailpipe_assets.definitions.event_log import instance_ref
    from tailpipe_assets.definitions.home import dagster_home

    # It may hold secrets of the user's settings, and so is on no command line of a process.
    ref = serialize_value(instance_ref(dagster_home()))
    cli.run_command.main(["-w", sys.argv[1], "--instance-ref", ref], prog_name="dagster-daemon")


if __name__ == "__main__":
    main()
