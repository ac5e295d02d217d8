"""The configuration that measurements of collecting share: access logs, and two collections of one source."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HCL = """
destination "parquet" "default" {{
  path = "{lake}"
}}
source "file" "logs" {{
  path = "{logs}"
  {layout}
}}
collection "http_log" "all" {{
  source = source.file.logs
  format = "combined"
}}
collection "http_log" "errors" {{
  source = source.file.logs
  format = "combined"
  filter {{
    where = "status >= 500"
  }}
}}
"""


def hcl(lake: Path, logs: Path, *, layout: str = "") -> str:
    """All requests, and those that a server failed to answer.

    Args:
        lake: where rows go.
        logs: the folder of the source.
        layout: what the names of its files tell, when they tell something.
    """
    return _HCL.format(lake=lake, logs=logs, layout=f'file_layout = "{layout}"' if layout else "")
