"""Tables: one declaration a log type."""
