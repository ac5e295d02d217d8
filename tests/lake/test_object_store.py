"""A lake in an object store: writers without a common lock, ways in, and encryption."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tailpipe_resources.errors import CommitConflictError, LakeError
from tailpipe_resources.lake import Lake, commit, local_lake, open_lake, snapshot, tables
from tailpipe_resources.lake.object_access import ObjectAccess
from tailpipe_resources.model.config import Credential, Destination
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.query.engine import connect
from tailpipe_resources.query.views import View, create_views
from tests.lake.conftest import open_shop
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, s3_destination
from tests.services.s3_proxy import counting

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.s3 import S3Endpoint

pytestmark = pytest.mark.service
ROLE = "arn:aws:iam::123456789012:role/writer"


def machine(destination: Destination, home: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """The lake as a machine with this home sees it."""
    with monkeypatch.context() as patch:
        patch.setenv("TAILPIPE_HOME", str(home))
        return open_lake(destination)


def test_of_two_machines_one_wins_and_the_other_goes_on(
    s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hold their own lock and commit at once; after planning again nothing is doubled or lost."""
    destination = s3_destination(s3_endpoint.url, s3_endpoint.bucket())
    lakes = [machine(destination, tmp_path / name, monkeypatch) for name in ("one", "two")]
    start = threading.Barrier(2)
    lost: list[int] = []

    def collect(number: int) -> None:
        with open_shop(lakes[number]) as shop, shop.lake.lock("t", "c"):
            state = shop.state()
            batch = shop.batch("same", f"own {number}")
            start.wait()
            try:
                commit(shop.connection, shop.lake, state, batch)
            except CommitConflictError:
                lost.append(number)
                state = shop.state()
                assert "same" in state.known
                commit(shop.connection, shop.lake, state, shop.batch(f"own {number}"))

    threads = [threading.Thread(target=collect, args=(number,)) for number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(lost) == 1
    with open_shop(lakes[0]) as shop:
        assert shop.counts() == {"same": 3, "own 0": 3, "own 1": 3}
        assert set(shop.state().known) == set(shop.counts())
        assert len(shop.parquet()) == 3


def test_another_machines_attempt_is_left_alone(
    s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it uploaded and has not committed yet may still be committed, whoever tidies up meanwhile."""
    destination = s3_destination(s3_endpoint.url, s3_endpoint.bucket())
    with (
        open_shop(machine(destination, tmp_path / "one", monkeypatch)) as one,
        open_shop(machine(destination, tmp_path / "two", monkeypatch)) as two,
    ):
        state = one.state()
        batch = one.batch("a")
        for file in batch.files:
            file.publish(one.lake)

        assert two.state() == state
        commit(one.connection, one.lake, state, batch)

        assert two.counts() == {"a": 3}


def test_one_query_spans_lakes_on_disks_and_in_buckets(s3_endpoint: S3Endpoint, tmp_path: Path) -> None:
    """Two buckets with keys of their own, and a folder, all with the same table."""
    lakes = [
        local_lake(tmp_path / "lake"),
        *(open_lake(s3_destination(s3_endpoint.url, s3_endpoint.bucket())) for _ in range(2)),
    ]
    for number, lake in enumerate(lakes):
        with open_shop(lake) as shop:
            commit(shop.connection, shop.lake, shop.state(), shop.batch(f"in {number}"))
    found = [each for each in (snapshot(lake, "t") for lake in lakes) if each is not None]

    with connect(threads=1) as connection:
        for lake in lakes:
            lake.store.attach(connection)
        create_views(connection, [View("t", found[0].columns, tuple(file for each in found for file in each.files))])
        rows = connection.execute("select tp_source_location, count(*) from t group by all order by all").fetchall()

    assert rows == [("in 0", 3), ("in 1", 3), ("in 2", 3)]


@pytest.mark.parametrize(
    ("encryption", "expected"),
    [
        ({"aws_server_side_encryption": "AES256"}, {"ServerSideEncryption": "AES256"}),
        (
            {"aws_server_side_encryption": "aws:kms", "aws_sse_kms_key_id": "key-1"},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "key-1"},
        ),
    ],
    ids=["AES256", "aws:kms"],
)
def test_all_that_is_written_is_encrypted_as_told(
    s3_endpoint: S3Endpoint, encryption: dict[str, str], expected: dict[str, str]
) -> None:
    """Data, intents, notes, and the Delta log with its checkpoints."""
    bucket = s3_endpoint.bucket()
    with open_shop(open_lake(s3_destination(s3_endpoint.url, bucket, encryption=encryption))) as shop:
        done = commit(shop.connection, shop.lake, shop.state(), shop.batch("a", "b"))
        again = shop.batch("a", version="2", replaced=frozenset({"a"}))
        commit(shop.connection, shop.lake, done.state, again)
    client = s3_endpoint.client()
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]

    heads: list[Any] = [client.head_object(Bucket=bucket, Key=key) for key in keys]

    assert {name for key in keys for name in ("_delta_log", "streams", "superseded", ".parquet") if name in key} == {
        "_delta_log",
        "streams",
        "superseded",
        ".parquet",
    }
    assert [{name: head.get(name) for name in expected} for head in heads] == [expected] * len(keys)


def test_keys_profiles_and_roles_let_in(
    s3_endpoint: S3Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shows its own session token to the store, never one that lies in the environment."""
    (tmp_path / "credentials").write_text(
        f"[ops]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\naws_session_token = profiled\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_SESSION_TOKEN", "stray")
    keys = {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)}
    bucket = s3_endpoint.bucket()

    def tokens(**said: Any) -> set[str | None]:
        with counting(s3_endpoint.url) as way:
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3_endpoint.url)
            lake = open_lake(s3_destination(way.url, bucket, **said))
            with open_shop(lake) as shop:
                commit(shop.connection, shop.lake, shop.state(), shop.batch("a"))
            assert "t" in tables(lake)
            return way.tokens

    assert tokens(**keys) <= {None, ""}
    assert tokens(**keys, session_token=Secret("value", "given")) == {"given"}
    assert tokens(profile="ops") == {"profiled"}
    (assumed,) = tokens(**keys, role=ROLE, external_id="x1")
    assert assumed not in {None, "", "stray"}


