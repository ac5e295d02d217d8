"""The words of Turbot's later Tailpipe, and ours for them."""

from __future__ import annotations

BLOCKS = {"connection": "credential", "partition": "collection"}
"""Block types, and the first word of references."""

ATTRIBUTES = {"connection": "credential"}
"""In sources and destinations."""

SOURCES = {
    "aws_cloudwatch_log_group": "aws_cloudwatch",
    "aws_s3_bucket": "aws_s3",
    "pipes_audit_log_api": "pipes",
}
"""Source types."""

CREDENTIAL_ATTRIBUTES = {"s3_force_path_style": "force_path_style"}

FORMAT_PRESETS = {
    ("apache_access_log", "combined"): "combined",
    ("apache_access_log", "common"): "common",
    ("nginx_access_log", "combined"): "combined",
}
"""Formats that are installed and not declared: what follows `format.`, and the format's name here."""

WORKSPACE_ATTRIBUTES = (
    "log_level",
    "memory_max_mb",
    "plugin_memory_max_mb",
    "temp_dir_max_mb",
    "update_check",
)
"""A workspace's settings are accepted and mean nothing here."""


def block_type(word: str) -> str:
    """A block type as we call it."""
    return BLOCKS.get(word, word)


def source_type(word: str) -> str:
    """A source type as we call it."""
    return SOURCES.get(word, word)
