"""Real git repositories that hold a mod."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Repository:
    """A git repository, and what is typed to install from it."""

    folder: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"file://{self.folder}"

    def git(self, *arguments: str) -> str:
        """Run git in it."""
        who = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@x",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@x",
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **who, "GIT_CONFIG_GLOBAL": "/dev/null"},
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        return done.stdout.strip()

    def commit(self, title: str, tag: str = "") -> str:
        """A version of the mod with this title; its commit."""
        (self.folder / "mod.pp").write_text(f'mod "small" {{\n  title = "{title}"\n}}\n')
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", title)
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A mod in two releases, a later release candidate, and work after them."""
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("First", "v0.9.0")
    made.commit("Second", "v0.10.0")
    made.commit("Candidate", "v0.11.0-rc.1")
    made.commit("Work")
    return made
