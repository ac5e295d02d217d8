"""The rules of the house that no tool knows: small files, short functions, words for readers, no machine's paths."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path for name in ("tailpipe_assets", "tailpipe_resources") for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEXTS = sorted(
    path
    for pattern in ("*.md", "*.toml", "*.yaml", "Makefile", ".ci/run", "docs/**/*.md", "hcl/**/*.*")
    for path in ROOT.glob(pattern)
    if path.is_file()
)
MACHINE_PATH = re.compile(r"(?<![\w.~)}$*-])/(?:work|tmp|root|mnt|opt|private|home/\w+|Users/\w+)(?=[/\s\"'`),;]|$)")
SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?P<rest>.*)")
NAMES_ITS_RULE = re.compile(r"(?:: ?[A-Z]+\d+|\[[a-z-]+)")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PLUGINS = [
    EntryPoint(name, value, group)
    for group, points in {**PROJECT["entry-points"], "console_scripts": PROJECT["scripts"]}.items()
    for name, value in points.items()
]

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


def test_files_are_small() -> None:
    """No file of the packages has more than 300 lines."""
    long = {_name(path): count for path in PACKAGES if (count := len(path.read_text().splitlines())) > 300}

    assert long == {}


def test_functions_are_short() -> None:
    """No function of the packages has more than 50 lines, and half of the bodies have at most eight."""
    functions = [(path, node) for path in PACKAGES for node in _functions(path)]
    long = [f"{_name(path)}:{node.lineno} {node.name}" for path, node in functions if _lines(node) > 50]

    assert long == []
    assert statistics.median(_body_lines(node) for _, node in functions) <= 8


def test_everything_public_says_what_it_is() -> None:
    """Each module, class and function that does not begin with an underscore has a docstring."""
    silent = [f"{_name(path)}:{line}" for path in PACKAGES for line in _undocumented(path)]

    assert silent == []


def test_every_test_says_what_it_shows() -> None:
    """Each test has one sentence that says what holds when it passes."""
    silent = [
        f"{_name(path)}:{node.lineno} {node.name}"
        for path in TESTS
        for node in _functions(path)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []


def test_checks_are_silenced_by_name_only() -> None:
    """Where a check is switched off, the comment names which one."""
    blanket = [
        f"{_name(path)}:{number}"
        for path in (*PACKAGES, *TESTS)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (silenced := SILENCED.search(line)) and path != Path(__file__)
        if not NAMES_ITS_RULE.match(silenced["rest"])
    ]

    assert blanket == []


def test_no_text_knows_the_machine_it_was_written_on() -> None:
    """Code, configuration and docs name no folder that exists on one machine only."""
    found = [
        f"{_name(path)}:{number} {match[0]}"
        for path in (*PACKAGES, *TEXTS)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := MACHINE_PATH.search(line))
    ]

    assert found == []


@pytest.mark.parametrize("point", PLUGINS, ids=lambda point: f"{point.group}:{point.name}")
def test_entry_points_load(point: EntryPoint) -> None:
    """What pyproject.toml promises under a name can be imported by it."""
    assert point.load() is not None


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def _lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _body_lines(node: Function) -> int:
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or node.lineno) - body[0].lineno + 1


def _undocumented(path: Path) -> Iterator[int]:
    tree = ast.parse(path.read_text())
    nodes: list[Documented] = [tree, *_public(tree)] if tree.body else []
    return (getattr(node, "lineno", 1) for node in nodes if not ast.get_docstring(node))


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)
