"""Mods that are installed: where they come from, and a workspace's copies of them, pinned in a lock file."""
