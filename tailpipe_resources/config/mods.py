"""A mod's folder as a `Mod`: files in Powerpipe's language, read by themselves and trusted with nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_resources.config.document import read
from tailpipe_resources.config.expressions import Scope
from tailpipe_resources.config.mod_params import bound
from tailpipe_resources.config.syntax import Member, Name
from tailpipe_resources.config.values import Reference, Value, kind_of
from tailpipe_resources.errors import ConfigError, UsageError
from tailpipe_resources.model.mod import Mod, ModDetection, Skipped
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.place import Place, Problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tailpipe_resources.config.syntax import Attribute, Block, Expression

SUFFIXES = frozenset({".pp", ".sp"})
_REFERABLE = {"benchmark": 1, "control": 1, "detection": 1, "query": 1}
_READ = frozenset({"benchmark", "detection", "locals", "mod", "query", "variable"})


def read_mod(folder: str | Path, variables: Mapping[str, Any] | None = None) -> Mod:
    """What is in a mod's folder. What is wrong with a part of it skips that part, with the reason.

    Args:
        folder: where its `mod.pp` is.
        variables: values for its variables, by name.

    Raises:
        UsageError: when there is no such folder or no mod in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise UsageError(f"{root} is no folder")
    problems = Problems()
    blocks = [block for file in files_of(root) for block in read(file, problems).blocks]
    found = next((block for block in blocks if block.type == "mod" and block.labels), None)
    if found is None:
        wrong = "".join(f"\n  {each}" for each in problems)
        raise UsageError(f'{root} is no mod: no file in it has a block mod "name" {{ ... }}{wrong}')
    return _Reader(root, blocks, variables or {}, problems).mod(found)


def files_of(root: Path) -> list[Path]:
    """The files of a mod that are read, hidden folders and what links lead out to excepted."""
    inside = root.resolve()
    return sorted(
        file
        for file in root.rglob("*")
        if file.suffix in SUFFIXES
        and not any(part.startswith(".") for part in file.relative_to(root).parts)
        and file.resolve().is_relative_to(inside)
        and file.is_file()
    )


