"""A workspace's mods are what its lock file says, and nothing of them was run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.mods import lock
from tailpipe_assets.mods.origin import origin_of
from tailpipe_assets.mods.store import Store
from tailpipe_resources.errors import SourceRefusedError, SourceUnavailableError, UsageError

if TYPE_CHECKING:
    from tests.mods.conftest import Repository

ACME = Path(__file__).parents[1] / "data" / "mods" / "acme"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty one."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def store(workspace: Path) -> Store:
    """Of that workspace."""
    return Store(workspace)


def title(workspace: Path) -> str:
    """That of the installed copy."""
    return (workspace / ".tailpipe/mods/small/mod.pp").read_text().split('"')[3]


@pytest.mark.parametrize(
    ("version", "wanted", "kept"),
    [
        (None, "Second", "v0.10.0"),
        ("v0.9.0", "First", "v0.9.0"),
        ("0.9.0", "First", "v0.9.0"),
        ("v0.11.0-rc.1", "Candidate", "v0.11.0-rc.1"),
        ("main", "Work", "main"),
    ],
)
def test_a_version_is_a_tag_a_branch_or_the_newest_release(
    workspace: Path, store: Store, repository: Repository, version: str | None, wanted: str, kept: str
) -> None:
    """Releases by number, without candidates."""
    made = store.install(origin_of(repository.url + (f"@{version}" if version else "")))
    assert (title(workspace), made.version, made.asked) == (wanted, kept, version)
    assert len(made.commit or "") == 40


def test_a_commit_is_a_version(workspace: Path, store: Store, repository: Repository) -> None:
    """As the lock file has it."""
    commit = repository.git("rev-parse", "v0.9.0")
    assert store.install(origin_of(f"{repository.url}@{commit}")).commit == commit
    assert title(workspace) == "First"


def test_a_version_that_is_not_there_is_said_with_the_nearest(store: Store, repository: Repository) -> None:
    """And nothing is left behind."""
    with pytest.raises(UsageError, match=r'has no version "v0.9.1"; did you mean "v0.9.0"\?'):
        store.install(origin_of(f"{repository.url}@v0.9.1"))
    assert store.all() == ()


def test_a_folder_is_copied_without_links_and_hidden_files(workspace: Path, store: Store, tmp_path: Path) -> None:
    """What a link leads to was never looked at."""
    source = tmp_path / "source"
    (source / ".git").mkdir(parents=True)
    (source / "mod.pp").write_text('mod "small" {\n  title = "Folder"\n}\n')
    (source / ".git" / "config").write_text("x")
    (source / "passwd").symlink_to("/etc/passwd")

    made = store.install(origin_of(str(source)))

    assert (made.version, made.commit) == ("folder", None)
    assert [each.name for each in (workspace / ".tailpipe/mods/small").iterdir()] == ["mod.pp"]


def test_links_of_a_repository_are_not_made(workspace: Path, store: Store, repository: Repository) -> None:
    """Wherever they lead."""
    (repository.folder / "passwd").symlink_to("/etc/passwd")
    repository.commit("Linked", "v1.0.0")
    store.install(origin_of(repository.url))
    assert [each.name for each in (workspace / ".tailpipe/mods/small").iterdir()] == ["mod.pp"]


def test_nothing_of_a_repository_is_run(
    workspace: Path, store: Store, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No hook of the user's templates, no filter, no submodule."""
    ran = tmp_path / "ran"
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    for hook in ("post-checkout", "post-merge", "reference-transaction"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (hooks / hook).chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(f'[core]\n\thooksPath = {hooks}\n[filter "lfs"]\n\tsmudge = touch {ran}\n\trequired = true\n')
    (repository.folder / ".gitattributes").write_text("*.pp filter=lfs\n")
    (repository.folder / ".gitmodules").write_text(f'[submodule "x"]\n\tpath = x\n\turl = {repository.url}\n')
    repository.commit("Sly", "v1.0.0")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))

    store.install(origin_of(repository.url))

    assert title(workspace) == "Sly"
    assert not ran.exists()


