"""Frozen nouns: what the rooms hand each other. Plain Python, imports nothing heavy."""
