"""What every test starts from: a home of its own and none of the user's settings."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

pytest.register_assert_rewrite("tailpipe_assets.testing")


class TogetherWhereShared(LoadScopeScheduling):  # type: ignore[misc]
    """Tests of a module that share what is set up once run in one process, or each process would set it up."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if _sets_up_once(path) else nodeid


@cache
def _sets_up_once(path: str) -> bool:
    module = Path(__file__).parents[1] / path
    files = (each for each in (module, module.parent / "conftest.py") if each.exists())
    return any('scope="module"' in each.read_text() for each in files)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherWhereShared | None:
    """Several processes share the tests so, unless another way was asked for."""
    return TogetherWhereShared(config, log) if config.getvalue("dist") == "load" else None


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
