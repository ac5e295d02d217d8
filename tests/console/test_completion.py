"""Completion over a real catalog: the likeliest first, and nothing where nothing belongs."""

from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from tailpipe_assets.console.catalog import Catalog, fields_of, read_catalog
from tailpipe_assets.console.completer import ConsoleCompleter
from tailpipe_resources.query.engine import connect

MADE = """
CREATE VIEW web_log AS SELECT now() AS tp_timestamp, 'a' AS request_uri, 200 AS status, 'x' AS "odd name";
CREATE VIEW trail AS SELECT now() AS tp_timestamp, 'a' AS event_name,
  {'user_name': 'u', 'session': {'mfa': true}} AS identity, [{'arn': 'x'}] AS resources;
CREATE SCHEMA production;
CREATE VIEW production.web_log AS FROM main.web_log;
CREATE TABLE production.only_here AS SELECT 1 AS one;
"""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Two views, and a schema with two more relations."""
    connection = connect()
    connection.execute(MADE)
    return read_catalog(connection.cursor(), Catalog())


def offered(catalog: Catalog, text: str, *, is_asked: bool = True) -> list[str]:
    """What may be written at `|`."""
    before, _, after = text.partition("|")
    document = Document(before + after, len(before))
    event = CompleteEvent(completion_requested=is_asked, text_inserted=not is_asked)
    return [each.text for each in ConsoleCompleter(lambda: catalog).get_completions(document, event)]


def test_tables_follow_from(catalog: Catalog) -> None:
    """Tables of `main`, then schemas."""
    assert offered(catalog, "select * from |")[:3] == ["trail", "web_log", "production"]
    assert offered(catalog, "select * from we|")[0] == "web_log"
    assert offered(catalog, "from trail join |")[:2] == ["trail", "web_log"]


def test_tables_of_a_schema_follow_its_dot(catalog: Catalog) -> None:
    """Those and no others."""
    assert offered(catalog, "from production.|") == ["only_here", "web_log"]


def test_columns_of_the_tables_named_come_first(catalog: Catalog) -> None:
    """Also of a table that is named behind the cursor; a table's own before the common ones."""
    assert offered(catalog, "select | from web_log")[:4] == ["request_uri", "status", '"odd name"', "tp_timestamp"]
    assert offered(catalog, "select s| from web_log where x = 'from trail'")[0] == "status"
    assert "event_name" not in offered(catalog, "select | from web_log")


def test_an_alias_has_the_columns_of_its_table(catalog: Catalog) -> None:
    """With and without AS."""
    assert "event_name" in offered(catalog, "select t.| from trail t, web_log as w")
    assert "status" in offered(catalog, "select w.| from trail t, web_log as w where true")


def test_fields_follow_a_column_and_its_dot(catalog: Catalog) -> None:
    """As deep as they go, and into lists."""
    assert offered(catalog, "select identity.| from trail") == ["user_name", "session"]
    assert offered(catalog, "select t.identity.session.| from trail t") == ["mfa"]
    assert offered(catalog, "select resources[1].a| from trail") == ["arn"]
    assert offered(catalog, "select identity.us|") == ["user_name"]


def test_a_column_is_found_before_its_table_is_named(catalog: Catalog) -> None:
    """SELECT is written first."""
    assert "event_name" in offered(catalog, "select event_n|")


def test_keywords_and_functions_are_known(catalog: Catalog) -> None:
    """Keywords keep the letters they were begun with."""
    assert "where" in offered(catalog, "from web_log wh|")
    assert "WHERE" in offered(catalog, "from web_log WH|")
    assert "date_trunc" in offered(catalog, "select date_tr|")


@pytest.mark.parametrize("text", ["select 'fr|", "select 1 -- fr|", "select /* fr|", "select e'a\\' fr|"])
def test_nothing_is_offered_in_strings_and_comments(catalog: Catalog, text: str) -> None:
    """They are the user's own words."""
    assert offered(catalog, text) == []


def test_only_the_statement_at_the_cursor_counts(catalog: Catalog) -> None:
    """Tables of others are not its tables."""
    assert "status" not in offered(catalog, "from web_log; select | from trail; from web_log;")


def test_meta_commands_and_what_follows_them(catalog: Catalog) -> None:
    """Names, tables, choices."""
    assert offered(catalog, ".ins|") == [".inspect"]
    assert set(offered(catalog, ".inspect |")) == {"trail", "web_log", "production.web_log", "production.only_here"}
    assert offered(catalog, ".inspect we|") == ["web_log"]
    assert offered(catalog, ".mode js|") == ["json", "jsonl"]
    assert offered(catalog, ".pager |") == ["on", "off", "auto"]
    assert offered(catalog, ".nothing |") == []


def test_nothing_pops_up_before_a_letter_is_typed(catalog: Catalog) -> None:
    """Only Tab asks for everything."""
    assert offered(catalog, "select |", is_asked=False) == []


def test_an_empty_catalog_offers_nothing_wrong() -> None:
    """Before it was loaded nothing is known."""
    assert offered(Catalog(), "select a|") == []


def test_types_that_are_no_struct_have_no_fields() -> None:
    """Neither have those that nobody knows."""
    assert fields_of("VARCHAR") == fields_of("NO_SUCH_TYPE") == fields_of("MAP(VARCHAR, INTEGER)") == ()
