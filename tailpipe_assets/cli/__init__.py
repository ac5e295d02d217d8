"""The command line: data on stdout, everything else on stderr, and exit codes that mean something."""
