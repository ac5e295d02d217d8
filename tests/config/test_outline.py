"""The outline of a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.config.outline import Outline, outline
from tailpipe_resources.model.config import Destination

ROOT = Path(__file__).parents[2]
FILES = (ROOT / "tests/data/turbot.tpc", ROOT / "hcl/tailpipe.hcl")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_outline_is_that_of_the_whole(path: Path) -> None:
    """What is read in short agrees with what loading everything says."""
    assert outline([path], {}) == Outline.of(load([path]))


def test_a_lake_in_an_object_store_takes_the_whole(tmp_path: Path) -> None:
    """How to be let in is more than an outline knows."""
    path = tmp_path / "tailpipe.hcl"
    path.write_text('destination "parquet" "far" { path = "s3://bucket/lake" }')

    assert outline([path], {}) is None


def test_variables_move_a_lake(tmp_path: Path) -> None:
    """A variable given for a command holds for the outline too."""
    found = outline([ROOT / "hcl/tailpipe.hcl"], {"lake": str(tmp_path)})

    assert found is not None
    assert [each.path for each in found.lakes] == [str(tmp_path)]


@pytest.mark.parametrize(
    "text",
    [
        'destination "parquet" "a" {}',
        'destination "parquet" "a" { path = local.nowhere }',
        'destination "parquet" "a" { path = [1] }',
        'destination "parquet" "a" {',
    ],
)
def test_a_broken_destination_has_no_outline(tmp_path: Path, text: str) -> None:
    """Whatever keeps a lake from being found is left for loading to explain."""
    path = tmp_path / "broken.hcl"
    path.write_text(text)

    assert outline([path], {}) is None


def test_other_mistakes_do_not_keep_a_lake_from_being_found(tmp_path: Path) -> None:
    """A broken collection is no reason not to answer from what was collected before."""
    path = tmp_path / "broken.hcl"
    path.write_text('destination "parquet" "default" { path = "/lake" }\ncollection "http_log" "web" { colour = 1 }\n')

    assert outline([path], {}) == Outline((Destination("/lake", "/lake"),), (("http_log", "web"),))
