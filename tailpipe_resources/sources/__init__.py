"""Sources: a window of time in, artifacts and their bytes out."""
