"""Whole configurations: the seed's, a Turbot user's, and what each part of one means."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tailpipe_resources.config import find_files, load
from tailpipe_resources.config.paths import absolute
from tailpipe_resources.errors import ConfigError, UsageError
from tailpipe_resources.model.config import Config, FormatBlock
from tailpipe_resources.model.place import Place, Problems
from tailpipe_resources.model.secret import Secret

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def config_of(text: str, **variables: str) -> Config:
    """The configuration one file says."""
    Path("x.hcl").write_text(text)
    return load(["x.hcl"], variables=variables)


def test_the_seed_loads_unchanged(here: Path) -> None:
    """The example the project was described with is a valid configuration."""
    config = load([DATA / "seed.hcl"])

    assert [item.key for item in config.collections] == [
        ("aws_cloudtrail_log", "production"),
        ("aws_cloudtrail_log", "root_events"),
        ("http_log", "production"),
        ("my_custom_table", "production"),
    ]
    first, root, http, custom = config.collections
    assert first.source is root.source
    assert first.source.options.bucket == "my-bucket"
    assert first.source.credential is config.credentials[0]
    assert first.filters[0].where == "not (event_source = 'kms.amazonaws.com' and event_name = 'Decrypt')"
    assert first.destination.path == str(here)
    assert http.format == "combined"
    assert custom.format == (
        r"(?P<remote_addr>\S+) - (?P<remote_user>\S+) \[(?P<time_local>[^\]]+)\] "
        r'"(?P<request>[^"]+)" (?P<status>\d+) (?P<body_bytes_sent>\d+) '
        r'"(?P<http_referer>[^"]+)" "(?P<http_user_agent>[^"]+)"'
    )
    slack = config.sources[1].credential
    assert slack is not None
    assert (slack.type, slack.name, slack.place) == ("slack", "default", None)


def test_a_turbot_configuration_loads_unchanged() -> None:
    """Partitions, connections, nested sources and format references mean what they mean there."""
    config = load([DATA / "turbot.tpc"])

    trail, app, edge = config.collections
    assert (trail.source.type, trail.source.name) == ("aws_s3", "aws_cloudtrail_log_org")
    assert trail.source.options.file_layout.startswith("AWSLogs/%{DATA:account_id}/")
    assert config.credentials[0].options["force_path_style"] is True
    assert trail.tp_index == "recipient_account_id"
    assert trail.filters[0].where == "event_source <> 'kms.amazonaws.com'"
    assert isinstance(app.source.format, FormatBlock)
    assert app.source.format.options["patterns"] == {"APPTIME": "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}"}
    assert config.tables[0].format is app.source.format
    assert config.tables[0].columns[0].transform == "strptime(at, '%Y-%m-%d')"
    assert edge.source.format == "combined"
    assert [source.name for source in config.sources] == ["aws_cloudtrail_log_org", "app_log_web", "http_log_edge"]


def test_several_files_are_one_configuration(here: Path) -> None:
    """A collection may use a source of another file, in any order."""
    (here / "hcl").mkdir()
    (here / "hcl" / "a.hcl").write_text('collection "http_log" "x" {\n  source = source.file.y\n}\n')
    (here / "hcl" / "b.tpc").write_text('source "file" "y" {\n  path = "y.log"\n}\n')

    config = load()

    assert config.files == ("hcl/a.hcl", "hcl/b.tpc")
    assert config.collections[0].source.place == Place("hcl/b.tpc", 1)


def test_files_are_found_in_the_usual_places(here: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`./hcl` or else the working directory, then the user's own folder; a named path replaces both."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "mine.hcl").touch()
    for name in ("b.tpc", "a.hcl", "notes.txt"):
        (here / name).touch()
    assert find_files() == [Path("a.hcl"), Path("b.tpc"), home / "config" / "mine.hcl"]

    (here / "hcl" / "deeper").mkdir(parents=True)
    (here / "hcl" / "deeper" / "z.hcl").touch()
    assert find_files() == [home / "config" / "mine.hcl"]

    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", "b.tpc:hcl/deeper")
    assert find_files() == [Path("b.tpc"), Path("hcl/deeper/z.hcl")]
    assert find_files("a.hcl") == [Path("a.hcl")]


def test_no_configuration_says_what_to_write() -> None:
    """Where it looked, and an example to start from."""
    with pytest.raises(UsageError, match=r"no \*.hcl or \*.tpc file in \., .*/config.\nWrite one(.|\n)*collection"):
        load()
    with pytest.raises(UsageError, match="--config-path: nope does not exist"):
        find_files("nope")


def test_a_place_that_is_no_file_is_said_for_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a name that cannot be one and a home that nobody has are named, with where they were asked for."""
    os.mkfifo("pipe")
    for wrong, said in (
        ("pipe", "--config-path: pipe is neither a file nor a folder"),
        ("x" * 300, "cannot be looked at: File name too long"),
        ("~nobody-at-all/x", '"~nobody-at-all/x": nobody has the home folder ~nobody-at-all'),
        (":", 'no [*].hcl or [*].tpc file in ":"'),
    ):
        with pytest.raises(UsageError, match=said):
            find_files(wrong)
    monkeypatch.setenv("TAILPIPE_CONFIG_PATH", "nope")
    with pytest.raises(UsageError, match="TAILPIPE_CONFIG_PATH: nope does not exist"):
        find_files()


