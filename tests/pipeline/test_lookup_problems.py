"""What is wrong with lookups and with what collections ask of them: all of it is said before anything is collected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.services.enriching import ACCOUNTS, configure, enrich, lookup, said

if TYPE_CHECKING:
    from tests.services.project import Project


def test_what_is_redacted_is_not_looked_up(project: Project) -> None:
    """Neither by the column nor by a common one that is made of it: the file would give back what was taken out."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    redact = '  redact {\n    column = "source_ip_address"\n    how = "drop"\n  }\n'
    added = enrich("accounts", '"source_ip_address"', a="name") + enrich("accounts", '"tp_source_ip"', b="name")
    project.configure(
        f'{accounts}collection "aws_cloudtrail_log" "c" {{\n  source = source.file.logs\n{redact}{added}}}\n'
    )

    assert said(project) == [
        'tailpipe.hcl:19: enrich: "source_ip_address" is redacted at tailpipe.hcl:14; nothing would be found',
        'tailpipe.hcl:24: enrich: "tp_source_ip" is made of "source_ip_address", redacted at tailpipe.hcl:14',
    ]


def test_everything_wrong_with_a_file_is_said_with_its_line(project: Project) -> None:
    """Keys and networks that are there twice, are missing or are none."""
    keys = lookup(project, "keys.csv", 'k,v\n1,a\n"2\nx",b\n\n1,c\n,d\n', 'key = "k"')
    nets = lookup(project, "nets.csv", "n\n10.0.0.0/8\n10.0.0.1/8\nx\n10.0.0.0/8\n", 'network = "n"')
    rows = lookup(project, "rows.csv", "k,v\n1\n2,b\n3,c,d\n", 'key = "k"')
    gone = lookup(project, "gone.csv", how='key = "k"')
    none = lookup(project, "none.csv", "a,b\n", 'key = "c"')
    configure(project, keys + nets + rows + gone + none)

    assert said(project) == [
        'keys.csv:6: the key "1" is there at line 2 too',
        "keys.csv:7: the key is empty",
        'nets.csv:3: "10.0.0.1/8" begins inside of the network; with /8 its last 24 bits have to be 0',
        'nets.csv:4: "x" is no network such as 192.0.2.0/24 or 2001:db8::/32',
        'nets.csv:5: the network "10.0.0.0/8" is there at line 2 too',
        "rows.csv:2: the row has 1 values, the header 2",
        "rows.csv:4: the row has 3 values, the header 2",
        'tailpipe.hcl:34: lookup "gone": gone.csv cannot be read: No such file or directory',
        'tailpipe.hcl:39: lookup "none" has no column "c"; there is a, b',
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"k,v\n1,a\n2,\xff\n", "x.csv:3: the file is not UTF-8 here"),
        (b'k,v\n"1"x,a\n', "x.csv:2: this is no row of CSV: ',' expected after '\"'"),
        (b"\n", 'tailpipe.hcl:22: lookup "x": x.csv is empty; its first line names the columns'),
        (b"k,v,v\n", 'tailpipe.hcl:22: lookup "x": the file has several columns called "v"'),
    ],
)
def test_a_file_that_is_no_table_is_said(project: Project, content: bytes, message: str) -> None:
    """With the line where that shows."""
    configure(project, lookup(project, "x.csv", content, 'key = "k"'))

    assert said(project) == [message]


def test_of_many_mistakes_the_first_are_said(project: Project) -> None:
    """And how many more there are."""
    configure(project, lookup(project, "x.csv", "k\n" + "1\n" * 20, 'key = "k"'))

    *first, last = said(project)

    assert [each.partition(": ")[0] for each in first] == [f"x.csv:{line}" for line in range(3, 13)]
    assert last == "x.csv:21: 9 more rows of this file are wrong like these"


def test_everything_wrong_with_a_block_is_said(project: Project) -> None:
    """Columns that are not there, are taken already or clash."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    wrong = [
        enrich("accounts", '"acount"', Account="name", tp_x="name"),
        enrich("accounts", '"account", "region"', a="name"),
        enrich("accounts", '"params"', a="naem", b="name"),
        enrich("acounts", '"account"', c="name"),
    ]
    configure(project, accounts, *wrong)

    assert said(project) == [
        'tailpipe.hcl:29: enrich: there is no column "acount"; did you mean "account"?',
        'tailpipe.hcl:30: enrich: "Account": t has a column of this name; choose another',
        'tailpipe.hcl:30: enrich: "tp_x": Tailpipe keeps this name for itself; choose another',
        'tailpipe.hcl:34: enrich: "on" names 2 columns; the lookup "accounts" is found by 1',
        'tailpipe.hcl:39: enrich: "params" is JSON; a single value can be looked up',
        'tailpipe.hcl:40: enrich: "a": it is added at tailpipe.hcl:32 already; choose another',
        'tailpipe.hcl:40: enrich: lookup "accounts" has no column "naem"; did you mean "name"?',
        'tailpipe.hcl:43: lookup.acounts is not declared; did you mean "lookup.accounts"?',
    ]


def test_collections_of_a_table_agree_on_what_is_added(project: Project) -> None:
    """One name is one type, whichever collection fills it."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    pq.write_table(pa.table({"id": [1], "score": [1]}), project.folder / "scores.parquet")
    scores = lookup(project, "scores.parquet", how='key = "id"')
    added = enrich("scores", '"port"', x="score")
    other = f'collection "t" "b" {{\n  source = source.file.logs\n{added}}}\n'
    configure(project, accounts + scores, enrich("accounts", '"account"', x="name"), more=other)

    assert said(project) == [
        'tailpipe.hcl:42: enrich: "x" is BIGINT here, and at tailpipe.hcl:34 "x" is VARCHAR; a table has one of them'
    ]
