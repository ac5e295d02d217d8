"""Enrichment: columns out of files, added to rows as they come in, and never more rows."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tailpipe_assets.pipeline import plan
from tailpipe_assets.pipeline.rule_tests import run_tests
from tailpipe_assets.views.checking import check_views
from tailpipe_resources.config import load
from tailpipe_resources.errors import ConfigError
from tailpipe_resources.lake.history import history
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.place import Problems
from tests.services.mmdb import mmdb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.services.project import Project

TABLE = """
table "t" {
  format = "jsonl"
  column "time" {}
  column "account" {}
  column "region" {}
  column "client" {}
  column "port" {
    type = "INTEGER"
  }
  column "params" {
    type = "JSON"
  }
}
"""
ACCOUNTS = "account_id,name,owner\n001,first,ann\n2,second,\n"
NETWORKS = "cidr,who\n203.0.113.0/24,wide\n203.0.113.128/25,narrow\n2001:db8::/32,six\n"


def enrich(lookup: str, on: str, **columns: str) -> str:
    """A block of HCL."""
    asked = ", ".join(f'{name} = "{theirs}"' for name, theirs in columns.items())
    several = f"[{on}]" if "," in on else on
    return f"  enrich {{\n    lookup = lookup.{lookup}\n    on = {several}\n    columns = {{ {asked} }}\n  }}\n"


def lookup(project: Project, file: str, content: bytes | str = "", how: str = "") -> str:
    """A block of HCL, with its file."""
    path = project.folder / file
    if content:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return f'lookup "{path.stem}" {{\n  path = "{path}"\n  {how}\n}}\n'


def configure(project: Project, lookups: str, *blocks: str, name: str = "a", more: str = "") -> None:
    """One collection of the table `t`."""
    inner = "".join(blocks)
    project.configure(f'{TABLE}{lookups}collection "t" "{name}" {{\n  source = source.file.logs\n{inner}}}\n{more}')


def lines(*records: dict[str, Any]) -> str:
    """Records as JSON lines, all of one moment."""
    return "\n".join(json.dumps({"time": "2024-02-07T12:00:00Z", **each}) for each in records)


def said(project: Project) -> list[str]:
    """What is wrong with the configuration, without the folder."""
    problems = Problems()
    plan(load([project.folder / "tailpipe.hcl"], problems=problems), problems=problems)
    with pytest.raises(ConfigError) as caught:
        problems.raise_any()
    return [line.replace(f"{project.folder}/", "") for line in str(caught.value).splitlines()][:-1]


def test_a_row_is_found_by_its_key_as_text(project: Project) -> None:
    """Zeros before a number count; without a match, or without a key, there is NULL; an empty cell is NULL too."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    configure(project, accounts, enrich("accounts", '"account"', account_name="name", owner="owner"))
    project.write("x.json", lines({"account": "001"}, {"account": "1"}, {"account": "2"}, {}))

    assert project.collect_one().rows == 4
    asked = "select account, account_name, owner from t order by account"
    assert project.ask(asked) == [("001", "first", "ann"), ("1", None, None), ("2", "second", None), (None,) * 3]


def test_a_key_may_have_several_parts(project: Project) -> None:
    """All of them have to be equal, and a number is found by its text."""
    regions = lookup(project, "regions.tsv", "a\tp\tplace\nx:1\t443\there\nx\t80\tthere\n", 'key = ["a", "p"]')
    configure(project, regions, enrich("regions", '"region", "port"', place="place"))
    records: Iterable[tuple[str, int]] = [("x", 80), ("x:1", 443), ("x", 443), ("x:1", 80)]
    project.write("x.json", lines(*({"region": region, "port": port} for region, port in records)))

    project.collect_one()

    assert project.ask("select place from t order by tp_source_offset") == [("there",), ("here",), (None,), (None,)]


