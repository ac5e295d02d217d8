"""A folder of Sigma rules becomes ordinary detections; what does not run is listed with the reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.main import main
from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.detection import Threshold
from tailpipe_resources.model.finding import FINDING_TABLE, Severity
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from tailpipe_assets.detections.rules import Bound
    from tests.services.project import Project

RULES = Path(__file__).parents[2] / "data" / "sigma"
COLLECTION = """
source "file" "logs" {
  path = "logs"
}
collection "aws_cloudtrail_log" "production" {
  source = source.file.logs
}
"""
UNKNOWN = 'field "eventNam" is not in aws_cloudtrail_log; near: event_name, event_time, event_id'
PROBE = """
import sys
from tailpipe_resources.config import load
from tailpipe_assets.pipeline.plan import plan
plan(load([sys.argv[1]]))
print("sigma" in sys.modules, "yaml" in sys.modules)
"""


def pack(options: str = "", path: Path | str = RULES) -> str:
    """The block of a pack."""
    return f'detection_pack "sigma" "aws" {{\n  path = "{path}"\n  table = "aws_cloudtrail_log"\n  {options}\n}}\n'


def bound(folder: Path, text: str) -> Bound:
    """The rules of a configuration in which nothing is wrong."""
    (folder / "x.hcl").write_text(COLLECTION + text)
    config = load([folder / "x.hcl"])
    problems = Problems()
    found = rules_of(config, [each.table for each in plan(config)], problems)
    problems.raise_any()
    return found


def names(found: Bound) -> set[str]:
    """The rules of a pack that run."""
    return {rule.detection.name for rule in found.rules}


def test_what_a_rule_says_of_itself_is_kept(tmp_path: Path) -> None:
    """Title, severity, authors, references, tags, and the technique with its only tactic."""
    found = {rule.detection.address: rule.detection for rule in bound(tmp_path, pack()).rules}

    rule = found["sigma.aws.equals"]
    assert (rule.title, rule.severity) == ("Equality is blind to case", Severity.HIGH)
    assert rule.authors == ("Ann Author", "Ben Author")
    assert rule.references == ("https://example.com/equals",)
    assert (rule.mitre, rule.tags) == (("TA0112:T1685.002",), ("cve.2026-1",))
    assert rule.where == (
        """(lower("event_source") = 'cloudtrail.amazonaws.com' """
        """AND lower("event_name") IN ('stoplogging', 'deletetrail'))"""
    )
    # Which tactic the technique goes with is not said.
    assert found["sigma.aws.all_of"].mitre == ("TA0003", "TA0004", "T1098")


def test_rules_that_do_not_run_are_listed_with_the_reason(tmp_path: Path) -> None:
    """Others run all the same; a rule about another log is no failure."""
    (loaded,) = bound(tmp_path, pack()).packs

    assert [(each.file, each.reason) for each in loaded.skipped] == [
        (
            "look_ahead.yml",
            "regular expression 'Stop(?=Logging)': look-ahead and look-behind are not supported (RE2)",
        ),
        ("placeholder.yml", "placeholder %administrators% has no value; give it in variables"),
        (
            "unknown_field.yml",
            UNKNOWN,
        ),
    ]
    assert loaded.skips[2].endswith(f": detection_pack.sigma.aws: skipped 3 of 26: unknown_field.yml: {UNKNOWN}")
    assert loaded.left_out == {"about another log": 1, "below medium": 2, "status experimental": 1}
    assert loaded.count == loaded.kept + len(loaded.skipped) + sum(loaded.left_out.values())
    assert any('all_of.yml: tag "attack.t99" is no ATT&CK tactic' in each for each in loaded.warnings)


def test_a_pack_says_which_rules_it_takes(tmp_path: Path) -> None:
    """By severity, name and status; placeholders have values."""
    usual = names(bound(tmp_path, pack()))
    assert not usual & {"like_escapes", "wildcards", "lone_star"}
    assert names(bound(tmp_path, pack('min_severity = "info"'))) - usual == {"like_escapes", "wildcards"}
    assert names(bound(tmp_path, pack('min_severity = "high"'))) == {"equals", "all_of"}
    assert usual - names(bound(tmp_path, pack('exclude = ["reg*", "cased"]'))) == {"regex", "cased"}
    assert names(bound(tmp_path, pack('include_status = ["experimental"]'))) == {"lone_star"}
    filled = bound(tmp_path, pack('variables = { administrators = ["ann", "b*"] }'))
    (rule,) = [each.detection for each in filled.rules if each.detection.name == "placeholder"]
    assert rule.where == """(lower("user_identity"."user_name") = 'ann' OR lower("user_identity"."user_name") = 'b*')"""
    (said,) = [each for each in bound(tmp_path, pack('exclude = ["nothing"]')).warnings if "exclude" in each]
    assert said.endswith('detection_pack.sigma.aws: exclude: "nothing" is no rule of it')


def test_rules_of_a_pack_are_overridden_by_address(tmp_path: Path) -> None:
    """And an override of a rule that is not there is a mistake."""
    text = 'detection_override "sigma.aws.{}" {{\n  severity = "low"\n  enabled = false\n}}\n'
    found = {rule.detection.name: rule.detection for rule in bound(tmp_path, pack() + text.format("equals")).rules}
    assert (found["equals"].severity, found["equals"].enabled) == (Severity.LOW, False)

    with pytest.raises(ConfigError, match=r'no detection "sigma.aws.equal"; did you mean "sigma.aws.equals"'):
        bound(tmp_path, pack() + text.format("equal"))


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (pack(path="nowhere"), "path: there is no .*/nowhere; get the rules"),
        (pack('include_status = ["tested"]'), 'include_status: there is no "tested"; did you mean "test"'),
        (pack().replace("cloudtrail_log", "cloudtrial_log"), 'no table "aws_cloudtrial_log"; did you mean'),
        ('detection_pack "sigma" "x" {\n  path = "x"\n}\n', "detection_pack.sigma.x: needs table"),
    ],
)
def test_a_pack_that_cannot_be_read_is_a_mistake(block: str, message: str, tmp_path: Path) -> None:
    """It is said with what to do."""
    with pytest.raises(ConfigError, match=message):
        bound(tmp_path, block)


def test_a_detection_of_ones_own_takes_the_condition_of_a_rule(tmp_path: Path) -> None:
    """With everything else that a detection may have; what it says of itself counts before the rule."""
    shutil.copy(RULES / "equals.yml", tmp_path / "stop.yml")
    block = f"""
