"""What is typed after `mod install` says where a mod comes from, or why nothing can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.mods.origin import Origin, origin_of
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("typed", "source", "url", "version"),
    [
        ("github.com/o/n@v1.2", "github.com/o/n", "https://github.com/o/n", "v1.2"),
        ("github.com/o/n", "github.com/o/n", "https://github.com/o/n", None),
        ("https://host/o/n.git@main", "https://host/o/n.git", "https://host/o/n.git", "main"),
        ("ssh://git@host/o/n", "ssh://git@host/o/n", "ssh://git@host/o/n", None),
        ("git@host:o/n", "git@host:o/n", "git@host:o/n", None),
        ("git@host:o/n@v1", "git@host:o/n", "git@host:o/n", "v1"),
        ("file:///a/b@v1", "file:///a/b", "file:///a/b", "v1"),
    ],
)
def test_an_address_and_its_version_are_told_apart(typed: str, source: str, url: str, version: str | None) -> None:
    """Also where the address has an `@` of its own."""
    assert origin_of(typed) == Origin(source, url, version)


def test_a_folder_is_one(tmp_path: Path) -> None:
    """Absolute, so that it is found from elsewhere."""
    assert origin_of(str(tmp_path)) == Origin(str(tmp_path.resolve()), None)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--upload-pack=touch", "is no mod; write a folder"),
        ("ext::sh -c touch", "there is no such folder, and it is no address"),
        ("http://host/o/n", "fetched by https, ssh and file only"),
        ("ext://host/o/n", "fetched by https, ssh and file only"),
        ("github.com/o/n@", "a version belongs after the @"),
        ("github.com/o/n@--exec=x", "a version belongs after the @"),
        ("nowhere", "there is no such folder"),
    ],
)
def test_what_cannot_be_fetched_is_refused(typed: str, message: str) -> None:
    """Above all what git would take for an option, or for a program to run."""
    with pytest.raises(UsageError, match=message):
        origin_of(typed)


def test_a_password_is_refused_and_not_repeated() -> None:
    """It would be kept in the lock file."""
    with pytest.raises(UsageError, match="holds a password") as raised:
        origin_of("https://me:hunter2@host/o/n")
    assert "hunter2" not in str(raised.value)
