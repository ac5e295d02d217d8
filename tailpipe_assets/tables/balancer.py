"""What the tables of AWS's load balancers have in common."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field
from tailpipe_assets.tables.text_columns import request_target


def instant(text: str) -> str:
    """SQL for an ISO 8601 time; one without a zone is UTC."""
    return f"try_cast({text} AS TIMESTAMPTZ)"


def balancer_name(elb: str) -> str:
    """SQL for the name in `app/name/id`, or the name itself."""
    return f"CASE WHEN contains({elb}, '/') THEN split_part({elb}, '/', 2) ELSE {elb} END"


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
