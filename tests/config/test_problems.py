"""What is wrong with a configuration, all of it at once, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError

MISTAKES = """\
source "aws_s3" "logs" {
  buckett = "x"
}
source "aws_s4" "x" {
}
source "file" "ok" {
  path     = "a"
  patterns = { A = 1 }
}
source "file" "ok" {
  paths = ["a", 2]
}
source "slack" "s" {
  credential = credential.aws.k
}
collection "aws_cloudtrail_logg" "p" {
  source = source.file.ok
}
collection "http_log" "p" {
  source  = source.file.okk
  enabled = "yes"
  fromat  = "combined"
}
collection "http_log" "q" {
}
collection "http_log" "q" {
  source = "source.file.ok"
  start  = "soon"
}
collection "custom" "c" {
  source = source.file.ok
}
collection "custom" "d" {
  source     = source.file.ok
  table_name = "http_log"
}
colection "x" "y" {}
credential "aws" "k" {
  secret_key = 5
  rule       = "r"
  role       = local.nope
}
locals {
  a = local.b
  b = local.a
}
destination "parquet" "x y" {
  path = "."
}
format "regx" "f" {
  layout = "x"
}
collection "http_log" "s" {
  source      = source.file.ok
  format      = format.regex.nope
  destination = source.file.ok
  filter {
    were = "x"
  }
}
variable "v" {
  type    = number
  default = "x"
}
x = 1
"""

SAID = """\
x.hcl:1: source "aws_s3" "logs" needs "bucket"
x.hcl:2: source "aws_s3" "logs" has no attribute "buckett"; did you mean "bucket"?
x.hcl:4: there is no source type "aws_s4"; did you mean "aws_s3"?
x.hcl:8: "patterns", entry "A", must be a string, not a number
x.hcl:10: duplicate source "file" "ok"; the first is at x.hcl:6
x.hcl:14: credential.aws.k cannot be used here; a credential of type slack belongs here
x.hcl:16: there is no table "aws_cloudtrail_logg"; did you mean "aws_cloudtrail_log"?
x.hcl:20: source.file.okk is not declared; did you mean "source.file.ok"?
x.hcl:21: "enabled" must be true or false, not a string
x.hcl:22: collection "http_log" "p" has no attribute "fromat"; did you mean "format"?
x.hcl:24: collection "http_log" "q" needs "source"
x.hcl:26: duplicate collection "http_log" "q"; the first is at x.hcl:24
x.hcl:27: "source" must be a reference such as source.file.logs, not a string
x.hcl:28: "start" "soon" is not a time; write 2024-02-07 or 2024-02-07T13:00:00Z
x.hcl:30: collection "custom" "c" needs "table_name"
x.hcl:35: the table "http_log" is built in; write collection "http_log", or another "table_name"
x.hcl:37: there is no block type "colection"; did you mean "collection"?
x.hcl:39: "secret_key" must be a string, not a number
x.hcl:40: credential "aws" "k" has no attribute "rule"; did you mean "role"?
x.hcl:41: there is no local "nope"; there is a, b
x.hcl:44: local.a -> local.b -> local.a: a local cannot need itself
x.hcl:47: "x y" is not a label; use letters, digits, _ and -, and start with a letter or _
x.hcl:50: there is no format type "regx"; did you mean "regex"?
x.hcl:55: format.regex.nope is not declared; did you mean "format.regx.f"?
x.hcl:56: source.file.ok is a source; a destination belongs here
x.hcl:57: filter needs "where"
x.hcl:58: filter has no attribute "were"; did you mean "where"?
x.hcl:61: variable "v" is a number; its default is a string
x.hcl:65: "x" stands outside any block; values of your own go into locals
tailpipe: 29 problems; nothing was run."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)


