"""Recognition: some artifacts in, the configuration that collects them out, tried on what was seen."""
