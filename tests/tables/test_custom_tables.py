"""Tables of the user's own: out of a format's groups, or said column by column."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import ConfigError

if TYPE_CHECKING:
    from tests.services.project import Project

NOON = "2024-02-07 12:00:00+00"


def custom(project: Project, form: str, lines: list[str], *, more: str = "") -> None:
    """Collect lines by an expression."""
    project.configure(
        'collection "custom" "c" {\n  source = source.file.logs\n  table_name = "t"\n'
        f"  format = `{form}`\n{more}\n}}\n"
    )
    project.write("x.log", "\n".join(lines))
    project.collect_one()


def table(project: Project, columns: str, records: list[dict[str, Any]], *, more: str = "") -> None:
    """Collect JSON lines into a table block."""
    project.configure(
        f'table "t" {{\n  format = "jsonl"\n{more}\n{columns}\n}}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )
    project.write("x.log", "\n".join(map(json.dumps, records)))
    project.collect_one()


def rejects(project: Project) -> list[str]:
    """Why records were set aside, in their order."""
    return [reason for (reason,) in project.ask("select reason from tailpipe_rejected order by position")]


@pytest.mark.parametrize("kind", ["INTEGER", "BIGINT", "HUGEINT"])
def test_a_fraction_is_no_whole_number(project: Project, kind: str) -> None:
    """It is set aside rather than rounded, unless an expression rounds it."""
    values = [1, 1.5, "2", "2.7", 3.0, "-0.4", None, ""]
    columns = f'  column "time" {{}}\n  column "n" {{\n    type = "{kind}"\n  }}\n'

    table(project, columns, [{"time": NOON, "n": each} for each in values])

    assert [n for (n,) in project.ask("select n from t order by tp_source_offset")] == [1, 2, 3, None, None]
    assert rejects(project) == [f"n is no {kind}"] * 3


def test_large_whole_numbers_keep_every_digit(project: Project) -> None:
    """Also where a fraction of binary could not."""
    columns = '  column "time" {}\n  column "n" {\n    type = "BIGINT"\n  }\n'

    table(project, columns, [{"time": NOON, "n": each} for each in (9007199254740993, str(2**63 - 1), -(2**63))])

    assert project.ask("select n from t order by tp_source_offset") == [(9007199254740993,), (2**63 - 1,), (-(2**63),)]


def test_an_expression_may_round(project: Project) -> None:
    """Its result is what the user asked for."""
    columns = '  column "time" {}\n  column "n" {\n    type = "BIGINT"\n    transform = "round(n::double)"\n  }\n'

    table(project, columns, [{"time": NOON, "n": 1.6}])

    assert project.ask("select n from t") == [(2,)]


TIMES = [
    "2024-02-07T12:00:00Z",
    "2024-02-07 12:00:00",
    "2024-02-07T13:00:00+01:00",
    "2024-02-07T12:00:00.000Z",
    "1707307200",
    "1707307200.0",
    "1707307200000",
    "07/Feb/2024:13:00:00 +0100",
    "07/Feb/2024:12:00:00",
    "2024-02-07 12:00:00,000",
    "2024/02/07 12:00:00",
    "Wed, 07 Feb 2024 13:00:00 +0100",
    "Wed Feb 07 12:00:00 2024",
]
NO_TIMES = ["yesterday", "12:00:00", "2024", "20240207", "infinity", "1707307200000000", "2024-13-01", "0"]


def test_usual_times_are_understood_unasked(project: Project) -> None:
    """Without a zone they are UTC; a guess at anything else would be worse than a reject."""
    custom(project, "(?P<time>.+)", [*TIMES, *NO_TIMES])

    found = project.ask("select tp_timestamp::varchar, time from t order by tp_source_offset")
    assert found == [(NOON, text) for text in TIMES]
    assert rejects(project) == [f"its time cannot be read: {text}" for text in NO_TIMES]


def test_a_format_for_the_time_is_obeyed(project: Project) -> None:
    """And nothing else is tried beside it."""
    custom(
        project,
        r"(?P<level>\w+) (?P<at>.+)",
        ["INFO 02.07.2024 12h", "INFO 2024-02-07T12:00:00Z"],
        more='  timestamp = "at"\n  timestamp_format = "%m.%d.%Y %Hh"',
    )

    assert project.ask('select tp_timestamp::varchar, level, "at" from t') == [(NOON, "INFO", "02.07.2024 12h")]
    assert rejects(project) == ["its time cannot be read: 2024-02-07T12:00:00Z"]


def test_groups_are_text_columns_whatever_their_names(project: Project) -> None:
    """Names that mean something inside of Tailpipe are the user's all the same."""
    custom(
        project,
        r"(?P<ts>\S+) (?P<raw>\S+) (?P<r>\S+) (?P<time>\S+) (?P<reason>\S+) (?P<Select>\S*)",
        ["a b c 2024-02-07 e f"],
    )

    assert project.ask('select ts, raw, r, time, reason, "Select" from t') == [("a", "b", "c", "2024-02-07", "e", "f")]


