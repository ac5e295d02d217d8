"""The page of enrichment: each example is collected as it stands there, with the files it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.mmdb import mmdb
from tests.services.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "enrichment.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(csv|text|hcl|sql) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GEO = "/var/lib/GeoIP/GeoLite2-City.mmdb"
LINE = '203.0.113.9 - - [07/Feb/2024:13:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n'
RECORD = {"country": {"iso_code": "NZ"}, "city": {"names": {"en": "Napier"}}, "subdivisions": [{"iso_code": "HKB"}]}


def examples() -> Iterator[dict[str, str]]:
    """What each section shows, by kind of block; files by their names."""
    for section in PAGE.split("\n## "):
        found = {name or kind: text for kind, name, text in BLOCK.findall(section)}
        if found:
            yield found


EXAMPLES = list(examples())


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_works_as_it_stands(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log becomes rows, nothing is rejected, and its query finds some."""
    monkeypatch.chdir(tmp_path)
    example = EXAMPLES[number]
    for name in [each for each in example if each.endswith(".csv")]:
        (tmp_path / name).write_text(example[name])
    (tmp_path / "geo.mmdb").write_bytes(mmdb({"203.0.113.0/24": RECORD}))
    project = Project(tmp_path)
    project.configure(example["hcl"].replace(GEO, "geo.mmdb"))
    project.write("x.log", example.get("text", LINE))

    result = project.collect_one()

    assert (result.rows > 0, result.rejected, result.faults) == (True, 0, ())
    asked = example.get("sql", "select * from nginx_access_log where src_country = 'NZ' and src_region = 'HKB'")
    assert len(project.ask(asked)) == 1
