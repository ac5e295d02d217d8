"""What Tailpipe makes: formats, tables, the collection pipeline, Dagster definitions and the command line."""
