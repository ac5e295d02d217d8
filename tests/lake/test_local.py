"""A folder as a store of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.lake.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("root", ["lake", "lake/", "./lake", "a b/../lake"])
def test_keys_are_relative_to_the_root(root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However root and folder are written; files of other folders are left out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b").mkdir()
    store = LocalStore(root)
    for key in ("t/b.json", "t/a/c.json", "t/a/d e.json", "other/x"):
        store.write(key, b"")

    assert store.keys("t") == ["t/a/c.json", "t/a/d e.json", "t/b.json"]
    assert store.keys("t/") == store.keys("t")
    assert store.keys("t/a") == ["t/a/c.json", "t/a/d e.json"]
    assert store.keys("") == ["other/x", *store.keys("t")]
    assert store.keys("nowhere") == []
    assert list(store.listing("t/a")) == store.keys("t/a")
