"""Who went through which door: a source, a format and a table for Tailpipe, each on a page."""
