"""The contenders of the ingest benchmark, each in a process: `python -m tests.benchmarks.contenders NAME ...`.

Each reads the same gzipped CloudTrail objects, or the same access log, and writes zstd Parquet.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_OUTPUT = "FORMAT parquet, COMPRESSION zstd, PARTITION_BY (tp_partition, tp_index, tp_year, tp_month, tp_day)"
_ELEVEN = (
    *("eventID", "eventName", "eventSource", "awsRegion", "recipientAccountId", "sourceIPAddress"),
    *("userAgent", "errorCode", "eventTime", "userIdentity", "requestParameters"),
)
"""The fields of the shorter chDB contender; the other one writes all that the table has."""


def tailpipe(source: str, out: str, table: str, rules: str = "") -> Callable[[], int]:
    """Our own way, from a folder of logs to committed rows."""
    from tailpipe_assets.pipeline import collect, plan
    from tailpipe_resources.config import load

    # PyArrow imports pandas at its first conversion where it is installed; here it is, because chDB needs it.
    with suppress(ImportError):
        import_module("pandas")

    path = Path(out) / "bench.hcl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'destination "parquet" "default" {{ path = "{out}/lake" }}\n'
        f'source "file" "logs" {{ path = "{source}" }}\n'
        f'collection "{table}" "bench" {{ source = source.file.logs }}\n{rules}'
    )
    plans = plan(load([path]))

    def work() -> int:
        (result,) = collect(plans)
        if result.failure is not None or result.rejected or result.faults:
            raise SystemExit(f"not all of it was collected: {result}")
        return result.rows

    return work


def detecting(source: str, out: str) -> Callable[[], int]:
    """The same for CloudTrail, with a hundred rules for single rows and ten thresholds."""
    from tests.benchmarks.detect import rules

    return tailpipe(source, out, "aws_cloudtrail_log", rules())


def duckdb(source: str, out: str) -> Callable[[], int]:
    """What everyone writes first: `read_json` of the documents, `unnest`, `COPY ... PARTITION_BY`."""
    import duckdb

    from tailpipe_assets.tables.aws_cloudtrail_log import SHAPE

    files = sorted(str(path) for path in Path(source).rglob("*.gz"))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = (
        "SELECT r.*, 'bench' AS tp_partition, r.recipientAccountId AS tp_index, r.eventTime[1:4] AS tp_year, "
        "r.eventTime[6:7] AS tp_month, r.eventTime[9:10] AS tp_day FROM (SELECT unnest(Records) AS r "
        f"FROM read_json({files}, columns = {{'Records': '{_duckdb_type(SHAPE)}[]'}}))"
    )

    def work() -> int:
        written = connection.execute(f"COPY ({query}) TO '{out}' ({_OUTPUT})").fetchall()
        return int(written[0][0])

    return work


def chdb(source: str, out: str, *, keys: tuple[str, ...] | None = None) -> Callable[[], int]:
    """ClickHouse in-process: the records cut out, and all fields of the table written to one file."""
    import chdb

    from tailpipe_assets.tables.aws_cloudtrail_log import SHAPE

    Path(out).mkdir(parents=True, exist_ok=True)
    fields = ", ".join(_clickhouse(key, SHAPE[key]) for key in keys or SHAPE)
    query = (
        f"INSERT INTO FUNCTION file('{out}/out.parquet', 'Parquet') SELECT {fields} FROM "
        f"(SELECT arrayJoin(JSONExtractArrayRaw(json, 'Records')) AS r FROM file('{source}/**/*.gz', 'JSONAsString', "
        "'json String')) SETTINGS output_format_parquet_compression_method = 'zstd'"
    )

    ask: Any = chdb.query

    def work() -> int:
        ask(query)
        return int(str(ask(f"SELECT count() FROM file('{out}/out.parquet')")))

    return work


def chdb_eleven(source: str, out: str) -> Callable[[], int]:
    """The same with eleven fields only."""
    return chdb(source, out, keys=_ELEVEN)


def _clickhouse(key: str, kind: object) -> str:
    how = {"VARCHAR": "JSONExtractString", "BOOLEAN": "JSONExtractBool"}.get(str(kind), "JSONExtractRaw")
    return f"{how}(r, '{key}') AS {key}"


def duckdb_regex(source: str, out: str) -> Callable[[], int]:
    """A regular expression in DuckDB over the lines of an access log."""
    import duckdb

    groups = "remote_addr,remote_ident,remote_user,time,request,status,body_bytes_sent,http_referer,http_user_agent"
    names = ", ".join(f"'{name}'" for name in groups.split(","))
    pattern = (
        r'^(\S+) (\S+) (\S+) \[([^\]]*)\] "((?:[^"\\]|\\.)*)" (\d+|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
    )
    connection = duckdb.connect()
    lines = f"read_csv('{source}', columns = {{'line': 'VARCHAR'}}, delim = '\\x01', quote = '', header = false)"
    parsed = f"SELECT regexp_extract(line, '{pattern}', [{names}]) AS r FROM {lines}"
    query = (
        "SELECT r.*, time[8:11] AS tp_year, time[4:6] AS tp_month, time[1:2] AS tp_day, 'bench' AS tp_partition, "
        f"'default' AS tp_index FROM (SELECT r, r.time AS time FROM ({parsed}))"
    )

    def work() -> int:
        return int(connection.execute(f"COPY ({query}) TO '{out}' ({_OUTPUT})").fetchall()[0][0])

    return work


def _duckdb_type(shape: object) -> str:
    if isinstance(shape, dict):
        return f"STRUCT({', '.join(f'{key} {_duckdb_type(kind)}' for key, kind in shape.items())})"
    return str(shape)


CONTENDERS: dict[str, Callable[..., Callable[[], int]]] = {
    "tailpipe": tailpipe,
    "detecting": detecting,
    "duckdb": duckdb,
    "chdb": chdb,
    "chdb_eleven": chdb_eleven,
    "duckdb_regex": duckdb_regex,
}


def main() -> None:
    """Prepare one contender, measure its work, and print the figures as JSON."""
    name, *arguments = sys.argv[1:]
    work = CONTENDERS[name](*arguments)
    wall, cpu = time.perf_counter(), time.process_time()
    rows = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"rows": rows, "wall": wall, "cpu": cpu, "peak": _peak()}))


def _peak() -> int:
    """Bytes: the most memory this process has held. On Linux `ru_maxrss` begins with what the parent held."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
