"""The page of formats: each example is collected as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(text|hcl|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str, str]]:
    """Log, configuration and query of each, in order; the query may be missing."""
    blocks = [(found[1], found[2]) for found in BLOCK.finditer(PAGE)]
    for number, (kind, text) in enumerate(blocks):
        if kind == "hcl":
            after = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
            yield blocks[number - 1][1], text, after[1] if after[0] == "sql" else ""


EXAMPLES = list(examples())


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_works_as_it_stands(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log becomes rows, nothing is rejected, and its query finds some."""
    monkeypatch.setenv("REDACTION_KEY", "k")
    log, hcl, query = EXAMPLES[number]
    project = Project(tmp_path)
    project.configure(hcl)
    project.write("x.log", log)

    result = project.collect_one()

    assert (result.rows > 0, result.rejected, result.faults) == (True, 0, ())
    assert not query or project.ask(query)
