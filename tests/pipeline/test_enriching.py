"""Enrichment: columns out of files, added to rows as they come in, and never more rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from tailpipe_assets.pipeline import plan
from tailpipe_assets.pipeline.rule_tests import run_tests
from tailpipe_assets.views.checking import check_views
from tailpipe_resources.config import load
from tailpipe_resources.lake.history import history
from tailpipe_resources.model.finding import FINDING_TABLE
from tailpipe_resources.model.place import Problems
from tests.services.enriching import ACCOUNTS, NETWORKS, configure, enrich, lines, lookup, said
from tests.services.mmdb import mmdb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.services.project import Project


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
