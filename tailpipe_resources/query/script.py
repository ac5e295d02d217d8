"""The view set as a script for a plain DuckDB shell, or any program that runs DuckDB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tailpipe_resources.model.names import literal, quote
from tailpipe_resources.query.layers import MAIN, Layer, create_schemas
from tailpipe_resources.query.views import select_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tailpipe_resources.query.views import View


_EXTENSIONS = (
    "A bucket is read through DuckDB's own extensions httpfs and aws, which DuckDB downloads once. Where there is no",
    "network, put them into its extension folder first: https://duckdb.org/docs/stable/extensions/installing_extensions",
)


@dataclass(frozen=True, slots=True)
class Secret:
    """How DuckDB gets at a bucket, without any key being written down."""

    scope: str
    """`s3://bucket/prefix`."""

    settings: Mapping[str, str]
    """Settings of `CREATE SECRET`, as SQL."""


def script(
    views: Iterable[View],
    layers: Iterable[Layer],
    *,
    about: Sequence[str],
    search_path: str = "",
    secrets: Sequence[Secret] = (),
) -> str:
    """The statements that make every view.

    Args:
        views: the tables, over files as DuckDB itself can name them.
        layers: what stands on them, in an order in which they can be made.
        about: lines for whoever opens the file.
        search_path: where plain names are looked for, as DuckDB writes it; as usual when empty.
        secrets: for lakes in buckets.

    Raises:
        QueryError: a file's path cannot be told from a pattern.
    """
    made = list(layers)
    statements = [
        *_reaching(secrets),
        "SET TimeZone = 'UTC'",
        *(f"CREATE OR REPLACE VIEW {MAIN}.{quote(view.name)} AS {select_of(view)}" for view in views),
        *create_schemas(made),
        *(layer.create for layer in made),
        *([f"SET search_path = {literal(search_path)}"] if search_path else []),
    ]
    lines = [*about, *(_EXTENSIONS if secrets else ())]
    return "\n".join([*(f"-- {line}" for line in lines), *map(_ended, statements), ""])


def _ended(statement: str) -> str:
    """With its semicolon, which a comment at the end must not hide."""
    return f"{statement}\n;" if "--" in statement.rpartition("\n")[2] else f"{statement};"


def relocated(view: View, moved: Mapping[str, str]) -> View:
    """A view over the same files under other addresses.

    Args:
        view: of one or more lakes.
        moved: what files' addresses begin with, and with what instead.
    """

    def place(address: str) -> str:
        start = next((each for each in moved if address.startswith(each)), "")
        return moved.get(start, "") + address.removeprefix(start)

    stored = tuple(file._replace(address=place(file.address)) for file in view.stored)
    return replace(view, files=tuple(map(place, view.files)), stored=stored)


def _reaching(secrets: Sequence[Secret]) -> list[str]:
    if not secrets:
        return []
    made = [
        f"CREATE OR REPLACE SECRET {quote(f'tailpipe_{number}')} (TYPE s3, SCOPE {literal(secret.scope)}"
        + "".join(f", {name} {value}" for name, value in secret.settings.items())
        + ")"
        for number, secret in enumerate(secrets, start=1)
    ]
    return ["INSTALL httpfs", "LOAD httpfs", "INSTALL aws", "LOAD aws", *made]
