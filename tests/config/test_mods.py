"""A mod is read by itself: what is wrong in it costs the part it is in, and it is trusted with nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailpipe_resources.config.mods import read_mod
from tailpipe_resources.errors import UsageError

ACME = Path(__file__).parents[1] / "data" / "mods" / "acme"
HEAD = 'mod "small" {\n  title = "Small"\n}\n'


def small(folder: Path, text: str) -> Path:
    """A mod of one file."""
    (folder / "mod.pp").write_text(HEAD + text)
    return folder


def test_a_detection_has_what_locals_files_and_queries_say() -> None:
    """Functions, heredocs, templates and locals of files that are read later."""
    mod = read_mod(ACME)

    stopped = next(each for each in mod.detections if each.name == "trail_stopped")
    assert (mod.name, mod.title, mod.version) == ("acme_cloudtrail", "Acme CloudTrail", "1.2.0")
    assert stopped.tags == {
        "category": "Detections",
        "plugin": "aws",
        "service": "AWS/CloudTrail",
        "mitre_attack_ids": "TA0005:T1562.008, TA004:T1098.001",
    }
    assert "request_parameters ->> 'trail' as resource," in stopped.sql
    assert "aws_cloudtrail_log.event_name = 'StopLogging'" in stopped.sql
    assert stopped.documentation == "Ask who stopped it, and whether a change was announced."
    assert stopped.sql_place.path.endswith("trail.pp")


def test_a_variable_has_the_value_given() -> None:
    """And its default otherwise; one that names a connection needs none."""
    mod = read_mod(ACME, {"watched": "DeleteTrail"})
    assert "'DeleteTrail'" in next(each.sql for each in mod.detections if each.name == "trail_stopped")


def test_a_variable_that_is_not_there_is_said() -> None:
    """With the name that was meant."""
    mod = read_mod(ACME, {"watchd": "x"})
    reasons = [each.reason for each in mod.skipped]
    assert 'the mod has no variable "watchd"; did you mean "watched"?' in reasons


def test_benchmarks_hold_detections_of_those_within_them() -> None:
    """However deep."""
    mod = read_mod(ACME)
    assert mod.of_benchmarks(("trail",)) == {"trail_stopped"}
    assert mod.of_benchmarks(("all",)) == {"trail_stopped", "open_group", "public_topic"}


def test_benchmarks_that_hold_each_other_end(tmp_path: Path) -> None:
    """A circle is walked once."""
    text = 'benchmark "a" {\n  children = [benchmark.b]\n}\nbenchmark "b" {\n  children = [benchmark.a]\n}\n'
    assert read_mod(small(tmp_path, text)).of_benchmarks(("a",)) == frozenset()


def test_dashboards_are_passed_over_with_one_notice() -> None:
    """Their queries are not missed."""
    assert read_mod(ACME).notices == ("passed over: 1 dashboard; only detections are used",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("looks_up", "env() is not for mods: it would look up secrets of this machine"),
        ("escapes", 'file(): "../../turbot.tpc" is outside the folder that files are read from'),
        ("unknown_query", 'query.trail_stoped is not declared; did you mean "trail_stopped"?'),
        ("with_parameters", 'query "with_parameters": nothing gives the parameter "name" a value'),
        ("neither", "give exactly one of query, sql"),
    ],
)
def test_what_cannot_be_used_is_skipped_with_the_reason(name: str, reason: str) -> None:
    """And its line."""
    (skipped,) = (each for each in read_mod(ACME).skipped if each.rule == name)
    assert skipped.reason == reason
    assert skipped.place.path.endswith("wrong.pp")


PARAMETERS = """
query "of_trail" {
  sql = "select * from aws_cloudtrail_log where a = $1 and '$1' <> b and c in (select unnest($2)) and d = $3"
  param "trail" {
    default = "it's"
  }
  param "names" {
    default = ["a", "b"]
  }
  param "is_root" {}
}
detection "named" {
  query = query.of_trail
  args  = { is_root = true }
}
detection "listed" {
  query = query.of_trail
  args  = [7, ["c"], false]
}
detection "lacking" {
  query = query.of_trail
}
detection "unknown" {
  query = query.of_trail
  args  = { root = true }
}
"""


def test_parameters_have_the_values_they_are_given_or_their_defaults(tmp_path: Path) -> None:
    """By name or in order; what stands in quotes is none. One without a value skips the detection."""
    mod = read_mod(small(tmp_path, PARAMETERS))
    start = "select * from aws_cloudtrail_log where a = "
    assert {each.name: each.sql.removeprefix(start) for each in mod.detections} == {
        "named": "'it''s' and '$1' <> b and c in (select unnest(['a', 'b'])) and d = true",
        "listed": "7 and '$1' <> b and c in (select unnest(['c'])) and d = false",
    }
    assert {each.rule: each.reason for each in mod.skipped} == {
        "lacking": 'query "of_trail": nothing gives the parameter "is_root" a value',
        "unknown": 'args: the query has no parameter "root"',
    }


def test_a_second_detection_of_a_name_is_skipped() -> None:
    """The first counts."""
    (skipped,) = (each for each in read_mod(ACME).skipped if each.rule == "trail_stopped")
    assert skipped.reason.startswith('duplicate detection "trail_stopped"; the first is at ')


def test_a_link_that_leads_out_is_not_read(tmp_path: Path) -> None:
    """Neither as a file of the mod nor by `file`."""
    (tmp_path / "secret.pp").write_text('detection "stolen" {\n  sql = "select 1"\n}\n')
    root = tmp_path / "mod"
    root.mkdir()
    small(root, 'detection "reads" {\n  sql = file("link.txt")\n}\n')
    (root / "link.pp").symlink_to(tmp_path / "secret.pp")
    (root / "link.txt").symlink_to(tmp_path / "secret.pp")

    mod = read_mod(root)

    assert mod.detections == ()
    assert [each.rule for each in mod.skipped] == ["reads"]


def test_a_file_that_cannot_be_parsed_costs_itself(tmp_path: Path) -> None:
    """The rest of the mod is used."""
    small(tmp_path, 'detection "good" {\n  sql = "select * from syslog"\n}\n')
    (tmp_path / "broken.pp").write_text('detection "bad" {\n  sql = \n}\n')

    mod = read_mod(tmp_path)

    assert [each.name for each in mod.detections] == ["good"]
    assert [each.place.path.rpartition("/")[2] for each in mod.skipped] == ["broken.pp"]


def test_a_folder_without_a_mod_is_none(tmp_path: Path) -> None:
    """The message says what it lacks."""
    with pytest.raises(UsageError, match="is no mod: no file in it has a block mod"):
        read_mod(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        read_mod(tmp_path / "nowhere")
