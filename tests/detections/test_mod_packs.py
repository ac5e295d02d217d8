"""A mod's detections are rules like those of the configuration, and what is wrong with one costs only that one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from tailpipe_assets.detections.rules import Bound

ACME = Path(__file__).parents[1] / "data" / "mods" / "acme"
TURBOT = os.environ.get("TAILPIPE_TEST_MOD", "")
COLLECTION = """
source "file" "logs" {
  path = "logs"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""


def bound(folder: Path, options: str = "", more: str = "", path: str | Path = ACME) -> tuple[Bound, list[str]]:
    """The rules of a configuration with one pack, and what is wrong with it."""
    pack = f'detection_pack "mod" "acme" {{\n  path = "{path}"\n{options}\n}}\n'
    (folder / "x.hcl").write_text(COLLECTION + pack + more)
    config = load([folder / "x.hcl"])
    problems = Problems()
    found = rules_of(config, [each.table for each in plan(config, problems=Problems())], problems)
    return found, [each.message for each in problems]


def names(found: Bound) -> list[str]:
    """The rules."""
    return [each.detection.name for each in found.rules]


def test_a_detection_of_a_mod_becomes_a_rule(tmp_path: Path) -> None:
    """With its severity, techniques, tags, and the columns that are shown."""
    found, problems = bound(tmp_path)

    detection = next(each.detection for each in found.rules if each.detection.name == "trail_stopped")
    assert problems == []
    assert detection.address == "mod.acme.trail_stopped"
    assert (detection.kind, detection.severity, detection.title) == ("match", Severity.HIGH, "Trail stopped")
    assert detection.mitre == ("TA0005:T1562.008",)
    assert detection.tags == ("category:Detections", "plugin:aws", "service:AWS/CloudTrail")
    assert detection.column_names == ("timestamp", "resource", "actor")
    assert detection.resource == "(request_parameters ->> 'trail')"
    assert detection.where == "((event_name = 'StopLogging') AND (error_code IS NULL))"
    assert detection.description.endswith("Ask who stopped it, and whether a change was announced.")


def test_what_must_count_is_not_asked_as_rows_come_in(tmp_path: Path) -> None:
    """It runs by a schedule or by hand, and the reason is said."""
    found, _ = bound(tmp_path)

    kinds = {each.detection.name: each.detection.kind for each in found.rules}
    assert kinds == {
        "trail_stopped": "match",
        "open_group": "match",
        "public_topic": "match",
        "many_reads": "scheduled",
        "newest": "scheduled",
        "unnamed": "scheduled",
        "returns": "scheduled",
        "large": "match",
    }
    said = [line.rpartition("as rows come in: ")[2] for line in found.warnings if "not asked" in line]
    assert said == [
        "it aggregates: rows that come in are not all there are to count",
        "it limits its rows: those that come in are not all there are to choose from",
        "its result has no tp_id, by which its rows would be known; add tp_id to its columns",
        "it compares rows with one another: those that come in are not all there are",
    ]


def test_what_must_count_is_asked_by_the_schedule_of_the_pack(tmp_path: Path) -> None:
    """Of all rows; nothing is said of it then, and the others are asked as rows come in all the same."""
    found, problems = bound(tmp_path, '  schedule = "0 * * * *"')

    scheduled = {each.detection.name: each.detection.schedule for each in found.scheduled()}
    assert scheduled == dict.fromkeys(("many_reads", "newest", "unnamed", "returns"), "0 * * * *")
    assert all(each.detection.full_scan for each in found.scheduled())
    assert (problems, [line for line in found.warnings if "not asked" in line]) == ([], [])
    with pytest.raises(ConfigError, match='schedule: "hourly" is not a schedule'):
        bound(tmp_path, '  schedule = "hourly"')
    with pytest.raises(ConfigError, match=r'schedule: "0 0 31 4 \*" never comes'):
        bound(tmp_path, '  schedule = "0 0 31 4 *"')


def test_what_is_wrong_is_listed_and_not_fatal(tmp_path: Path) -> None:
    """Each with its line and the reason."""
    found, problems = bound(tmp_path)

    skipped = {each.file.rpartition(": ")[2]: each.reason for each in found.packs[0].skipped}
    assert problems == []
    assert skipped["misspelt"] == 'sql: no column "event_nam"'
    assert skipped["other_table"] == 'sql: no table "aws_cloudtrial_log"; did you mean "aws_cloudtrail_log"?'
    assert skipped["reads_a_file"] == "sql: the table function read_text is not allowed in a mod"
    assert skipped["reads_by_name"] == 'sql: no table "/etc/hostname"'
    assert skipped["writes"] == "sql: query only reads: COPY is refused"
    assert skipped["two_statements"] == "sql: must be one query; found 2 statements"
    assert (found.packs[0].kept, found.packs[0].count, len(found.packs[0].skipped)) == (8, 20, 12)


def test_small_mistakes_are_warnings(tmp_path: Path) -> None:
    """Of severities and ids that are none."""
    found, _ = bound(tmp_path)
    said = [line.rpartition(".pp:")[2].partition(": ")[2] for line in found.warnings]
    assert 'newest: severity "urgent" is unknown; taken as medium' in said
    assert 'trail_stopped: mitre_attack_ids: "TA004:T1098.001" is no ATT&CK id; left out' in said


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ('benchmarks = ["trail"]', ["trail_stopped"]),
        ('benchmarks = ["benchmark.all"]', ["open_group", "public_topic", "trail_stopped"]),
        ('benchmarks = ["all"]\nmin_severity = "high"', ["public_topic", "trail_stopped"]),
        ('benchmarks = ["all"]\nexclude = ["public_*", "open_group"]', ["trail_stopped"]),
        ("enabled = false", []),
    ],
)
def test_a_pack_says_what_of_a_mod_is_wanted(tmp_path: Path, options: str, wanted: list[str]) -> None:
    """By benchmark, severity and name."""
    found, problems = bound(tmp_path, options)
    assert problems == []
    assert sorted(names(found)) == wanted


