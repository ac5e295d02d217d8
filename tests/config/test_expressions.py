"""What expressions give, and that secrets stay secret on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.config.document import parse
from tailpipe_resources.config.expressions import Scope
from tailpipe_resources.config.values import Reference, Value
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Place, Problems
from tailpipe_resources.model.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

LOCALS = 'region = "eu"\nname = "logs-${local.region}"\ntags = { a = [1, 2], "b c" = "x" }\n'


def evaluate(expression: str, variables: dict[str, Value] | None = None, path: str = "x.hcl") -> Value:
    """An expression's value beside a few locals."""
    problems = Problems()
    attributes = parse(f"{LOCALS}it = {expression}\n", path, problems).attributes
    assert not list(problems)
    return Scope({item.name: item for item in attributes}, variables or {}).evaluate(attributes[-1].value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("local.name", "logs-eu"),
        ('"${local.name}/${upper(local.region)}/${1 + 1}"', "logs-eu/EU/2"),
        ('"${local.tags}"', {"a": [1, 2], "b c": "x"}),
        ('"a${"b${"c"}"}"', "abc"),
        ('local.tags.a[1] + local.tags["a"].0', 3),
        ("7 / 2", 3.5),
        ("0.1 + 0.2", 0.3),
        ("100 * 1.1", 110),
        ("9007199254740993 / 1", 9007199254740993),
        ("[-7 % 3, 7 % -3, 5.5 % 2]", [-1, 1, 1.5]),
        ('"${1e3}, ${1e20}, ${0.0000001}"', "1000, 100000000000000000000, 0.0000001"),
        ("[1] == [true] || { a = 0 } == { a = false }", False),
        ("[{ a = [1.0] }] == [{ a = [1] }]", True),
        ("-(7 - 9) * 2 % 3", 1),
        ("1 < 2 && 2 <= 2 && 3 > 2 && !(3 >= 4) || false", True),
        ('1 == 1 && "a" != "b" && 1 != "1"', True),
        ('local.region == "eu" ? "yes" : local.nope', "yes"),
        ("[1, true, null, 1.5,]", [1, True, None, 1.5]),
        ("{ (local.region) = 1, b : 2 }", {"eu": 1, "b": 2}),
        ("var.x", 5),
        ("merge({ a = 1 }, { a = 2, b = 3 })", {"a": 2, "b": 3}),
        ('replace("a.b.c", ".", "-")', "a-b-c"),
        ('replace("a1b22", "/[0-9]+/", "#")', "a#b#"),
        (r'replace("a1", "/(?P<l>[a-z])([0-9])/", "$2-$l-$$l-$${2}x-\\d-$0")', r"1-a-$l-1x-\d-a1"),
        ('replace("a1", "1", "$0")', "a$0"),
        ("concat([1], [2, 3])", [1, 2, 3]),
        ("concat([[1], [2]]...)", [1, 2]),
        ('join(",", ["a", 1])', "a,1"),
        ('split("/", "a/b")', ["a", "b"]),
        ('lower(trimspace("  AB "))', "ab"),
        ('format("%s-%03d-%v-%q-%.1f%%", "a", 7, true, "q", 1.25)', 'a-007-true-"q"-1.2%'),
        ('coalesce(null, "", env("NOT_SET"), "x")', "x"),
        ('format("%t %x %o %g %v", true, 255, 8, 12345.678, [1, "é"])', 'true ff 10 12345.678 [1,"é"]'),
        ('jsonencode({ a = [1.0, "é"] })', '{"a":[1,"é"]}'),
        ('jsondecode(`{"a": [1, null]}`)', {"a": [1, None]}),
    ],
)
def test_an_expression_gives(expression: str, expected: Value) -> None:
    """Operators, templates, indexing and functions give what HCL says they give."""
    assert evaluate(expression, {"x": 5}) == expected


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("local.regoin", 'there is no local "regoin"; did you mean "region"?'),
        ("var.y", 'there is no variable "y"; there is x'),
        ("uper(1)", 'there is no function "uper"; did you mean "upper"?'),
        ("upper()", "upper(text) was given other arguments"),
        ("upper([])", "upper(): needs a string, not a list"),
        ("eu", '"eu" is not a value; text is written in quotes'),
        ("sauce.x", 'unknown reference "sauce.x"; did you mean "source"?'),
        ("source.file", "source.file is no reference; it is written source.<type>.<name>"),
        ('1 + "a"', '"+" needs numbers, not a string'),
        ("1 / 0", "division by zero"),
        ('"a ${[1]} b"', "a list cannot be part of a string"),
        ('"a ${source.file.x}"', "a reference cannot be part of a string"),
        ("local.tags.c", 'the object has no "c"; there is a, b c'),
        ("[1][2]", "the list has no item 2; it has 1, counted from 0"),
        ("1 ? 2 : 3", "a condition needs true or false, not a number"),
        ('format("%d", "x")', "format(): %d needs a number, not a string"),
        ('format("%d", 1.5)', "format(): %d needs a whole number"),
        ('format("%t", 1)', "format(): %t needs true or false, not a number"),
        ('format("100%")', 'format(): "%" is no verb; there is %v %s %q %t %d %x %X %o %e %f %g %%'),
        ('format("%99999999999d", 1)', 'format(): "%9999" is no verb'),
        ('replace("a", "/a/", "$1")', "replace(): a has no group 1"),
        ("1e308 * 10", "the result is too large"),
        ("+".join(["1"] * 400), "values are nested too deeply in here"),
        ('jsondecode("{")', "jsondecode(): "),
        ('jsondecode("[NaN]")', "jsondecode(): NaN is no number of JSON"),
        ('jsondecode("1e400")', "jsondecode(): the number is too large"),
        (f'jsondecode("{"[" * 100_000}")', "jsondecode(): the text is nested too deeply"),
        (
            'secret_file("~nobody-at-all/x")',
            'secret_file(): "~nobody-at-all/x": nobody has the home folder ~nobody-at-all',
        ),
        ('"a ${env("NOT_SET")}"', "the environment variable NOT_SET is not set"),
    ],
)
def test_an_expression_without_value_says_why(expression: str, problem: str) -> None:
    """The message has the line and the nearest right name."""
    with pytest.raises(ConfigError) as caught:
        evaluate(expression, {"x": 5})

    assert str(caught.value).startswith(f"x.hcl:4: {problem}")


