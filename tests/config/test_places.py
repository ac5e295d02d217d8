"""Paths that cannot be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = 'source "file" "logs" {\n  path = "/var/log/*.log"\n}\n'


@pytest.mark.parametrize("path", ["", "ftp://host/lake"])
def test_a_lake_is_a_folder_or_in_a_bucket(tmp_path: Path, path: str) -> None:
    """Anything else is refused before something is written there."""
    file = tmp_path / "a.hcl"
    file.write_text(f'destination "parquet" "odd" {{\n  path = "{path}"\n}}\n')

    with pytest.raises(ConfigError, match=r'a\.hcl:1: .*"path" must be a folder or begin with s3://'):
        load([file])


def test_a_prefix_lies_within_the_path_of_its_source(tmp_path: Path) -> None:
    """A collection cannot reach files that its source does not."""
    file = tmp_path / "a.hcl"
    collection = 'collection "http_log" "web" {{\n  source = source.file.logs\n  prefix = "{}"\n}}\n'
    file.write_text(SOURCE + collection.format("/etc"))

    with pytest.raises(ConfigError, match=r'a\.hcl:6: "prefix" must start with the path of source\.file\.logs'):
        load([file])

    file.write_text(SOURCE + collection.format("/var/log/web"))
    assert load([file]).collections[0].prefix == "/var/log/web"