def problems_of(text: str, **variables: str) -> str:
    """What is said of one file."""
    Path("x.hcl").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(["x.hcl"], variables=variables)
    return str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    """One reading reports every mistake, each at its line and with the nearest right name."""
    assert problems_of(MISTAKES) == SAID


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'source "file" {\n}\n',
            'x.hcl:1: source "file" lacks or exceeds its labels; it is written source "<type>" "<name>" { ... }',
        ),
        (
            'workspace "w" {\n  memory_max = 1\n}\n',
            'x.hcl:2: workspace "w" has no attribute "memory_max"; did you mean "memory_max_mb"?',
        ),
        (
            "locals {\n  a = 1\n  a = 2\n}\n",
            "x.hcl:3: duplicate local.a; the first is at x.hcl:2",
        ),
        (
            'source "file" "a" {\n  path = "x"\n  path = "y"\n}\n',
            'x.hcl:3: "path" is set twice; the first is at x.hcl:2',
        ),
        (
            'source "file" "a" {\n  path = "x"\n  filter {}\n}\n',
            'x.hcl:3: source "file" "a" holds no block "filter"',
        ),
        ('variable "v" {\n  type = string\n}\n', 'x.hcl:1: variable "v" has no value; '),
        ('variable "v" {\n  type = strin\n}\n', 'x.hcl:2: "type" is not a type; did you mean "string"?'),
        ('variable "v" {\n  type = list(strin)\n}\n', 'x.hcl:2: "type" is not a type; did you mean "string"?'),
        (
            'variable "v" {\n  type    = map(list(number))\n  default = { a = [1], b = [2, "x"] }\n}\n',
            'x.hcl:1: variable "v" takes a number for each element; its default has a string\ntailpipe: 1 problem',
        ),
        (
            'variable "v" {\n  default = "x"\n  default = "y"\n}\n',
            'x.hcl:3: "default" is set twice; the first is at x.hcl:2\ntailpipe: 1 problem',
        ),
        (
            'variable "v" {\n  default     = "x"\n  description = no\n}\n',
            'x.hcl:3: "no" is not a value; text is written in quotes\ntailpipe: 1 problem',
        ),
        (
            'variable "v" {\n  default     = "x"\n  description = 5\n}\n',
            'x.hcl:3: "description" must be a string, not a number\ntailpipe: 1 problem',
        ),
        (
            'source "file" "a" {\n  path = "~nobody-at-all/x"\n}\n',
            'x.hcl:1: source "file" "a": "~nobody-at-all/x": nobody has the home folder ~nobody-at-all\n',
        ),
        (
            (
                'source "file" "a" {\n  path = "x"\n}\ncollection "http_log" "x" {\n  source = source.file.a\n'
                '  start = "a\\nb\\u001b[2J"\n}\n'
            ),
            'x.hcl:6: "start" "a\\nb\\x1b[2J" is not a time; write 2024-02-07 or 2024-02-07T13:00:00Z\ntailpipe: 1',
        ),
        ('table "http_log" {\n}\n', 'x.hcl:1: the table "http_log" is built in; give yours another name'),
        (
            'destination "delta" "x" {\n  path = "."\n}\n',
            'x.hcl:1: there is no destination type "delta"; there is parquet',
        ),
        (
            'credential "aws" "x" {\n  profile = upper(1, 2)\n}\n',
            "x.hcl:2: upper(text) was given other arguments",
        ),
        (
            'source "file" "a" {\n  path = 5\n}\n',
            'x.hcl:2: "path" must be a string, not a number\ntailpipe: 1 problem',
        ),
        (
            (
                'source "aws_s3" "a" {\n  bucket = "bucket"\n  prefix = "logs/"\n}\ncollection "http_log" "x" {\n'
                '  source = source.aws_s3.a\n  prefix = "log/"\n}\n'
            ),
            'x.hcl:7: "prefix" must start with the prefix of source.aws_s3.a, set at x.hcl:1',
        ),
        (
            (
                'collection "http_log" "x" {\n  source "file" {\n    path = "x"\n  }\n  source "file" {\n'
                '    path = "y"\n  }\n}\n'
            ),
            'x.hcl:1: collection "http_log" "x" has several sources; it takes one',
        ),
        (
            'collection "http_log" "x" {\n  source = null\n}\n',
            'x.hcl:1: collection "http_log" "x" needs "source"',
        ),
        (
            'collection "http_log" "x" {\n  source "file" {\n    path = "x"\n  }\n  lookback = "2 days"\n}\n',
            'x.hcl:5: "lookback" "2 days" is not a length of time; write 36h, 2d or 1W (units: W d h M), or 0 for none',
        ),
        (
            'collection "http_log" "x" {\n  source "file" {\n    path = "x"\n  }\n  lookback = true\n}\n',
            'x.hcl:5: "lookback" must be a string or a whole number, not true or false',
        ),
    ],
)
def test_a_mistake_is_said(text: str, said: str) -> None:
    """Each kind of mistake has its sentence."""
    assert problems_of(text).startswith(said)


def test_a_variable_nobody_declared_is_a_problem() -> None:
    """A misspelt `--var` is not ignored."""
    text = 'variable "folder" {\n  default = "a"\n}\n'

    assert problems_of(text, foldr="x").startswith('--var: there is no variable "foldr"; did you mean "folder"?')


def test_a_syntax_error_does_not_hide_other_mistakes_or_invent_some() -> None:
    """Other blocks are checked; a reference into the broken one is not called unknown."""
    text = (
        'source "file" "a" {\n  path = @\n}\ncollection "http_log" "x" {\n  source = source.file.a\n  enabled = 1\n}\n'
    )

    assert problems_of(text) == (
        'x.hcl:2: unexpected "@"; a value goes here\n'
        'x.hcl:6: "enabled" must be true or false, not a number\n'
        "tailpipe: 2 problems; nothing was run."
    )


@pytest.mark.parametrize(
    "attribute",
    ["token = hunter2", "token = hunter2.x", 'token = ["hunter2"]', 'token = "a" + hunter2', 'token = env("X") + 1'],
)
def test_a_problem_with_a_secret_never_repeats_it(attribute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with a secret attribute, the message holds nothing of it."""
    monkeypatch.setenv("X", "hunter2")

    said = problems_of(f'credential "slack" "x" {{\n  {attribute}\n}}\n')

    assert said.startswith('x.hcl:2: "token"')
    assert "hunter2" not in said


def test_a_file_that_is_not_text_is_a_problem() -> None:
    """Unreadable and binary files are reported by name, with the line of the first byte that is no text."""
    Path("x.hcl").write_bytes(b"# one\n# \xe9\n")

    with pytest.raises(ConfigError) as caught:
        load(["x.hcl", "y.hcl"])

    assert str(caught.value).splitlines()[:2] == [
        "x.hcl:2: is not UTF-8 text",
        "y.hcl: cannot be read: No such file or directory",
    ]


def test_a_value_that_fills_pages_is_not_repeated() -> None:
    """The beginning of a message and its end say enough."""
    said = problems_of(
        f'source "file" "a" {{\n  path = "x"\n}}\ndestination "{"d" * 50_000}" "a" {{\n  path = "."\n}}\n'
    )

    assert len(said) < 1200
    assert said.startswith("x.hcl:4: ")
