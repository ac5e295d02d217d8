"""The lake: Delta tables in hive folders. Rows are staged out of sight and made visible by one commit.

Layout, below a destination's path::

    {table}/tp_partition=../tp_index=../tp_year=2024/tp_month=02/tp_day=07/{uuid}.parquet
    {table}/_delta_log/                          which of those files count
    {table}/_tailpipe/staging/                   files nobody sees yet; their names end in .tmp
    {table}/_tailpipe/streams/{collection}/      what has been collected: one intent file a commit
    {table}/_tailpipe/attempts/                  which files a rewrite is about to put in place
    {table}/_tailpipe/scheduled/{collection}/    how far its scheduled detections have asked
    tailpipe_finding/_tailpipe/scheduled/        how far those over findings have
    {table}/_tailpipe/folded/{collection}/       copies of events that came again from elsewhere
    {table}/_tailpipe/leases/                    which versions are being read
    {table}/_tailpipe/superseded/                notes of files that a commit took out of sight
    {table}/_tailpipe/past/                      those files, for queries as of an earlier time
    {table}/_tailpipe/history/                   what commits told that have left the Delta log
    {table}/_tailpipe/torn/                      files of the log that a crash tore, out of the way
"""

from tailpipe_resources.lake.commit import Batch, commit
from tailpipe_resources.lake.inventory import Snapshot, snapshot, tables
from tailpipe_resources.lake.storage import Lake, local_lake, open_lake

__all__ = ["Batch", "Lake", "Snapshot", "commit", "local_lake", "open_lake", "snapshot", "tables"]
