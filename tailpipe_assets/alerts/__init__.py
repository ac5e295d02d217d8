"""From findings to people: what is told, to whom, and that it arrives."""