def test_a_lock_file_alone_brings_back_what_it_pins(workspace: Path, store: Store, repository: Repository) -> None:
    """Whatever was released since."""
    pinned = store.install(origin_of(repository.url))
    repository.commit("Third", "v0.12.0")
    other = workspace.with_name("other")
    other.mkdir()
    (other / lock.NAME).write_bytes((workspace / lock.NAME).read_bytes())

    Store(other).restore(pinned)

    assert title(other) == "Second"
    assert Store(other).state(pinned) == "ok"


def test_an_update_takes_the_newest_unless_a_version_was_asked_for(
    workspace: Path, store: Store, repository: Repository
) -> None:
    """A tag stays, a branch moves."""
    store.install(origin_of(f"{repository.url}@v0.9.0"))
    repository.commit("Third", "v0.12.0")
    assert store.update(store.named("small")).version == "v0.9.0"
    store.install(origin_of(repository.url))
    repository.commit("Fourth", "v0.13.0")
    assert store.update(store.named("small")).version == "v0.13.0"
    assert title(workspace) == "Fourth"


def test_a_folder_that_changed_is_not_what_was_pinned(workspace: Path, store: Store, tmp_path: Path) -> None:
    """It says how to take what is there now."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "mod.pp").write_text('mod "small" {\n  title = "One"\n}\n')
    made = store.install(origin_of(str(source)))
    (source / "mod.pp").write_text('mod "small" {\n  title = "Two"\n}\n')
    with pytest.raises(UsageError, match="tailpipe mod update small takes what is there now"):
        store.restore(made)
    assert title(workspace) == "One"


def test_a_copy_that_was_edited_or_removed_is_seen(workspace: Path, store: Store) -> None:
    """Against the digest in the lock file."""
    made = store.install(origin_of(str(ACME)))
    assert store.state(made) == "ok"
    copy = workspace / store.folder_of(made.name)
    (copy / "mod.pp").write_text("")
    assert store.state(made) == "changed"
    assert store.uninstall(made.name) == made
    assert (copy.exists(), store.all()) == (False, ())
    assert store.state(made) == "missing"


def test_another_mod_of_the_same_name_is_refused(store: Store, repository: Repository, tmp_path: Path) -> None:
    """One would take the other's place."""
    store.install(origin_of(repository.url))
    (tmp_path / "mod.pp").write_text('mod "small" {\n  title = "Other"\n}\n')
    with pytest.raises(UsageError, match="tailpipe mod uninstall small makes room"):
        store.install(origin_of(str(tmp_path)))


def test_a_mods_name_cannot_lead_out_of_the_workspace(store: Store, tmp_path: Path) -> None:
    """It becomes a folder's."""
    (tmp_path / "mod.pp").write_text('mod "../../x" {\n  title = "Sly"\n}\n')
    with pytest.raises(UsageError, match="is not a name of a mod"):
        store.install(origin_of(str(tmp_path)))


def test_what_is_no_mod_leaves_nothing(workspace: Path, store: Store, tmp_path: Path) -> None:
    """Not even a folder."""
    source = tmp_path / "source"
    source.mkdir()
    with pytest.raises(UsageError, match='is no mod: no file in it has a block mod "name"'):
        store.install(origin_of(str(source)))
    assert list((workspace / ".tailpipe/mods").iterdir()) == []


def test_a_repository_that_cannot_be_had_is_said(store: Store, tmp_path: Path) -> None:
    """Whether it is away, which may pass, or is none."""
    with pytest.raises(SourceUnavailableError, match=r"cannot be reached: .*; nothing was installed"):
        store.install(origin_of("https://127.0.0.1:9/o/n"))
    with pytest.raises(SourceRefusedError, match="does not appear to be a git repository; nothing was installed"):
        store.install(origin_of(f"file://{tmp_path}/nowhere"))


def test_a_damaged_lock_file_is_said(workspace: Path, store: Store) -> None:
    """With what to do."""
    (workspace / lock.NAME).write_text("{")
    with pytest.raises(UsageError, match="is damaged; mend it, or delete it"):
        store.all()