def test_columns_take_their_type_source_and_meaning_of_nothing(project: Project) -> None:
    """Types are DuckDB's; what Delta has no place for is stored as the nearest that holds the same."""
    types = {"n": "INTEGER", "tiny": "TINYINT", "b": "BOOLEAN", "d": "DOUBLE", "dec": "DECIMAL(10,2)", "day": "DATE"}
    types |= {"at": "TIMESTAMP", "j": "JSON", "list": "INTEGER[]", "id": "UUID", "big": "BIGINT"}
    columns = "\n".join(f'  column "{name}" {{\n    type = "{kind}"\n  }}' for name, kind in types.items())
    table(
        project,
        columns + '\n  column "time" {\n  }\n  column "who" {\n    source = "userName"\n    null_if = "nobody"\n  }',
        [
            {"time": "2024-02-07", "n": 1, "tiny": -128, "b": True, "d": 1.5, "dec": "2.25", "day": "2024-02-07",
             "at": 1707307200, "j": {"K": [1]}, "list": [1, 2], "id": "x", "big": 9007199254740993, "userName": "ada"},
            {"time": "2024-02-07", **dict.fromkeys(types, "-"), "userName": "nobody"},
            {"time": "2024-02-07"},
        ],
        more='  null_if = "-"',
    )  # fmt: skip

    rows = project.ask(
        'select n, tiny, b, d, dec::varchar, day::varchar, "at"::varchar, j::varchar, list, id, big, who '
        "from t order by tp_source_offset"
    )
    assert rejects(project) == []
    assert rows == [
        (1, -128, True, 1.5, "2.25", "2024-02-07", NOON, '{"K":[1]}', [1, 2], "x", 9007199254740993, "ada"),
        (None,) * 12,
        (None,) * 12,
    ]
    assert {row[0]: row[1] for row in project.ask("describe t")}["tiny"] == "SMALLINT"


def test_columns_may_share_a_key_of_any_type(project: Project) -> None:
    """In any order; as text a string is without its quotes, and JSON as it is written. So is the time."""
    kinds = {"name": "VARCHAR", "user": "JSON", "number": "INTEGER"}
    blocks = [f'  column "{name}" {{\n    source = "user"\n    type = "{kind}"\n  }}\n' for name, kind in kinds.items()]
    time = '  column "time" {\n    type = "JSON"\n  }\n'
    upper = '  column "user_upper" {\n    transform = "upper(user ->> \'$\')"\n  }\n'
    records: list[dict[str, Any]] = [{"time": "2024-02-07", "user": each} for each in ("7", 8, None)]
    for columns in (time + "".join(blocks), "".join(reversed(blocks)) + upper + time):
        table(project, columns, records)
        found = project.ask('select name, "user"::varchar, number from t order by tp_source_offset')
        shutil.rmtree(project.folder / "lake")

        assert found == [("7", '"7"', 7), ("8", "8", 8), (None, None, None)]


