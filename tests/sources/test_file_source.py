"""Files as a source: which are listed, and what is said when they change, vanish or refuse."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tailpipe_resources.errors import ArtifactGoneError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.file import FileOptions, FileSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source

ANY = Window()
NOBODY = 65_534


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with a few logs, two levels deep."""
    return write(
        tmp_path / "logs",
        {"b.log": "b", "a.log": "a", "a.log.gz": "z", ".hidden": "h", "sub/c.log": "c", ".git/d.log": "d"},
    )


def write(folder: Path, files: dict[str, str]) -> Path:
    """Make the folder with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def source(**options: Any) -> FileSource:
    """A source of these options."""
    return FileSource(FileOptions(**options))


def names(folder: Path, **options: Any) -> list[str]:
    """What is listed, relative to the folder."""
    return [str(Path(item.location).relative_to(folder)) for item in source(**options).artifacts(ANY)]


def only(path: Path) -> tuple[FileSource, Artifact]:
    """A source of one file, and the file."""
    files = source(path=str(path))
    (artifact,) = files.artifacts(ANY)
    return files, artifact


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody may read the path; not even the superuser, who becomes nobody for the time."""
    is_root = os.geteuid() == 0
    path.chmod(0)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.chmod(0o755)


def test_a_folder_is_walked_in_order(logs: Path) -> None:
    """All files below a folder are listed, sorted, packed or not; hidden ones are not."""
    assert names(logs, path=str(logs)) == ["a.log", "a.log.gz", "b.log", "sub/c.log"]


def test_an_artifact_is_known_by_path_size_and_time(logs: Path) -> None:
    """The location is absolute, the version changes with size and time, and without a layout there is no time."""
    os.utime(logs / "a.log", ns=(1, 255))
    _, artifact = only(logs / "a.log")

    assert artifact.location == str(logs / "a.log")
    assert (artifact.version, artifact.size, artifact.time) == ("1-ff", 1, None)


