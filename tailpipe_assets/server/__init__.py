"""One command that keeps Dagster running: web UI, daemon and code server as children of one process."""