def test_a_reference_knows_its_kind_by_either_word() -> None:
    """`connection.aws.x` and `credential.aws.x` are the same address."""
    expected = Reference(Place("x.hcl", 4), "credential", ("aws", "x"), "connection.aws.x")

    assert evaluate("connection.aws.x") == expected


def test_a_whole_secret_is_looked_up_when_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loading reads neither the variable nor the file; each use reads it anew."""
    monkeypatch.chdir(tmp_path)
    assert evaluate('env("KEY")') == Secret("env", "KEY")

    secret = evaluate('secret_file("key.txt")')

    assert isinstance(secret, Secret)
    for content in ("one", "two"):
        (tmp_path / "key.txt").write_text(content + "\n")
        assert secret.reveal() == content


@pytest.mark.parametrize("expression", ['"a ${env("KEY")}"', 'upper(env("KEY"))', 'join("", [env("KEY")])'])
def test_what_is_made_from_a_secret_is_a_secret(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text made from a secret cannot be printed either."""
    monkeypatch.setenv("KEY", "hunter2")

    made = evaluate(expression)

    assert isinstance(made, Secret)
    assert "hunter2" in made.reveal().lower()
    assert "hunter2" not in f"{made!r} {made}".lower()


def test_a_function_that_fails_on_a_secret_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the function only."""
    monkeypatch.setenv("KEY", "{hunter2")

    with pytest.raises(ConfigError) as caught:
        evaluate('jsondecode(env("KEY"))')

    assert "jsondecode() cannot work with this secret" in str(caught.value)


def test_file_reads_below_the_configuration_only(tmp_path: Path) -> None:
    """`file()` finds files beside the configuration file, and neither climbs out nor follows a link out."""
    config = tmp_path / "hcl"
    config.mkdir()
    (config / "a.sql").write_text("select 1")
    (tmp_path / "outside").write_text("no")
    (config / "link").symlink_to(tmp_path / "outside")
    path = str(config / "x.hcl")

    assert evaluate('file("./a.sql")', path=path) == "select 1"
    for wrong in ("../outside", str(tmp_path / "outside"), "link"):
        with pytest.raises(ConfigError, match="is outside the folder that files are read from"):
            evaluate(f'file("{wrong}")', path=path)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        evaluate('file("b.sql")', path=path)
    (config / "loop").symlink_to("loop")
    with pytest.raises(ConfigError, match="cannot be read: Too many levels of symbolic links"):
        evaluate('file("loop")', path=path)


def test_locals_that_need_each_other_are_a_problem() -> None:
    """A circle of locals is reported with its steps."""
    attributes = parse("a = local.b\nb = [local.a]\n", "x.hcl", Problems()).attributes
    scope = Scope({item.name: item for item in attributes}, {})

    for name in ("a", "b"):
        with pytest.raises(ConfigError, match=r"x.hcl:1: local.a -> local.b -> local.a: a local cannot need itself"):
            scope.local(name)
