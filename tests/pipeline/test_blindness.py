"""A filter or a redaction that takes away what a detection needs is told of, by the detection's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.pipeline.blindness import blind_spots
from tailpipe_assets.pipeline.plan import plan
from tailpipe_assets.pipeline.rules import rules_of
from tailpipe_resources.config import load
from tailpipe_resources.model.place import Problems

if TYPE_CHECKING:
    from pathlib import Path

KMS = """  filter {
    where = "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
  }
"""
ROOT = """  filter {
    where = "user_identity.type = 'Root'"
  }
"""
DECRYPT = """
detection "aws_cloudtrail_log" "decrypted" {
  where = "event_source = 'kms.amazonaws.com' and event_name = 'Decrypt' and user_identity.type = 'IAMUser'"
  test "fires" {
    event  = { event_source = "kms.amazonaws.com", event_name = "Decrypt", user_identity = { type = "IAMUser" } }
    expect = true
  }
  test "does not" {
    event  = { event_source = "kms.amazonaws.com", event_name = "Encrypt" }
    expect = false
  }
}
"""


def collection(name: str, body: str = "") -> str:
    """A collection of the only source."""
    return f'collection "aws_cloudtrail_log" "{name}" {{\n  source = source.file.logs\n{body}}}\n'


def warnings(folder: Path, text: str) -> list[str]:
    """What is told of, with the folder left out."""
    (folder / "x.hcl").write_text(f'source "file" "logs" {{\n  path = "logs"\n}}\n{text}')
    config = load([folder / "x.hcl"])
    plans = plan(config)
    bound = rules_of(config, [each.table for each in plans], Problems())
    return [each.replace(f"{folder}/", "") for each in blind_spots(bound, plans)]


def test_a_filter_that_drops_what_a_rule_needs_is_named_with_both_places(tmp_path: Path) -> None:
    """Once, with the test that shows it."""
    (said,) = warnings(tmp_path, collection("production", KMS) + DECRYPT)
    what, _, test = said.partition("; ")
    assert what == (
        "x.hcl:7: this filter of aws_cloudtrail_log.production drops what detection.aws_cloudtrail_log.decrypted needs"
    )
    assert test == 'see its test "fires" at x.hcl:13'


def test_a_rule_that_sees_its_events_elsewhere_is_not_blind(tmp_path: Path) -> None:
    """One collection of a source may be narrow when another is not."""
    assert warnings(tmp_path, collection("production") + collection("root", ROOT) + DECRYPT) == []
    assert len(warnings(tmp_path, collection("production", KMS) + collection("root", ROOT) + DECRYPT)) == 2


def test_what_a_test_leaves_open_drops_nothing(tmp_path: Path) -> None:
    """An event that does not say its region may well be of the region that is kept; a raw log says all there is."""
    narrow = "  filter {\n    where = \"aws_region = 'eu-west-1'\"\n  }\n"
    assert warnings(tmp_path, collection("production", narrow) + DECRYPT) == []
    event = 'eventSource = "kms.amazonaws.com", eventName = "Decrypt", userIdentity = { type = "IAMUser" }'
    raw = f'raw = jsonencode({{ eventTime = "2026-11-20T10:00:00Z", {event} }})\n    expect = true'
    rule = DECRYPT.replace(DECRYPT[DECRYPT.index("event  =") : DECRYPT.index("  }\n")], f"{raw}\n")
    assert len(warnings(tmp_path, collection("production", narrow) + rule)) == 1


def test_a_redaction_that_hides_what_a_rule_needs_is_named(tmp_path: Path) -> None:
    """Only the one whose column the rule names; a digest needs no secret for that."""
    redactions = """  redact {
    column = "user_identity.type"
    how    = "drop"
  }
  redact {
    column = "user_agent"
    how    = "hash"
    secret = env("NOT_SET")
  }
"""
    (said,) = warnings(tmp_path, collection("production", redactions) + DECRYPT)
    assert said.startswith("x.hcl:7: this redaction of aws_cloudtrail_log.production hides what detection.")


def test_a_test_that_fails_anyway_tells_nothing_of_filters(tmp_path: Path) -> None:
    """`detection test` is there for that."""
    wrong = DECRYPT.replace('event_name = "Decrypt"', 'event_name = "Decrpt"')
    odd = DECRYPT.replace('event_name = "Decrypt"', "event_name = [1]")
    assert warnings(tmp_path, collection("production", KMS) + wrong) == []
    assert warnings(tmp_path, collection("production", KMS) + odd) == []