def test_relative_paths_begin_where_tailpipe_runs(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is resolved against the working directory, and `~` against the home."""
    monkeypatch.chdir(logs)
    monkeypatch.setenv("HOME", str(logs))

    assert names(logs, paths=["./sub/../a.log", "~/sub"]) == ["a.log", "sub/c.log"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("**/*.log", ["a.log", "b.log", "sub/c.log"]),
        ("**", ["a.log", "a.log.gz", "b.log", "sub/c.log"]),
        ("s?b/*", ["sub/c.log"]),
        ("[ab].log*", ["a.log", "a.log.gz", "b.log"]),
        (".h*", [".hidden"]),
        (".git/*", [".git/d.log"]),
        ("*.none", []),
        ("none/*", []),
    ],
)
def test_patterns_choose_files(logs: Path, pattern: str, expected: list[str]) -> None:
    """A path with wildcards names the files that fit; none at all is no error."""
    assert names(logs, path=str(logs / pattern)) == expected


def test_a_file_with_a_wildcard_in_its_name_can_be_named(tmp_path: Path) -> None:
    """What is there by exactly that name is meant, not a pattern."""
    write(tmp_path / "odd", {"a[1].log": "x", "a1.log": "y"})

    assert names(tmp_path, path=str(tmp_path / "odd/a[1].log")) == ["odd/a[1].log"]


def test_a_file_is_listed_once(logs: Path) -> None:
    """However many paths lead to a file, it is one artifact."""
    (logs / "link.log").symlink_to("sub/c.log")
    (logs / "again").symlink_to("sub")
    paths = [str(logs / "b.log"), str(logs), str(logs / "**/*.log")]

    assert names(logs, path=str(logs / "b.log"), paths=paths) == ["b.log", "a.log", "a.log.gz", "sub/c.log"]


def test_only_links_that_stay_inside_are_followed(logs: Path, tmp_path: Path) -> None:
    """A link out of the folder leads nowhere, one to a hidden file of the folder is followed, and loops end."""
    write(tmp_path, {"secret/key": "k"})
    (logs / "out").symlink_to(tmp_path / "secret")
    (logs / "key.log").symlink_to(tmp_path / "secret/key")
    (logs / "loop").symlink_to(".")
    (logs / "self").symlink_to("self")
    (logs / "dangling").symlink_to("nothing")
    (logs / "current").symlink_to(".git/d.log")

    assert names(logs, path=str(logs)) == ["a.log", "a.log.gz", "b.log", "sub/c.log", "current"]


def test_only_regular_files_are_listed(logs: Path) -> None:
    """A pipe is passed by, and refused when it is named."""
    os.mkfifo(logs / "pipe.log")

    assert "pipe.log" not in names(logs, path=str(logs))
    with pytest.raises(SourceRefusedError, match=r"pipe\.log: it is neither a regular file nor a folder"):
        names(logs, path=str(logs / "pipe.log"))


def test_what_is_named_must_be_there(logs: Path) -> None:
    """A missing path is told before anything is listed; an empty folder is just empty."""
    (logs / "empty").mkdir()

    assert names(logs, path=str(logs / "empty")) == []
    with pytest.raises(SourceRefusedError, match=r"none\.log: there is no such file or folder"):
        next(source(path=str(logs), paths=[str(logs / "none.log")]).artifacts(ANY))


def test_a_layout_dates_files_and_leaves_others_out(tmp_path: Path) -> None:
    """The path below the folder gives day and fields; a window selects by it; what does not fit is no artifact."""
    tree = write(tmp_path / "tree", {f"web/2024/02/{day:02}/access.log": "x" for day in range(1, 29)} | {"note": "n"})
    files = source(
        path=str(tree),
        file_layout="%{SITE:site}/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{DATA}.log",
        patterns={"SITE": "[a-z]+"},
    )

    (found,) = files.artifacts(Window.of_days(date(2024, 2, 7), date(2024, 2, 7)))
    assert (found.time, found.fields) == (datetime(2024, 2, 7, tzinfo=UTC), {"site": "web"})
    assert len(list(files.artifacts(ANY))) == 28
    assert [item.time for item in files.artifacts(Window(datetime(2024, 2, 28, 13, tzinfo=UTC)))] == [
        datetime(2024, 2, 28, tzinfo=UTC)
    ]


def test_a_tables_layout_is_used_when_the_source_names_none(tmp_path: Path) -> None:
    """The source's own layout wins over the table's."""
    tree = write(tmp_path / "tree", {"2024-02-07.log": "a", "other.log": "b"})
    table = "%{YEAR:year}-%{MONTHNUM:month}-%{MONTHDAY:day}.log"

    assert [item.time for item in source(path=str(tree)).artifacts(ANY, layout=table)] == [
        datetime(2024, 2, 7, tzinfo=UTC)
    ]
    own = source(path=str(tree), file_layout="%{WORD:name}.log")
    assert [dict(item.fields) for item in own.artifacts(ANY, layout=table)] == [{"name": "other"}]


def test_prefix_and_exclude_narrow_the_listing(logs: Path) -> None:
    """A prefix is the beginning of the whole path; an excluded expression may stand anywhere in it."""
    files = source(path=str(logs))

    assert [Path(item.location).name for item in files.artifacts(ANY, prefix=str(logs / "a.log"))] == [
        "a.log",
        "a.log.gz",
    ]
    assert [Path(item.location).name for item in files.artifacts(ANY, prefix=f"{logs}/sub/")] == ["c.log"]
    assert [Path(item.location).name for item in files.artifacts(ANY, exclude=r"a\.log|/sub/")] == ["b.log"]


def test_a_file_is_read_as_it_was_listed(logs: Path) -> None:
    """Reading at once, or in pieces, gives all of its bytes."""
    (logs / "big.log").write_bytes(b"line\n" * 1_000_000)
    files, artifact = only(logs / "big.log")

    with files.open(artifact) as stream:
        assert stream.read() == b"line\n" * 1_000_000
    with files.open(artifact) as stream:
        assert sum(len(piece) for piece in iter(lambda: stream.read(4096), b"")) == artifact.size


def test_a_file_that_shrank_since_it_was_listed_is_told(logs: Path) -> None:
    """It is not opened; the next run lists it anew."""
    files, artifact = only(logs / "a.log")
    (logs / "a.log").write_text("")

    with pytest.raises(SourceUnavailableError, match="it changed while it was read; the next run takes it whole"):
        files.open(artifact)


@pytest.mark.parametrize("size", [-1, 1 << 16])
def test_a_file_that_changes_while_it_is_read_is_told(logs: Path, size: int) -> None:
    """The last read fails when the file was written over meanwhile, so that no mixture is taken for its content."""
    (logs / "a.log").write_bytes(b"x" * 3_000_000)
    files, artifact = only(logs / "a.log")

    with files.open(artifact) as stream:
        stream.read(10)
        (logs / "a.log").write_bytes(b"y" * 3_000_000)
        with pytest.raises(SourceUnavailableError, match="changed while it was read"):
            list(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("size", [-1, 1 << 16])
def test_a_file_that_grows_while_it_is_read_gives_what_was_listed(logs: Path, size: int) -> None:
    """A log that is being written to can be read at any time; what is new since the listing is for the next run."""
    (logs / "a.log").write_bytes(b"x" * 3_000_000)
    files, artifact = only(logs / "a.log")

    with files.open(artifact) as stream:
        start = stream.read(10)
        with (logs / "a.log").open("ab") as more:
            more.write(b"y")
        rest = b"".join(iter(lambda: stream.read(size), b""))

    assert start + rest == b"x" * 3_000_000


def test_a_deleted_file_is_gone(logs: Path) -> None:
    """A file that was deleted after the listing is told apart from one that cannot be read."""
    files, artifact = only(logs / "a.log")
    (logs / "a.log").unlink()

    with pytest.raises(ArtifactGoneError, match="deleted after it was listed"):
        files.open(artifact)


def test_a_file_that_became_a_pipe_is_refused(logs: Path) -> None:
    """Opening does not wait for somebody to write into the pipe."""
    files, artifact = only(logs / "a.log")
    (logs / "a.log").unlink()
    os.mkfifo(logs / "a.log")

    with pytest.raises(SourceRefusedError, match="not a regular file any more"):
        files.open(artifact)


def test_permission_denied_says_what_to_do(logs: Path) -> None:
    """A folder or file that may not be read is named, with the remedy."""
    files, artifact = only(logs / "a.log")

    with locked(logs), pytest.raises(SourceRefusedError, match="permission denied; let the user that runs tailpipe"):
        list(source(path=str(logs)).artifacts(ANY))
    with locked(logs / "a.log"), pytest.raises(SourceRefusedError, match=r"a\.log: permission denied"):
        files.open(artifact)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name a file or folder"),
        ({"paths": [""]}, "name a file or folder"),
        ({"path": "x", "file_layout": "%{YAER:year}"}, 'did you mean "YEAR"'),
        ({"path": "x", "pathes": []}, "Extra inputs"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """What cannot work is told when the configuration is loaded."""
    with pytest.raises(ValidationError, match=message):
        FileOptions(**options)


def test_it_is_a_source(logs: Path) -> None:
    """The file source is of the shape that collecting expects."""
    files: Source = source(path=str(logs))

    assert files.name == "file"