detection "aws_cloudtrail_log" "stop" {{
  sigma    = file("{tmp_path}/stop.yml")
  severity = "critical"
  authors  = ["We"]
  threshold {{
    group_by = ["user_identity.arn"]
    count    = 3
    window   = "10m"
  }}
}}
"""
    (rule,) = bound(tmp_path, block).rules
    detection = rule.detection
    assert (detection.title, detection.severity) == ("Equality is blind to case", Severity.CRITICAL)
    assert (detection.authors, detection.kind) == (("We", "Ann Author", "Ben Author"), "threshold")
    assert "stoplogging" in str(detection.where)

    shutil.copy(RULES / "unknown_field.yml", tmp_path / "stop.yml")
    with pytest.raises(ConfigError, match=r'x.hcl:\d+: .*stop: sigma: field "eventNam" is not in aws_cloudtrail_log'):
        bound(tmp_path, block)


def test_pysigma_is_woken_only_for_what_is_new(tmp_path: Path) -> None:
    """Neither without a pack nor when all its rules are known from before."""

    def woken(text: str) -> str:
        (tmp_path / "x.hcl").write_text(COLLECTION + text)
        command = [sys.executable, "-c", PROBE, str(tmp_path / "x.hcl")]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]

    copy = tmp_path / "rules"
    shutil.copytree(RULES, copy)
    assert woken('detection "aws_cloudtrail_log" "x" {\n  where = "true"\n}\n') == "False"
    assert [woken(pack(path=copy)), woken(pack(path=copy))] == ["True", "False"]
    rule = copy / "equals.yml"
    rule.write_text(rule.read_text().replace("DeleteTrail", "UpdateTrail"))
    assert [woken(pack(path=copy)), woken(pack(path=copy))] == ["True", "False"]


def test_without_pysigma_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    """By the pack and by a detection, each at its place; nothing else needs it."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for entry in Path(duckdb.__file__).parents[1].iterdir():
        if not entry.name.lower().startswith(("sigma", "pysigma")):
            (packages / entry.name).symlink_to(entry)
    shutil.copy(RULES / "equals.yml", tmp_path / "stop.yml")
    own = f'detection "aws_cloudtrail_log" "x" {{\n  sigma = file("{tmp_path}/stop.yml")\n}}\n'
    (tmp_path / "x.hcl").write_text(COLLECTION + own + pack())
    paths = {"PYTHONPATH": os.pathsep.join((str(Path(__file__).parents[3]), str(packages)))}
    command = [sys.executable, "-S", "-m", "tailpipe_assets.cli", "--config-path", str(tmp_path), "config", "check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env={**os.environ, **paths})

    assert done.returncode == Exit.USAGE
    needs = "pySigma is not installed, which reads Sigma rules; run: pip install 'tailpipe[sigma]'"
    assert f"x.hcl:9: detection.aws_cloudtrail_log.x: sigma: {needs}" in done.stderr
    assert f"x.hcl:11: detection_pack.sigma.aws: {needs}" in done.stderr


def test_the_commands_name_what_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr; with `--strict` it is a failure."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tailpipe.hcl").write_text(COLLECTION + pack())
    line = f"tailpipe.hcl:8: detection_pack.sigma.aws: skipped 3 of 26: unknown_field.yml: {UNKNOWN}"
    shown = {}
    for command in ("config check", "config check --strict", "config check --output json", "detection list"):
        with pytest.raises(SystemExit) as left:
            main(command.split())
        out, err = capsys.readouterr()
        assert line in err.splitlines(), command
        assert left.value.code == (Exit.USAGE if "strict" in command else Exit.OK)
        shown[command] = out

    (said,) = json.loads(shown["config check --output json"])["packs"]
    assert (said["name"], said["rules"], said["run"], len(said["skipped"])) == ("sigma.aws", 26, 19, 3)
    assert "sigma.aws.equals" in shown["detection list"]
    assert str(RULES / "equals.yml") in shown["detection list"]


