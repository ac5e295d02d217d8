"""Files of Tailpipe's own in the folder of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.pipeline import collect, plan
from tailpipe_resources.config import load

if TYPE_CHECKING:
    from pathlib import Path

LINE = '203.0.113.9 - - [07/Feb/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n'


def test_neither_the_lake_nor_our_records_are_read_as_logs(tmp_path: Path, home: Path) -> None:
    """A source over everything brings in the user's logs alone, also from Tailpipe's home, on every run."""
    (tmp_path / "access.log").write_text(LINE)
    for name in ("dagster/event.log", "cache/hcl.log", "logs/access.log"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(LINE)
    config = tmp_path / "a.hcl"
    config.write_text(
        f'destination "parquet" "default" {{ path = "{tmp_path}" }}\n'
        f'source "file" "all" {{ paths = ["{tmp_path}/access.log", "{home}", "{tmp_path}/http_log"] }}\n'
        'collection "http_log" "web" { source = source.file.all }\n'
    )
    (tmp_path / "http_log").mkdir()
    plans = plan(load([config]))

    (first,) = collect(plans)
    (second,) = collect(plans)

    assert (first.rows, first.rejected, first.faults) == (2, 0, ())
    assert (second.rows, second.artifacts, second.skipped) == (0, 0, 2)