def test_the_environment_alone_lets_in(s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, region and endpoint, without a credential block."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint.url)

    with open_shop(open_lake(Destination("d", f"s3://{s3_endpoint.bucket()}"))) as shop:
        commit(shop.connection, shop.lake, shop.state(), shop.batch("a"))
        assert shop.counts() == {"a": 3}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"profile": "nope"}, "profile"),
        ({"access_key": "AKIA"}, "secret_key"),
        ({"access_key": "AKIA", "secret_key": Secret("env", "NOT_SET")}, "NOT_SET"),
    ],
)
def test_a_credential_that_is_of_no_use_is_told(said: dict[str, Any], words: str) -> None:
    """With the lake's name, before anything is asked."""
    lake = open_lake(s3_destination("http://127.0.0.1:9", "bucket", **said))

    with pytest.raises(LakeError, match=words) as caught:
        tables(lake)

    assert "s3://bucket/security/lake" in str(caught.value)


def test_no_credentials_at_all_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to do."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(LakeError, match="s3://b: no AWS credentials were found; give the destination a credential"):
        tables(open_lake(Destination("d", "s3://b")))


def test_a_role_that_cannot_be_assumed_is_told(s3_endpoint: S3Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the role's fault, not the bucket's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{s3_endpoint.url}/no-such-service")
    keys: dict[str, Any] = {"access_key": ACCESS_KEY, "secret_key": Secret("value", SECRET_KEY)}

    with pytest.raises(LakeError, match="s3://bucket/security/lake: "):
        tables(open_lake(s3_destination(s3_endpoint.url, "bucket", role=ROLE, **keys)))


@pytest.mark.parametrize(
    ("path", "said", "endpoint", "hosted"),
    [
        ("s3://logs", {}, None, "true"),
        ("s3://my.logs", {}, None, "false"),
        ("s3://logs/x", {"force_path_style": True}, None, "false"),
        ("s3://logs", {"endpoint_url": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000", "false"),
        ("s3://logs", {"endpoint_url": "http://minio:9000"}, "http://minio:9000", "false"),
        ("s3://logs", {"endpoint_url": "https://s3.example.com/"}, "https://logs.s3.example.com", "true"),
        (
            "s3://logs",
            {"endpoint_url": "https://s3.example.com", "force_path_style": True},
            "https://s3.example.com",
            "false",
        ),
    ],
)
def test_buckets_are_addressed_the_way_the_store_expects(
    path: str, said: dict[str, Any], endpoint: str | None, hosted: str
) -> None:
    """In the host's name where that can be, else in the path."""
    config = ObjectAccess(Destination("d", path, Credential("aws", "c", None, said))).config()

    assert config.get("aws_endpoint") == endpoint
    assert config["aws_virtual_hosted_style_request"] == hosted
    assert config["aws_region"] == "us-east-1"


def test_what_is_superseded_stays_until_its_time_is_over(s3_endpoint: S3Endpoint) -> None:
    """Readers of a bucket leave no lease, so a snapshot taken before a replacement can still be read."""
    with open_shop(open_lake(s3_destination(s3_endpoint.url, s3_endpoint.bucket()))) as shop:
        done = commit(shop.connection, shop.lake, shop.state(), shop.batch("a"))
        before = shop.parquet()
        batch = shop.batch("a", version="2", rows=1, replaced=frozenset({"a"}))
        commit(shop.connection, shop.lake, done.state, batch)

        assert shop.counts() == {"a": 1}
        assert before < shop.parquet()
