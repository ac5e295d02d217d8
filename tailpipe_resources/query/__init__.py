"""DuckDB: connections that only read, a view for every table, and results written out."""
