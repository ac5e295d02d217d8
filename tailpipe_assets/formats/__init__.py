"""Formats: bytes in, raw records with positions out."""