def test_fields_of_structs_and_keys_of_json_can_be_looked_up(project: Project) -> None:
    """Dots lead into them."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    configure(project, accounts, enrich("accounts", '"params.to.account"', target="name"))
    project.write("x.json", lines({"params": {"to": {"account": "001"}}}, {"params": ["001"]}))

    project.collect_one()

    assert project.ask("select target from t order by tp_source_offset") == [("first",), (None,)]


def test_the_narrowest_network_is_taken_and_filters_see_it(project: Project) -> None:
    """Addresses of both kinds are found, and a filter can ask for what was."""
    scanners = lookup(project, "scanners.csv", NETWORKS, 'network = "cidr"')
    configure(project, scanners, "  filter = \"scanner <> 'wide'\"\n", enrich("scanners", '"client"', scanner="who"))
    clients = ["203.0.113.1", "203.0.113.129", "2001:db8::1", "example.com", "198.51.100.1"]
    project.write("x.json", lines(*({"client": each} for each in clients)))

    result = project.collect_one()

    assert (result.rows, result.filtered) == (2, 3)
    assert project.ask("select client, scanner from t order by 1") == [
        ("2001:db8::1", "six"),
        ("203.0.113.129", "narrow"),
    ]


def test_a_filter_that_fails_on_what_was_added_costs_its_record_alone(project: Project) -> None:
    """As one does that fails on a column of the log; and what was added can be looked up again."""
    accounts = lookup(project, "accounts.csv", "k,v\n1,7\n2,x\n", 'key = "k"')
    names = lookup(project, "names.csv", "k,v\n7,seven\n", 'key = "k"')
    added = enrich("accounts", '"account"', number="v") + enrich("names", '"number"', word="v")
    configure(project, accounts + names, '  filter = "cast(number as integer) < 9"\n', added)
    project.write("x.json", lines({"account": "1"}, {"account": "2"}, {"account": "3"}))

    result = project.collect_one()

    assert (result.rows, result.filtered, result.rejected) == (1, 1, 1)
    assert project.ask("select account, word from t") == [("1", "seven")]


def test_columns_of_parquet_keep_their_types(project: Project) -> None:
    """Numbers, times and lists of them: what can be a column is one, what cannot is said."""
    table = pa.table({"id": [1, 2], "score": pa.array([7, None], pa.uint16()), "tags": [["a"], []]})
    pq.write_table(table, project.folder / "scores.parquet")
    scores = lookup(project, "scores.parquet", how='key = "id"')
    configure(project, scores, enrich("scores", '"port"', score="score"))
    project.write("x.json", lines({"port": 1}, {"port": 2}, {"port": 3}))

    project.collect_one()

    assert project.ask("select score, typeof(score) from t order by port") == [
        (7, "INTEGER"),
        (None, "INTEGER"),
        (None, "INTEGER"),
    ]
    configure(project, scores, enrich("scores", '"port"', tags="tags"))
    assert said(project)[0].endswith(
        'enrich: "tags" of lookup "scores" is list<element: string>, which cannot be a column'
    )


def test_addresses_have_places(project: Project) -> None:
    """A database in MaxMind's format tells of a common column of a table that is built in."""
    records = {"203.0.113.0/24": {"country": {"iso_code": "NZ"}, "location": {"latitude": -41.5}}}
    geo = lookup(project, "geo.mmdb", mmdb(records))
    added = enrich("geo", '"tp_source_ip"', src_country="country.iso_code", src_latitude="location.latitude")
    project.configure(f'{geo}collection "http_log" "c" {{\n  source = source.file.logs\n{added}}}\n')
    line = '{} - - [07/Feb/2024:13:00:00 +0000] "GET / HTTP/1.1" 200 5'
    project.write("x.log", "\n".join(map(line.format, ["203.0.113.5", "198.51.100.1"])))

    project.collect_one()

    assert project.ask("select src_country, src_latitude from http_log order by tp_source_offset") == [
        ("NZ", -41.5),
        (None, None),
    ]


def test_many_days_at_once_are_enriched_too(project: Project) -> None:
    """Rows of so many slots that one statement writes them all."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    configure(project, accounts, enrich("accounts", '"account"', account_name="name"))
    days = [f"2024-0{month}-{day:02}T12:00:00Z" for month in (1, 2) for day in range(1, 29)]
    project.write("x.json", lines(*({"time": each, "account": "2"} for each in days)))

    project.collect_one()

    assert project.one("select count(*) from t where account_name = 'second'") == len(days)


def test_a_table_is_widened_and_other_collections_have_null(project: Project) -> None:
    """Rows from before, and of a collection that adds nothing, have the column too; queries know it at once."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    other = 'collection "t" "b" {\n  source = source.file.logs\n  filter = "account_name is null"\n}\n'
    configure(project, "", more=other.replace("account_name", "account"))
    project.write("x.json", lines({"account": "001"}))
    project.collect()
    configure(project, accounts, enrich("accounts", '"account"', account_name="name"), more=other)
    project.write("y.json", lines({"account": "001"}))

    project.collect()

    asked = "select tp_partition, account_name from t order by all"
    assert project.ask(asked) == [("a", "first"), ("a", None), ("b", None)]


def test_a_query_knows_the_columns_before_the_first_row(project: Project) -> None:
    """Also those that are added to a table that is built in."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    added = enrich("accounts", '"recipient_account_id"', account_name="name")
    view = 'view "named" {\n  sql = "select account_name from aws_cloudtrail_log"\n}\n'
    project.configure(
        f'{accounts}{view}collection "aws_cloudtrail_log" "c" {{\n  source = source.file.logs\n{added}}}\n'
    )

    assert project.ask("select account_name from aws_cloudtrail_log") == []
    problems, config = Problems(), load([project.folder / "tailpipe.hcl"])
    check_views(config, plan(config), problems)
    assert list(problems) == []


def test_detections_see_what_was_added(project: Project) -> None:
    """As rows come in; and their tests, raw or by event, are enriched as rows are."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    rule = """
detection "t" "ann" {
  where = "owner = 'ann'"
  test "by event" {
    expect = true
    event  = { account = "001" }
  }
  test "raw" {
    expect = true
    raw    = "{\\"time\\": \\"2024-02-07T12:00:00Z\\", \\"account\\": \\"001\\"}"
  }
}
"""
    configure(project, accounts, enrich("accounts", '"account"', owner="owner"), more=rule)
    project.write("x.json", lines({"account": "001"}, {"account": "2"}))

    project.collect_one()

    assert project.one(f"select count(*) from {FINDING_TABLE}") == 1
    (ready,) = project.plans()
    assert ready.rules is not None
    tried = run_tests(ready.rules.rules, [ready])
    assert [(each.test.name, each.passed) for each in tried] == [("by event", True), ("raw", True)]


def test_history_tells_which_version_of_a_file_was_used(project: Project) -> None:
    """The commit names the lookup and the beginning of its file's SHA-256."""
    accounts = lookup(project, "accounts.csv", ACCOUNTS, 'key = "account_id"')
    configure(project, accounts, enrich("accounts", '"account"', owner="owner"))
    project.write("x.json", lines({"account": "001"}))

    project.collect_one()

    digest = hashlib.sha256(ACCOUNTS.encode()).hexdigest()[:16]
    assert [each.detail for each in history(project.lake, "t") if each.rows_added] == [f"lookups: accounts {digest}"]


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
