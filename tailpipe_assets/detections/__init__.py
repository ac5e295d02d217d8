"""Rules over rows: what a detection is, and what it finds."""