def test_a_link_that_leads_nowhere_is_a_problem() -> None:
    """A file that is meant and not there is told, not passed over; what an editor leaves beside an open file is."""
    Path("a.hcl").symlink_to("gone.hcl")
    Path("b.hcl").symlink_to("b.hcl")
    Path(".#c.hcl").symlink_to("me@host.1")

    with pytest.raises(ConfigError) as caught:
        load()

    assert str(caught.value).splitlines()[:2] == [
        "a.hcl: cannot be read: No such file or directory",
        "b.hcl: cannot be read: Too many levels of symbolic links",
    ]


def test_a_working_directory_that_is_gone_is_said(here: Path) -> None:
    """Relative paths mean nothing there."""
    here.rmdir()

    with pytest.raises(UsageError, match="the working directory is gone"):
        absolute("logs")


def test_the_default_destination_needs_no_block(here: Path) -> None:
    """Rows go below the working directory unless a block says otherwise."""
    assert [(item.name, item.path, item.place) for item in config_of("").destinations] == [("default", str(here), None)]

    declared = config_of('destination "parquet" "default" {\n  path = "~/lake"\n}\n').destinations

    assert [(item.name, item.path) for item in declared] == [("default", str(Path.home() / "lake"))]


def test_paths_are_recorded_absolute(here: Path) -> None:
    """Sources and destinations mean the same wherever the next command runs."""
    config = config_of(
        'source "file" "a" {\n  paths = ["logs/*.log", "/var/log"]\n}\n'
        'destination "parquet" "b" {\n  path = "s3://bucket/lake"\n}\n'
    )

    assert config.sources[0].options.paths == [f"{here}/logs/*.log", "/var/log"]
    assert config.destinations[0].path == "s3://bucket/lake"


def test_filters_keep_their_order_and_places() -> None:
    """The attribute and the blocks are all there, as written."""
    config = config_of(
        'source "file" "a" {\n  path = "x"\n}\n'
        'collection "http_log" "b" {\n  source = source.file.a\n  filter {\n    where = "one"\n  }\n'
        '  filter = "two"\n  start = "2024-02-07"\n}\n'
    )

    assert [(item.where, item.place.line) for item in config.collections[0].filters] == [("one", 7), ("two", 9)]
    assert config.collections[0].start == datetime(2024, 2, 7, tzinfo=UTC)


def test_variables_come_from_the_command_line_the_environment_or_their_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In that order; text is text for strings and a literal for everything else."""
    text = (
        'variable "folder" {\n  type = string\n  default = "a"\n}\n'
        'variable "more" {\n  type = list(string)\n  default = []\n}\n'
        'source "file" "x" {\n  path = "/${var.folder}"\n  paths = var.more\n}\n'
    )
    assert config_of(text).sources[0].options.path == "/a"

    monkeypatch.setenv("TAILPIPE_VAR_folder", "7")
    assert config_of(text).sources[0].options.path == "/7"
    options = config_of(text, folder="true", more='["/b", "/c",]').sources[0].options
    assert (options.path, options.paths) == ("/true", ["/b", "/c"])


def test_secrets_stay_where_they_are_and_never_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A literal is hidden; a variable's name is kept, not its value; neither shows in the printed configuration."""
    monkeypatch.setenv("TOKEN", "xoxb-env")
    config = config_of(
        'credential "slack" "a" {\n  token = "xoxb-literal"\n}\ncredential "slack" "b" {\n  token = env("TOKEN")\n}\n'
        'credential "slack" "c" {\n  token = "x${env("TOKEN")}"\n}\n'
        'credential "slack" "d" {\n  token = env("LATER")\n}\n'
    )

    tokens = [credential.options["token"] for credential in config.credentials]
    assert tokens == [
        Secret("value", "xoxb-literal"),
        Secret("env", "TOKEN"),
        Secret("value", "xxoxb-env"),
        Secret("env", "LATER"),
    ]
    assert "xoxb" not in f"{config}"


def test_a_variable_of_the_environment_may_say_what_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """`path = env("LOGS")` is looked up when the configuration is loaded; when it is not set, that is a problem."""
    text = 'source "file" "a" {\n  path = env("LOGS")\n}\n'
    with pytest.raises(ConfigError, match=r"^x.hcl:2: the environment variable LOGS is not set\n"):
        config_of(text)

    monkeypatch.setenv("LOGS", "/var/log")

    assert config_of(text).sources[0].options.path == "/var/log"


def test_a_declared_default_credential_is_used_unasked() -> None:
    """A source or lake without a credential takes the one called default of its type."""
    config = config_of(
        'credential "aws" "default" {\n  profile = "p"\n}\nsource "aws_s3" "a" {\n  bucket = "bucket"\n}\n'
        'destination "parquet" "b" {\n  path = "s3://b"\n}\n'
    )

    assert config.sources[0].credential is config.credentials[0]
    assert config.destinations[0].credential is config.credentials[0]


def test_with_problems_given_the_rest_is_returned() -> None:
    """A caller that checks more gets what is right, and adds to the same problems."""
    Path("x.hcl").write_text(
        'source "file" "a" {\n  path = "x"\n}\n'
        'collection "http_log" "right" {\n  source = source.file.a\n  shiny = true\n}\n'
        'collection "http_log" "wrong" {\n  source = source.file.b\n}\n'
    )
    problems = Problems()

    config = load(["x.hcl"], problems=problems)

    assert [item.name for item in config.collections] == ["right"]
    assert [problem.line for problem in problems] == [6, 9]