def test_what_a_pack_says_wrongly_stops(tmp_path: Path) -> None:
    """It is the user's own file."""
    _, problems = bound(tmp_path, 'benchmarks = ["trial"]')
    assert problems == [
        'detection_pack.mod.acme: benchmarks: acme_cloudtrail has no benchmark "trial"; did you mean "trail"?'
    ]
    _, problems = bound(tmp_path, path=tmp_path / "gone")
    assert problems == [f"detection_pack.mod.acme: path: {tmp_path}/gone is no folder"]


def test_a_mod_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    """What is wrong in its files is told with what is wrong beside them."""
    (tmp_path / "mod.pp").write_text('mod "m" {\n  title = [1]\n}\n')
    (tmp_path / "x.hcl").write_text(
        f'detection_pack "mod" "m" {{\n  path = "{tmp_path}"\n}}\n'
        'detection "http_log" "d" {\n  where = "nope > 1"\n}\n'
    )
    problems = Problems()

    plan(load([tmp_path / "x.hcl"], problems=problems), problems=problems)

    assert [Path(each.path).name for each in sorted(problems)] == ["mod.pp", "x.hcl"]


def test_a_type_of_pack_that_is_none_is_said(tmp_path: Path) -> None:
    """Nothing would be looked for, and nobody would notice."""
    (tmp_path / "x.hcl").write_text(COLLECTION + 'detection_pack "mods" "acme" {\n  path = "x"\n}\n')
    problems = Problems()
    load([tmp_path / "x.hcl"], problems=problems)
    assert [each.message for each in problems] == [
        'detection_pack.mods.acme: there is no type of pack "mods"; did you mean "mod"?'
    ]


def test_overrides_and_suppressions_mean_detections_of_mods(tmp_path: Path) -> None:
    """By their address; one that means none is a warning, for the mod may have changed."""
    found, problems = bound(
        tmp_path,
        more="""
detection_override "mod.acme.trail_stopped" {
  severity = "low"
}
detection_override "mod.acme.gone" {
  enabled = false
}
suppression "aws_cloudtrail_log" "tests" {
  detections = ["mod.acme.trail_*"]
  where      = "tp_source_ip = '198.51.100.7'"
  reason     = "PT-9"
}
""",
    )

    rule = next(each for each in found.rules if each.detection.name == "trail_stopped")
    assert problems == []
    assert rule.detection.severity is Severity.LOW
    assert [each.name for each in rule.exemptions] == ["tests"]
    assert any("detection_override.mod.acme.gone: no rule of the pack" in line for line in found.warnings)


def test_a_mod_is_understood_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept gives the same rules."""
    monkeypatch.setenv("TAILPIPE_HOME", str(tmp_path / "home"))
    first, _ = bound(tmp_path)
    assert list((tmp_path / "home" / "cache" / "queries").iterdir())
    second, _ = bound(tmp_path)
    assert first == second


@pytest.mark.skipif(not TURBOT, reason="TAILPIPE_TEST_MOD names no folder with Turbot's CloudTrail mod")
def test_all_detections_of_turbots_mod_are_used(tmp_path: Path) -> None:
    """As they are, each as rows come in."""
    found, problems = bound(tmp_path, path=TURBOT)
    assert problems == []
    assert found.packs[0].skipped == ()
    assert len(found.rules) == 86
    assert {each.detection.kind for each in found.rules} == {"match"}