def test_a_value_of_another_type_is_set_aside(project: Project) -> None:
    """It does not silently become nothing."""
    columns = '  column "time" {\n  }\n  column "n" {\n    type = "INTEGER"\n  }\n'
    columns += '  column "at" {\n    type = "timestamp"\n  }'
    table(
        project,
        columns,
        [
            {"time": "2024-02-07", "n": "many"},
            {"time": "2024-02-07", "n": 3_000_000_000},
            {"time": "2024-02-07", "at": "soon"},
            {"time": "2024-02-07", "n": "12"},
        ],
    )

    assert rejects(project) == ["n is no INTEGER", "n is no INTEGER", "at is no TIMESTAMP"]
    assert project.ask("select n from t") == [(12,)]


def test_required_columns_are_required(project: Project) -> None:
    """A record without one is rejected by its name."""
    columns = '  column "time" {\n  }\n  column "who" {\n    required = true\n    null_if = "-"\n  }'
    table(
        project, columns, [{"time": "2024-02-07", "who": who} for who in ("ada", None, "-")] + [{"time": "2024-02-07"}]
    )

    assert project.ask("select who from t") == [("ada",)]
    assert rejects(project) == ["who is missing"] * 3


def test_transforms_see_the_record_and_never_stop_a_run(project: Project) -> None:
    """An expression that fails on one value gives NULL there; what it gives is cast to the column's type."""
    columns = """
  column "ts" {
  }
  column "text" {
  }
  column "length" {
    type      = "INTEGER"
    transform = "length(text)"
  }
  column "number" {
    transform = "CAST(text AS INTEGER) + 1"
  }
  column "day" {
    transform = "strptime(ts, '%Y-%m-%d')"
    type      = "timestamp"
  }
"""
    table(project, columns, [{"ts": "2024-02-07", "text": "41"}, {"ts": "2024-02-07T12:00:00Z", "text": "x"}])

    assert project.ask("select ts, text, length, number, day::varchar from t order by tp_source_offset") == [
        ("2024-02-07", "41", 2, "42", "2024-02-07 00:00:00+00"),
        ("2024-02-07T12:00:00Z", "x", 1, None, None),
    ]
    stored = project.stored("t")
    pattern = f"{stored}/*/*/*/*/*/*.parquet"
    kinds = {row[0]: row[1] for row in project.ask(f"describe select * from read_parquet('{pattern}')")}
    assert (kinds["length"], kinds["number"]) == ("INTEGER", "VARCHAR")


@pytest.mark.parametrize("form", ["jsonl", "text"])
def test_a_field_is_what_an_expression_means_whatever_its_name(project: Project, form: str) -> None:
    """`raw` and `r` are the record's text and the record only where no field is called so."""
    names = ("raw", "R", "pw")
    record = {"time": "2024-02-07", **{name: f"{name} value" for name in names}}
    columns = "".join(f'  column "{name}" {{}}\n' for name in ("time", *names)) if form == "jsonl" else ""
    columns += '  column "a" {\n    transform = "upper(raw)"\n  }\n  column "b" {\n    transform = "upper(r)"\n  }\n'
    rule = '  redact {\n    column = "pw"\n    how = "drop"\n  }\n  tp_index = "a"\n'
    groups = " ".join(f"(?P<{name}>{name} value)" for name in names)
    project.configure(
        f'format "regex" "text" {{\n  layout = `(?P<time>\\S+) {groups}`\n}}\n'
        f'table "t" {{\n  format = {"format.regex.text" if form == "text" else "format.jsonl"}\n{columns}}}\n'
        f'collection "t" "c" {{\n  source = source.file.logs\n{rule}}}\n'.replace("format.jsonl", '"jsonl"')
    )
    bad = '["pw value"]' if form == "jsonl" else "nonsense"
    project.write("x.log", f"{json.dumps(record) if form == 'jsonl' else ' '.join(record.values())}\n{bad}\n")
    project.collect_one()

    assert project.ask('select raw, "R", pw, a, b, tp_index from t') == [
        ("raw value", "R value", None, "RAW VALUE", "R VALUE", "RAW VALUE")
    ]
    assert len(rejects(project)) == 1


