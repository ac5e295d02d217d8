"""A configuration in a folder, collected and asked the way both doors do it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_assets.pipeline import CollectOptions, Resources, collect, plan
from tailpipe_assets.views import views_of
from tailpipe_resources.config import load
from tailpipe_resources.lake import Lake, local_lake
from tailpipe_resources.model.window import Window
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import create_views

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import duckdb

    from tailpipe_assets.pipeline import Plan
    from tailpipe_resources.model.results import CollectResult

NEVER: Callable[[], bool] = lambda: False  # noqa: E731 - a default for a parameter
NORMAL = CollectOptions()
DEFAULT = Resources()
EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with one HCL file, `logs` to read and a `lake` to write."""

    folder: Path

    @property
    def logs(self) -> Path:
        """Where the logs are."""
        path = self.folder / "logs"
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def lake(self) -> Lake:
        """Where the rows go."""
        return local_lake(self.folder / "lake")

    def stored(self, table: str) -> Path:
        """The folder of a table."""
        return self.folder / "lake" / table

    def write(self, name: str, content: bytes | str, *, idle: float = 120) -> Path:
        """A log file that nobody has written to for so many seconds."""
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        written = time.time_ns() - int(idle * 1e9)
        os.utime(path, ns=(written, written))
        return path

    def configure(self, text: str) -> None:
        """Say what is collected. The lake and a source `file.logs` over the folder of logs are there."""
        (self.folder / "tailpipe.hcl").write_text(
            f'destination "parquet" "default" {{\n  path = "{self.folder}/lake"\n}}\n'
            f'source "file" "logs" {{\n  path = "{self.logs}"\n}}\n{text}'
        )

    def plans(self) -> tuple[Plan, ...]:
        """Everything configured, ready to run."""
        return plan(load([self.folder / "tailpipe.hcl"]))

    def collect(
        self,
        *,
        window: Window = EVERYTHING,
        options: CollectOptions = NORMAL,
        resources: Resources = DEFAULT,
        stopped: Callable[[], bool] = NEVER,
    ) -> tuple[CollectResult, ...]:
        """Collect everything configured."""
        return collect(self.plans(), window, options=options, resources=resources, stopped=stopped)

    def collect_one(self, *, options: CollectOptions = NORMAL, resources: Resources = DEFAULT) -> CollectResult:
        """Collect the only collection; it must come to its end."""
        (result,) = self.collect(options=options, resources=resources)
        assert result.failure is None, result.failure
        return result

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection with the views of this moment."""
        connection = connect(threads=1)
        found = views_of(load([self.folder / "tailpipe.hcl"]))
        for lake in found.lakes:
            lake.store.attach(connection)
        create_views(connection, found.views)
        return connection

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.connection() as connection:
            return connection.execute(query).fetchall()

    def one(self, query: str) -> Any:
        """The single value a query gives."""
        ((value,),) = self.ask(query)
        return value
