"""Asking the lake from a notebook or a script. Each `# %%` begins a cell.

Needs a configuration where the command line would find it, or in TAILPIPE_CONFIG_PATH.
"""

# %% Open the lake as it is now. Nothing can be written, and its files stay until it is closed.
from tailpipe_assets.views.notebook import open_lake

lake = open_lake()

# %% What is there?
for view in lake.catalog.views:
    print(f"{view.schema}.{view.name}: {view.description}")

# %% A relation is run when its rows are wanted, and can be asked further.
by_status = lake.sql("SELECT status, count(*) AS requests FROM http_log GROUP BY ALL")
print(by_status.order("requests DESC, status").limit(3).fetchall())

# %% An Arrow table holds its rows; values are bound, never pasted. Files of other days are not opened.
failed = lake.arrow(
    "SELECT tp_timestamp, remote_addr FROM http_log WHERE tp_timestamp >= $since AND status >= $least",
    since="2024-02-01",
    least=400,
)
print(f"{failed.num_rows} failed requests, {failed.column_names}")

# %% Arrow goes on to pandas, Polars and others without being copied.
import polars as pl

print(pl.DataFrame(failed).group_by("remote_addr").len().sort("len", "remote_addr", descending=True).head(1).rows())

# %% The next cell sees what was collected meanwhile.
lake.refresh()

# %% Or read a table with Polars alone: it is a Delta table.
place = lake.catalog.lakes[0]
print(pl.scan_delta(f"{place}/http_log").select(pl.len()).collect().item(), "requests")

lake.close()
