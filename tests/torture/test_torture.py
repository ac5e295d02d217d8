"""The torture test for a moment: nothing goes wrong on a disk and in an object store, and what would is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture.trial import Trial, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.torture.report import Report

pytestmark = pytest.mark.slow


def tried(trial: Trial, folder: Path) -> Report:
    """A trial's report, shown when a test fails."""
    (folder / "trial").mkdir()
    report = run(trial, lambda _: None, str(folder / "trial"))
    print(report.text())
    return report


def test_nothing_goes_wrong_on_a_disk(tmp_path: Path) -> None:
    """Writers are killed and the disk is full at times; every answer is right, and so is the lake at the end."""
    report = tried(Trial("local", seconds=16), tmp_path)

    assert report.passed, report.text()
    assert report.arena.kills > 3


@pytest.mark.service
def test_nothing_goes_wrong_in_an_object_store(tmp_path: Path) -> None:
    """The same where no lock keeps two machines apart, and requests fail or their answers are lost."""
    report = tried(Trial("s3", seconds=12), tmp_path)

    assert report.passed, report.text()


def test_readers_of_plain_folders_are_caught(tmp_path: Path) -> None:
    """Who reads folders in place of a snapshot gets wrong answers, and the judge sees them."""
    report = tried(Trial("local", seconds=10, plain_globs=True), tmp_path)

    assert report.wrong + report.reader_errors > 0, report.text()
