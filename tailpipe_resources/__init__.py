"""What Tailpipe reaches, and the words for it: configuration, sources, the lake, queries."""
