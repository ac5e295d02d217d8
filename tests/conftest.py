"""What every test starts from: a home of its own and none of the user's settings."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

pytest.register_assert_rewrite("tailpipe_assets.testing")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of a module that share what is set up once run in one process, or each process would set it up."""
    if isinstance(item, pytest.Function):
        fixtures = item._fixtureinfo.name2fixturedefs.values()
        if any(each[-1].scope == "module" for each in fixtures):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `TAILPIPE_HOME`, in an environment without AWS, Tailpipe and vendor settings but those for tests."""
    for name in [each for each in os.environ if not each.startswith("TAILPIPE_TEST_")]:
        if name.startswith(("AWS_", "TAILPIPE_")) or name in {"PIPES_HOST", "PIPES_TOKEN", "SLACK_TOKEN"}:
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("TAILPIPE_HOME", str(folder / ".tailpipe"))
    return folder / ".tailpipe"


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C works in tests and in what they start, also where the shell that started them ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