def test_the_whole_record_can_be_a_column_where_nothing_of_it_is_redacted(project: Project) -> None:
    """As text, and taken apart."""
    columns = (
        '  column "time" {}\n  column "n" {}\n  column "text" {\n    transform = "raw"\n  }\n'
        '  column "n_again" {\n    transform = "r.n"\n  }\n'
    )
    record = {"time": "2024-02-07", "n": "1"}
    table(project, columns, [record])

    assert project.ask("select text, n_again from t") == [(json.dumps(record), "1")]


def test_common_columns_can_be_mapped(project: Project) -> None:
    """Lists take a value or a list; the time and the index come from where the user says."""
    columns = """
  column "tp_timestamp" {
    source = "when"
  }
  column "tp_index" {
    source = "tenant"
  }
  column "tp_source_ip" {
    source = "ip"
  }
  column "tp_ips" {
    source = "ips"
    type   = "VARCHAR[]"
  }
  column "tp_usernames" {
    source = "who"
  }
  column "tp_domains" {
    transform = "upper(host)"
  }
  column "host" {
  }
"""
    record = {
        "when": "2024-02-07T12:00:00Z",
        "tenant": "a/b",
        "ip": "::1",
        "ips": ["::1", "::2"],
        "who": "ada",
        "host": "h",
    }
    table(project, columns, [record, {"when": "2024-02-07T12:00:00Z"}])

    columns = "tp_timestamp::varchar, tp_index, tp_source_ip, tp_ips, tp_usernames, tp_domains, host"
    assert project.ask(f"select {columns} from t order by tp_source_offset") == [
        (NOON, "a/b", "::1", ["::1", "::2"], ["ada"], ["H"], "h"),
        (NOON, "default", None, None, None, None, None),
    ]


def test_common_lists_take_the_members_of_what_is_a_list(project: Project) -> None:
    """What an expression makes, or a key holds; NULL members are left out. Text that looks like a list is one text."""
    made = {
        "tp_ips": 'transform = "[src, dst]"',
        "tp_akas": "transform = \"more -> 'akas'\"",
        "tp_domains": 'transform = "src"',
        "tp_usernames": 'source = "use\\"rs"',
        "tp_emails": 'source = "mails"\n    type = "JSON"',
        "tp_tags": 'transform = "[length(src), 2]"',
        "src": "",
        "dst": "",
        "time": "",
        "more": 'type = "JSON"',
    }
    columns = "".join(f'  column "{name}" {{\n    {said}\n  }}\n' for name, said in made.items())
    lists: dict[str, Any] = {"src": "a", "dst": "b,c]", 'use"rs': ["ada", None, 7, "[x]"], "mails": ["m", None]}
    texts: dict[str, Any] = {"src": "[a]", 'use"rs': '["ada"]', "mails": "m", "more": {"akas": "k"}}
    records = [lists | {"more": {"akas": ["k", None]}}, texts, {'use"rs': [], "more": []}]
    table(project, columns, [{"time": "2024-02-07", **each} for each in records])

    names = "tp_ips, tp_akas, tp_domains, tp_usernames, tp_emails, tp_tags"
    assert project.ask(f"select {names} from t order by tp_source_offset") == [
        (["a", "b,c]"], ["k"], ["a"], ["ada", "7", "[x]"], ["m"], ["1", "2"]),
        (["[a]"], ["k"], ["[a]"], ['["ada"]'], ["m"], ["3", "2"]),
        ([], None, None, [], None, ["2"]),
    ]
    plain = '  column "time" {}\n  column "tp_usernames" {\n    source = "who"\n  }\n'
    shutil.rmtree(project.folder / "lake")
    table(project, plain, [{"time": "2024-02-07", "who": ["ada", "bob"]}, {"time": "2024-02-07", "who": "ada"}])

    assert project.ask("select tp_usernames from t order by tp_source_offset") == [(["ada", "bob"],), (["ada"],)]


