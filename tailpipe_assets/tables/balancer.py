"""What the tables of AWS's load balancers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.text_columns import listed, number_checks, request_target

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "CASE WHEN contains(r.elb, '/') THEN split_part(r.elb, '/', 2) ELSE r.elb END"
"""SQL for the name in `app/name/id`, or the name itself."""


def balancer_table(
    name: str,
    description: str,
    fields: tuple[Field, ...],
    *,
    destination: str,
    layout: str,
    reference: str,
    sample: bytes,
    more: Mapping[str, str] | None = None,
    exclude: str | None = None,
) -> Table:
    """The table of one kind of load balancer.

    Args:
        name: the table's and its format's.
        description: what its rows are.
        fields: its columns.
        destination: the column with the address that was connected to.
        layout: where S3 holds its logs.
        reference: where AWS describes them.
        sample: a short log.
        more: SQL for other common columns than addresses.
        exclude: a regular expression for paths that never hold them.
    """
    return Table(
        name=name,
        description=description,
        formats=(name,),
        time="r.time",
        timestamp=instant("r.time"),
        checks=number_checks(fields),
        index=_NAME,
        fields=fields,
        enrichment={
            "tp_source_ip": "client_ip",
            "tp_destination_ip": destination,
            "tp_ips": listed("client_ip", destination),
            **(more or {}),
        },
        layouts={"aws_s3": layout},
        exclude=exclude,
        references=(reference,),
        sample=sample,
    )


def instant(text: str) -> str:
    """SQL for an ISO 8601 time; one without a zone is UTC."""
    return f"try_cast({text} AS TIMESTAMPTZ)"


def balancer_layout(kind: str, ending: str) -> str:
    """Where S3 holds the logs of load balancers of a kind.

    Args:
        kind: a regular expression for what their names begin with.
        ending: a regular expression for how object names end.
    """
    return (
        "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/elasticloadbalancing/%{DATA:region}"
        r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}"
        rf"/%{{NUMBER}}_elasticloadbalancing_%{{DATA}}_{kind}%{{DATA}}{ending}"
    )


def request_url() -> Field:
    """The URL; of a request that is not of HTTP, its text. Where there was no request, that is `- - - `."""
    return request_target("request_url", "The URL, with scheme, host and port.", "nullif(trim(r.request, '- '), '')")


def listed_words(name: str, description: str, quotes: str = "") -> Field:
    """A list of words that commas separate.

    Args:
        name: the field's and the column's.
        description: what it holds.
        quotes: what to take off around the words.
    """
    words = f"string_split(replace(r.{name}, '{quotes}', ''), ',')" if quotes else f"string_split(r.{name}, ',')"
    return Field(name, "VARCHAR[]", f"CASE WHEN r.{name} NOT IN ('-', '') THEN {words} END", description)
