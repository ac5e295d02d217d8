"""python-hcl2's parse tree, read into our own syntax."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tailpipe_resources.config.operators import number
from tailpipe_resources.config.prepass import HEREDOC_START
from tailpipe_resources.config.syntax import (
    Attribute,
    Binary,
    Block,
    Call,
    Conditional,
    Expression,
    Index,
    ListOf,
    Literal,
    Member,
    Name,
    ObjectOf,
    Template,
    Unary,
)
from tailpipe_resources.config.values import ExpressionError
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable

Node = Any
"""A tree or token of lark, which this module does not import so that a cached document needs neither."""

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_MEANS = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LITERALS = {"true": True, "false": False, "null": None}
_OPERATORS = {
    "DOUBLE_EQ": "==",
    "NEQ": "!=",
    "LT": "<",
    "GT": ">",
    "LEQ": "<=",
    "GEQ": ">=",
    "MINUS": "-",
    "ASTERISK": "*",
    "SLASH": "/",
    "PERCENT": "%",
    "DOUBLE_AMP": "&&",
    "DOUBLE_PIPE": "||",
    "PLUS": "+",
}
_UNSUPPORTED = {
    "attr_splat_expr_term": "splats (.*) are",
    "full_splat_expr_term": "splats ([*]) are",
    "for_tuple_expr": '"for" expressions are',
    "for_object_expr": '"for" expressions are',
}


class TreeReader:
    """Reads the trees of one file."""

    def __init__(self, path: str, text: str, skipped: int = 0) -> None:
        self._path = path
        self._text = text
        self._skipped = skipped
        self._readers: dict[str, Callable[[Node], Expression]] = {
            "expr_term": self._term,
            "identifier": lambda node: Name(self._place(node), str(node.children[0])),
            "literal_value": lambda node: Literal(self._place(node), _LITERALS[str(node.children[0])]),
            "int_lit": self._number,
            "float_lit": self._number,
            "string": self._string,
            "interpolation": lambda node: self.expression(_inner(node)[0]),
            "tuple": lambda node: ListOf(self._place(node), tuple(map(self.expression, _inner(node)))),
            "object": self._object,
            "function_call": self._call,
            "index_expr_term": self._index,
            "get_attr_expr_term": self._member,
            "conditional": lambda node: Conditional(self._place(node), *map(self.expression, _inner(node))),
            "unary_op": self._unary,
            "binary_op": self._binary,
        }

    def body(self, start: Node) -> Block:
        """A whole file, or a piece of one, as a block without type or labels."""
        return self._body(start, "", (), start.children[0])

    def expression(self, node: Node) -> Expression:
        """Any expression.

        Raises:
            ConfigError: when it is one we do not evaluate.
        """
        reader = self._readers.get(node.data)
        if reader is None:
            what = _UNSUPPORTED.get(node.data, f"{node.data} expressions are")
            raise self._wrong(node, f"{what} not supported")
        return reader(node)

    def _body(self, node: Node, kind: str, labels: tuple[str, ...], body: Node) -> Block:
        for before, child in pairwise(_inner(body)):
            self._check_line(before, child)
        attributes = tuple(self._attribute(child) for child in _inner(body) if child.data == "attribute")
        blocks = tuple(self._block(child) for child in _inner(body) if child.data == "block")
        return Block(self._place(node), kind, labels, attributes, blocks)

    def _check_line(self, before: Node, node: Node) -> None:
        line = self._line_before(before, node)
        if line and not line.endswith("*/"):
            name = str(_inner(node)[0].children[0])
            raise self._wrong(node, f'unexpected "{name}"; attributes and blocks are written on lines of their own')

    def _line_before(self, before: Node, node: Node) -> str:
        """What of an earlier node, and what follows it, stands on a node's own line."""
        return self._text[before.meta.start_pos : node.meta.start_pos].rpartition("\n")[2].rstrip()

    def _attribute(self, node: Node) -> Attribute:
        name, value = _inner(node)
        return Attribute(self._place(node), str(name.children[0]), self.expression(value))

    def _block(self, node: Node) -> Block:
        kind, *labels, body = _inner(node)
        return self._body(node, str(kind.children[0]), tuple(map(self._label, labels)), body)

    def _label(self, node: Node) -> str:
        if node.data != "string":
            return str(node.children[0])
        label = self._string(node)
        if isinstance(label, Literal):
            return str(label.value)
        raise self._wrong(node, "a label is fixed text; it cannot hold ${...}")

    def _term(self, node: Node) -> Expression:
        return self.expression(_inner(node)[0])

    def _number(self, node: Node) -> Literal:
        try:
            return Literal(self._place(node), number(str(node.children[0])))
        except ExpressionError as error:
            raise self._wrong(node, str(error)) from None

    def _string(self, node: Node) -> Expression:
        parts = [self._part(part.children[0]) for part in _inner(node)]
        if all(isinstance(part, Literal) and isinstance(part.value, str) for part in parts):
            text = "".join(str(part.value) for part in parts if isinstance(part, Literal))
            return Literal(self._place(node), text)
        return Template(self._place(node), tuple(parts))

    def _part(self, part: Node) -> Expression:
        if hasattr(part, "data"):
            inner = self.expression(part)
            # A template of one part hands on its value, whatever the type; text must stay text.
            return Template(self._place(part), (inner,)) if isinstance(inner, Literal) else inner
        text = str(part).removeprefix(HEREDOC_START)
        skipped = str(part).count("\n", 0, len(str(part)) - len(text))
        return Literal(self._place(part), self._unescape(text, self._place(part).line + skipped))

    def _unescape(self, text: str, line: int) -> str:
        def means(match: re.Match[str]) -> str:
            code = match[1]
            if code in _MEANS:
                return _MEANS[code]
            point = int(code[1:], 16) if len(code) > 1 else 0xD800
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
                place = Place(self._path, line + text.count("\n", 0, match.start()))
                message = f'"\\{code}" is not an escape; write "\\\\{code}", or the text in backticks'
                raise ConfigError([place.problem(message)])
            return chr(point)

        return _ESCAPE.sub(means, text)

    def _object(self, node: Node) -> ObjectOf:
        for before, element in pairwise(_inner(node)):
            between = self._line_before(before, element)
            if between and not between.endswith((",", "*/")):
                raise self._wrong(element, "a comma, or a line end, goes between two entries of an object")
        pairs = [_inner(element) for element in _inner(node)]
        keys = tuple(self._key(key) for key, _ in pairs)
        return ObjectOf(self._place(node), keys, tuple(self.expression(value) for _, value in pairs))

    def _key(self, node: Node) -> Expression:
        key = node.children[0]
        if key.data == "expr_term" and getattr(key.children[0], "data", "") == "identifier":
            key = key.children[0]
        if key.data in {"identifier", "keyword"}:
            return Literal(self._place(node), str(key.children[0]))
        return self.expression(key)

    def _call(self, node: Node) -> Call:
        names = [str(child.children[0]) for child in _inner(node) if child.data == "identifier"]
        given = [child for child in _inner(node) if child.data == "arguments"]
        arguments = tuple(self.expression(item) for items in given for item in _inner(items))
        expand = any(getattr(token, "type", "") == "ELLIPSIS" for items in given for token in items.children)
        return Call(self._place(node), "::".join(names), arguments, expand)

    def _index(self, node: Node) -> Index:
        of, key = _inner(node)
        if key.data == "short_index":
            return Index(self._place(node), self.expression(of), Literal(self._place(key), int(key.children[-1])))
        return Index(self._place(node), self.expression(of), self.expression(_inner(key)[0]))

    def _member(self, node: Node) -> Member:
        of, member = _inner(node)
        return Member(self._place(node), self.expression(of), str(_inner(member)[0].children[0]))

    def _unary(self, node: Node) -> Unary:
        operator, operand = node.children
        return Unary(self._place(node), str(operator), self.expression(operand))

    def _binary(self, node: Node) -> Binary:
        left, term = _inner(node)
        operator, right = _inner(term)
        symbol = _OPERATORS[operator.children[0].type]
        return Binary(self._place(node), symbol, self.expression(left), self.expression(right))

    def _place(self, node: Node) -> Place:
        line: int = getattr(node.meta, "line", 1) if hasattr(node, "meta") else node.line
        return Place(self._path, line + self._skipped)

    def _wrong(self, node: Node, message: str) -> ConfigError:
        return ConfigError([self._place(node).problem(message)])


def _inner(node: Node) -> list[Node]:
    """The children that are trees and mean something: no punctuation, newlines or comments."""
    return [child for child in node.children if hasattr(child, "data") and child.data != "new_line_or_comment"]
