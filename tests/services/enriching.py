"""Configurations with lookups, for the tests of enrichment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_assets.pipeline import plan
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from tests.services.project import Project

TABLE = """
table "t" {
  format = "jsonl"
  column "time" {}
  column "account" {}
  column "region" {}
  column "client" {}
  column "port" {
    type = "INTEGER"
  }
  column "params" {
    type = "JSON"
  }
}
"""
ACCOUNTS = "account_id,name,owner\n001,first,ann\n2,second,\n"
NETWORKS = "cidr,who\n203.0.113.0/24,wide\n203.0.113.128/25,narrow\n2001:db8::/32,six\n"


def enrich(lookup: str, on: str, **columns: str) -> str:
    """A block of HCL."""
    asked = ", ".join(f'{name} = "{theirs}"' for name, theirs in columns.items())
    several = f"[{on}]" if "," in on else on
    return f"  enrich {{\n    lookup = lookup.{lookup}\n    on = {several}\n    columns = {{ {asked} }}\n  }}\n"


def lookup(project: Project, file: str, content: bytes | str = "", how: str = "") -> str:
    """A block of HCL, with its file."""
    path = project.folder / file
    if content:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return f'lookup "{path.stem}" {{\n  path = "{path}"\n  {how}\n}}\n'


def configure(project: Project, lookups: str, *blocks: str, name: str = "a", more: str = "") -> None:
    """One collection of the table `t`."""
    inner = "".join(blocks)
    project.configure(f'{TABLE}{lookups}collection "t" "{name}" {{\n  source = source.file.logs\n{inner}}}\n{more}')


def lines(*records: dict[str, Any]) -> str:
    """Records as JSON lines, all of one moment."""
    return "\n".join(json.dumps({"time": "2024-02-07T12:00:00Z", **each}) for each in records)


def said(project: Project) -> list[str]:
    """What is wrong with the configuration, without the folder."""
    problems = Problems()
    plan(load([project.folder / "tailpipe.hcl"], problems=problems), problems=problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    return [line.replace(f"{project.folder}/", "") for line in str(caught.value).splitlines()][:-1]