def test_text_that_is_no_json_does_not_break_the_table(project: Project) -> None:
    """A JSON column over text takes JSON only, so that every row can be read."""
    project.configure(
        'format "regex" "f" {\n  layout = `(?P<time>\\S+) (?P<j>.*)`\n}\n'
        'table "t" {\n  format = format.regex.f\n  column "j" {\n    type = "JSON"\n  }\n}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )
    project.write("x.log", '2024-02-07 {"a":1}\n2024-02-07 nonsense\n2024-02-07 \n')
    project.collect_one()

    assert project.ask("select j ->> 'a' from t order by tp_source_offset") == [("1",), (None,)]
    assert rejects(project) == ["j is no JSON"]


def test_only_wanted_fields_become_columns(project: Project) -> None:
    """`map_fields` takes wildcards; what a column block reads is not repeated."""
    project.configure(
        'format "regex" "f" {\n  layout = `(?P<time>\\S+) (?P<user_id>\\S+) (?P<user_name>\\S+) (?P<other>\\S+)`\n}\n'
        'table "t" {\n  format = format.regex.f\n  map_fields = ["user_*", "time"]\n'
        '  column "id" {\n    source = "user_id"\n    type = "BIGINT"\n  }\n}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )
    project.write("x.log", "2024-02-07 7 ada x\n")
    project.collect_one()

    assert project.ask("select columns('^(time|user_.*|other|id)$') from t") == [("2024-02-07", "ada", 7)]


def test_structs_and_lists_of_them_are_types(project: Project) -> None:
    """Keys beyond the type are left out; those absent or of another type are NULL; what is none is set aside."""
    columns = '  column "time" {\n  }\n  column "who" {\n    type = "struct(name text, age int)"\n  }\n'
    columns += '  column "all" {\n    type = "STRUCT(n INT)[]"\n  }'
    table(
        project,
        columns,
        [
            {"time": "2024-02-07", "who": {"name": "ada", "age": 36, "x": 1}, "all": [{"n": 1}, {}]},
            {"time": "2024-02-07", "who": {"name": "bob"}},
            {"time": "2024-02-07", "who": {"name": "eve", "age": "old"}},
            {"time": "2024-02-07", "who": "ada"},
            {"time": "2024-02-07", "who": ["ada"]},
        ],
    )

    assert project.ask('select who, "all" from t order by tp_source_offset') == [
        ({"name": "ada", "age": 36}, [{"n": 1}, {"n": None}]),
        ({"name": "bob", "age": None}, None),
        ({"name": "eve", "age": None}, None),
    ]
    assert [each.partition("(")[0] for each in rejects(project)] == ["who is no STRUCT", "who is no STRUCT"]


def test_a_changed_table_grows(project: Project) -> None:
    """New columns, and new fields of structs; rows stored before have NULL there, and fewer fields may come again."""
    narrow = '  column "time" {\n  }\n  column "who" {\n    type = "STRUCT(name TEXT)"\n  }\n'
    wide = narrow.replace("name TEXT", "name TEXT, at STRUCT(city TEXT)") + '  column "n" {\n    type = "INT"\n  }\n'
    record = {"time": "2024-02-07", "who": {"name": "ada", "at": {"city": "x"}}, "n": 1}

    for name, columns in (("1", narrow), ("2", wide), ("3", narrow)):
        project.configure(
            f'table "t" {{\n  format = "jsonl"\n{columns}}}\ncollection "t" "c" {{\n  source = source.file.logs\n}}\n'
        )
        project.write(f"{name}.log", json.dumps(record))
        assert project.collect_one().rows == 1

    assert project.ask("select who, n from t order by tp_source_location") == [
        ({"name": "ada", "at": None}, None),
        ({"name": "ada", "at": {"city": "x"}}, 1),
        ({"name": "ada", "at": None}, None),
    ]
    assert project.ask("select who.at.city from t where n = 1") == [("x",)]


def test_a_type_that_cannot_grow_is_refused_before_anything_is_read(project: Project) -> None:
    """Rows stay as they are, and the message says what to do."""
    column = '  column "time" {{\n  }}\n  column "n" {{\n    type = "{}"\n  }}\n'
    table(project, column.format("BIGINT"), [{"time": "2024-02-07", "n": 1}])
    project.configure(
        f'table "t" {{\n  format = "jsonl"\n{column.format("INT")}}}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )
    project.write("y.log", '{"time": "2024-02-07", "n": 2}')

    (result,) = project.collect()

    assert (
        "the column n of t is stored as BIGINT and cannot become INTEGER; declare it as BIGINT, or give the new column "
        "another name"
    ) in str(result.failure)
    assert project.ask("select n from t") == [(1,)]


def test_a_column_in_other_letters_is_refused_before_anything_is_written(project: Project) -> None:
    """Readers do not tell them apart; the message names the column there is."""
    record = {"time": "2024-02-07", "user": "ada", "User": "bob"}
    table(project, '  column "time" {}\n  column "user" {}\n', [record])
    project.configure(
        'table "t" {\n  format = "jsonl"\n  column "time" {}\n  column "User" {}\n}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )
    project.write("y.log", json.dumps(record))
    (result,) = project.collect()

    assert str(result.failure) == (
        "the table t has a column user already, and big letters are not told from small ones; "
        "call User user, or give it another name"
    )
    assert project.ask("select user from t") == [("ada",)]


def test_keys_and_columns_that_differ_in_case_only_are_said_at_their_column(project: Project) -> None:
    """Also beside an expression over one of them; a common column is written in small letters."""
    project.configure(
        'table "t" {\n  format = "jsonl"\n  column "time" {}\n  column "a" {\n    source = "User"\n  }\n'
        '  column "b" {\n    source = "user"\n  }\n  column "user" {\n    transform = "upper(user)"\n  }\n'
        '  column "TP_ID" {}\n}\ncollection "t" "c" {\n  source = source.file.logs\n}\n'
    )

    with pytest.raises(ConfigError) as caught:
        project.plans()

    assert sorted((each.line, each.message) for each in caught.value.problems if each.line) == [
        (13, 'column "b": the keys "User" and "user" differ only in case; a table takes one of them'),
        (19, 'no common column is called "TP_ID"; did you mean "tp_id"?'),
    ]


def test_a_key_may_be_of_any_characters(project: Project) -> None:
    """Quotes, dots and brackets in it mean nothing, where it is required too."""
    keys = ['we"ird', "a.b", "x[0]", "$", "r.y", "é 'q'"]
    columns = '  column "time" {}\n' + "".join(
        f'  column "c{n}" {{\n    source = {json.dumps(key, ensure_ascii=False)}\n'
        '    required = true\n    type = "INTEGER"\n  }\n'
        for n, key in enumerate(keys)
    )
    records: list[dict[str, Any]] = [{"time": "2024-02-07", **{key: n for n, key in enumerate(keys)}}]
    table(project, columns, [*records, {"time": "2024-02-07"}])

    assert project.ask("select c0, c1, c2, c3, c4, c5 from t") == [(0, 1, 2, 3, 4, 5)]
    assert rejects(project) == ["c0 is missing"]


def test_an_expression_that_does_not_bind_is_said_at_its_column(project: Project) -> None:
    """All of them at once, before anything is read, with the nearest field."""
    project.configure(
        'table "t" {\n  format = "jsonl"\n  column "time" {}\n  column "user" {}\n'
        '  column "a" {\n    transform = "upper(usr)"\n  }\n  column "b" {\n    transform = "uper(user)"\n  }\n}\n'
        'collection "t" "c" {\n  source = source.file.logs\n}\n'
    )

    with pytest.raises(ConfigError) as caught:
        project.plans()

    assert [each.message for each in caught.value.problems] == [
        'column "a": there is no field "usr"; near: user',
        'column "b": Scalar Function with name uper does not exist!',
    ]
    assert len({each.line for each in caught.value.problems}) == 2
