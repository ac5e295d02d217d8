"""A lake with three rows, and a session that asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.console import session_over
from tests.services.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_assets.console.session import Session

HCL = 'collection "http_log" "web" {\n  source = source.file.logs\n  format = "combined"\n}\n'
LINE = '10.0.0.{0} - - [07/Feb/2024:13:00:{0:02} +0000] "GET /{0} HTTP/1.1" 200 5 "-" "x"\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One collection of access logs, with three rows; the working directory is the project."""
    made = Project(tmp_path)
    made.configure(HCL)
    made.write("a.log", lines(1, 2, 3))
    made.collect_one()
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def session(project: Project) -> Session:
    """A session over it."""
    return session_over(project)


def lines(*numbers: int) -> str:
    """A line a number, of second and address."""
    return "".join(LINE.format(number) for number in numbers)