BURST = """
title: Many keys
status: test
level: high
correlation:
    type: {kind}
    rules: [key]
    group-by: [userIdentity.arn]
    timespan: 10m
    condition: {{{condition}}}
---
title: A key
name: key
logsource: {{product: aws, service: cloudtrail}}
detection:
    selection:
        eventName: CreateAccessKey
    condition: selection
"""


def test_a_correlation_becomes_a_threshold(tmp_path: Path) -> None:
    """Counted by our engine, whose windows do not depend on how rows come in."""
    rules = tmp_path / "rules"
    rules.mkdir()
    for name, kind, condition in (
        ("many", "event_count", "gte: 3"),
        ("different", "value_count", "gt: 3, field: requestParameters.userName"),
        ("bytes", "value_sum", "gte: 1000, field: additionalEventData.bytes"),
        ("ordered", "temporal_ordered", "gte: 1"),
        ("fewer", "event_count", "lt: 3"),
    ):
        (rules / f"{name}.yml").write_text(BURST.format(kind=kind, condition=condition))
    (rules / "gone.yml").write_text(BURST.format(kind="event_count", condition="gte: 3").replace("[key]", "[lock]"))
    for _ in ("converted", "from the cache"):
        found = bound(tmp_path, pack(path=rules))
        rule = {each.detection.name: each.detection for each in found.rules}
        assert {each.where for each in rule.values()} == {"""lower("event_name") = 'createaccesskey'"""}
        window, group = timedelta(minutes=10), ('"user_identity"."arn"',)
        name = """json_extract_string("request_parameters", '$."userName"')"""
        size = """TRY_CAST(json_extract_string("additional_event_data", '$."bytes"') AS DOUBLE)"""
        assert rule["many"].threshold == Threshold(window, group, count=3)
        assert rule["different"].threshold == Threshold(window, group, distinct=name, least=4)
        assert rule["bytes"].threshold == Threshold(window, group, sum=size, least=1000)
        assert [(each.file, each.reason) for each in found.packs[0].skipped] == [
            ("fewer.yml", "a correlation's condition has to be gte or gt"),
            ("gone.yml", 'refers to "lock", which is not in the file'),
            (
                "ordered.yml",
                'correlations of type "temporal_ordered" are not read; there are event_count, value_count, value_sum',
            ),
        ]


