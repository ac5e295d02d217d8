"""A process is as it was once nothing is collected any more."""

from __future__ import annotations

import gc

import pyarrow as pa

from tailpipe_assets.pipeline.memory import tuned


def test_what_is_tuned_is_put_back() -> None:
    """The garbage collector and Arrow's pool serve whoever else lives in the process."""
    gc.set_threshold(700, 10, 10)
    before = gc.get_threshold(), pa.default_memory_pool().backend_name
    with tuned():
        within = gc.get_threshold(), pa.default_memory_pool().backend_name

    assert within != before
    assert within[1] == "system"
    assert (gc.get_threshold(), pa.default_memory_pool().backend_name) == before