class _Reader:
    """Reads the blocks of one mod."""

    def __init__(self, root: Path, blocks: list[Block], variables: Mapping[str, Any], problems: Problems) -> None:
        self._root, self._blocks = root, blocks
        self._skipped = [Skipped(root.name, Place(each.path, each.line), each.message) for each in problems]
        self._queries = self._named("query")
        self._scope = Scope(
            {each.name: each for block in blocks if block.type == "locals" for each in block.attributes},
            self._variables(variables),
            referable=_REFERABLE,
            root=root,
        )

    def mod(self, block: Block) -> Mod:
        """All of it."""
        read = self._named("detection")
        found = [each for name, detection in read.items() if (each := self._detection(name, detection)) is not None]
        benchmarks = {name: self._children(name, each) for name, each in self._named("benchmark").items()}
        said = _attributes(block)
        return Mod(
            name=block.labels[0],
            path=str(self._root),
            title=self._text(said, "title") or block.labels[0],
            description=self._text(said, "description"),
            version=self._text(said, "version"),
            detections=tuple(found),
            benchmarks=benchmarks,
            queries=len(self._queries),
            skipped=tuple(self._skipped),
            notices=tuple(self._notices()),
        )

    def _named(self, kind: str) -> dict[str, Block]:
        """The blocks of a type by their name; a second one of the same name is skipped."""
        found: dict[str, Block] = {}
        for block in self._blocks:
            if block.type != kind:
                continue
            name = block.labels[0] if len(block.labels) == 1 else ""
            if not name:
                self._skip(kind, block.place, f'a {kind} has one label: {kind} "name" {{ ... }}')
            elif found.setdefault(name, block) is not block:
                self._skip(name, block.place, f"duplicate {block.title}; the first is at {found[name].place}")
        return found

    def _variables(self, given: Mapping[str, Any]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        declared = self._named("variable")
        for name, block in declared.items():
            said = _attributes(block)
            if name in given:
                values[name] = given[name]
            elif _is_connection(said.get("type")):
                values[name] = None
            elif "default" in said:
                try:
                    values[name] = Scope({}, {}, referable={}, root=self._root).evaluate(said["default"].value)
                except ConfigError as error:
                    self._skipped += [
                        Skipped(name, Place(each.path, each.line), each.message) for each in error.problems
                    ]
        for name in given.keys() - declared.keys():
            self._skip(name, Place(str(self._root), 0), f'the mod has no variable "{name}"{hint(name, declared)}')
        return values

    def _detection(self, name: str, block: Block) -> ModDetection | None:
        said = _attributes(block)
        try:
            sql, place = self._sql(said, block)
            return ModDetection(
                name=name,
                place=block.place,
                sql=sql,
                sql_place=place,
                title=self._text(said, "title"),
                description=self._text(said, "description").strip(),
                documentation=self._text(said, "documentation").strip(),
                severity=self._text(said, "severity"),
                tags={key: str(value) for key, value in self._value(said, "tags", dict).items()},
                columns=tuple(map(str, self._value(said, "display_columns", list))),
            )
        except ConfigError as error:
            self._skipped += [Skipped(name, Place(each.path, each.line), each.message) for each in error.problems]
            return None

    def _sql(self, said: Mapping[str, Attribute], block: Block) -> tuple[str, Place]:
        """What a detection asks, and where that is written."""
        if ("sql" in said) is ("query" in said):
            raise _wrong(block.place, "give exactly one of query, sql")
        if "sql" in said:
            return bound(self._text(said, "sql"), block, block, self._scope.evaluate), said["sql"].place
        query = said["query"]
        reference = self._scope.evaluate(query.value)
        if not isinstance(reference, Reference) or reference.kind != "query":
            raise _wrong(query.place, f"query is {kind_of(reference)}; write query.<name>")
        (name,) = reference.labels
        if name not in self._queries:
            raise _wrong(query.place, f"{reference.written} is not declared{hint(name, self._queries)}")
        asked = self._queries[name]
        inner = _attributes(asked)
        if "sql" not in inner:
            raise _wrong(asked.place, f'{asked.title} needs "sql"')
        return bound(self._text(inner, "sql"), asked, block, self._scope.evaluate), inner["sql"].place

    def _children(self, name: str, block: Block) -> tuple[str, ...]:
        try:
            children = self._value(_attributes(block), "children", list)
        except ConfigError as error:
            self._skipped += [Skipped(name, Place(each.path, each.line), each.message) for each in error.problems]
            return ()
        return tuple(f"{each.kind}.{each.labels[0]}" for each in children if isinstance(each, Reference))

    def _text(self, said: Mapping[str, Attribute], name: str) -> str:
        value = self._scope.evaluate(said[name].value) if name in said else None
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        raise _wrong(said[name].place, f"{name} is {kind_of(value)}; text belongs here")

    def _value(self, said: Mapping[str, Attribute], name: str, kind: type[Any]) -> Any:
        value = self._scope.evaluate(said[name].value) if name in said else None
        if value is None:
            return kind()
        if not isinstance(value, kind):
            wanted = kind_of(kind())
            raise _wrong(said[name].place, f"{name} is {kind_of(value)}; {wanted} belongs here")
        return value

    def _skip(self, rule: str, place: Place, reason: str) -> None:
        self._skipped.append(Skipped(rule, place, reason))

    def _notices(self) -> Iterator[str]:
        passed = Counter(each.type for each in self._blocks if each.type not in _READ)
        if passed:
            yield f"passed over: {_counted(passed.items())}; only detections are used"


def _attributes(block: Block) -> dict[str, Attribute]:
    return {each.name: each for each in block.attributes}


def _is_connection(kind: Attribute | None) -> bool:
    node: Expression | None = None if kind is None else kind.value
    while isinstance(node, Member):
        node = node.of
    return isinstance(node, Name) and node.name == "connection"


def _wrong(place: Place, message: str) -> ConfigError:
    return ConfigError([place.problem(message)])


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"1 {kind}" if count == 1 else f"{count} {kind}s" for kind, count in sorted(counts))