@pytest.mark.parametrize(
    ("kind", "condition", "more", "reason"),
    [
        ("event_count", "gt: '5'", "", "gt: '5' is no whole number"),
        ("event_count", "gte: [1]", "", "gte: [1] is no whole number"),
        ("event_count", "gte: null", "", "gte: None is no whole number"),
        ("value_sum", "gt: true, field: eventName", "", "gt: True is no number"),
        ("event_count", "gte: 2, lte: 5", "", "a correlation's condition has lte beside gte, which is not read"),
        ("event_count", "gte: 2", "aliases: {eventName: {key: userAgent}}", "aliases are not read"),
    ],
)
def test_a_correlation_that_counts_otherwise_is_listed(
    kind: str, condition: str, more: str, reason: str, tmp_path: Path
) -> None:
    """It neither hides the other rules nor runs as something else."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "good.yml").write_text(BURST.format(kind="event_count", condition="gte: 3"))
    text = BURST.format(kind=kind, condition=condition)
    (rules / "odd.yml").write_text(text.replace("    timespan: 10m\n", f"    timespan: 10m\n    {more}\n"))
    found = bound(tmp_path, pack(path=rules))
    assert [each.detection.name for each in found.rules] == ["good"]
    assert [(each.file, each.reason) for each in found.packs[0].skipped] == [("odd.yml", reason)]


def test_fields_to_group_by_are_names(tmp_path: Path) -> None:
    """A number is none, and stops no other rule."""
    rules = tmp_path / "rules"
    rules.mkdir()
    text = BURST.format(kind="event_count", condition="gte: 3")
    (rules / "odd.yml").write_text(text.replace("[userIdentity.arn]", "7"))
    (loaded,) = bound(tmp_path, pack(path=rules)).packs
    assert [each.reason for each in loaded.skipped] == ["group-by: write the names of fields"]


def test_a_sum_that_is_a_little_more_is_more(tmp_path: Path) -> None:
    """Sums are not whole numbers."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "sum.yml").write_text(
        BURST.format(kind="value_sum", condition="gt: 100, field: additionalEventData.bytes")
    )
    (rule,) = bound(tmp_path, pack(path=rules)).rules
    assert rule.detection.threshold is not None
    assert 100 < rule.detection.threshold.least < 100.001


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("- a\n- b\n", "is no Sigma rule"),
        ("title: [", "is no YAML: while parsing a flow node"),
        ("title: x\n", "has no logsource and no detection; is it a Sigma rule?"),
        ("title: x\n---\ntitle: y\n", "has 2 rules; put each into a file of its own"),
    ],
)
def test_a_file_that_is_no_rule_is_listed(text: str, reason: str, tmp_path: Path) -> None:
    """Whatever is in it."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "x.yml").write_text(text)
    (loaded,) = bound(tmp_path, pack(path=rules)).packs
    assert loaded.skipped[0].reason.startswith(reason)
    assert "none of its 1 rules runs on aws_cloudtrail_log" in loaded.warnings[0]


def test_a_spoiled_cache_is_made_again(tmp_path: Path, home: Path) -> None:
    """Nothing depends on what it holds."""
    first = bound(tmp_path, pack())
    (file,) = (home / "cache" / "sigma").glob("*.json")
    file.write_text('{"x": 1}')
    assert bound(tmp_path, pack()) == first


def test_findings_name_the_authors_of_the_rule(project: Project) -> None:
    """As the licence of SigmaHQ's rules asks."""
    project.configure('collection "aws_cloudtrail_log" "p" {\n  source = source.file.logs\n}\n' + pack())
    event = {"eventTime": "2026-11-20T10:00:00Z", "eventID": "1", "eventName": "StopLogging"}
    event["eventSource"] = "cloudtrail.amazonaws.com"
    project.write("a.json", json.dumps({"Records": [event]}))
    project.collect_one()

    found = project.ask(f"SELECT severity, authors, mitre FROM {FINDING_TABLE} WHERE detection = 'sigma.aws.equals'")
    assert found == [("high", ["Ann Author", "Ben Author"], ["TA0112:T1685.002"])]
