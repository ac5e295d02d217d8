"""`python -m tailpipe_assets.cli`, for processes that have no `tailpipe` on their path."""

from tailpipe_assets.cli.main import main

main()
