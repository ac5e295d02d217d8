"""A store that fails: what can be saved is, nothing is doubled, and the rest is told in words, soon."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from tailpipe_assets.pipeline.failures import in_our_words
from tailpipe_resources.errors import LakeError, LakeUnavailableError
from tailpipe_resources.lake import commit, open_lake, tables
from tailpipe_resources.lake import object_access as patience
from tailpipe_resources.lake.answers import ANSWERS, in_words
from tailpipe_resources.lake.delta import open_table
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.query.engine import spoken
from tests.lake.conftest import Workshop, open_shop
from tests.services.faulty_s3 import Answer, serving_faults
from tests.services.s3 import ACCESS_KEY, SECRET_KEY, s3_destination
from tests.services.s3_proxy import Fault, Proxy, counting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.s3 import S3Endpoint

pytestmark = pytest.mark.service
EVER = 1000


@pytest.fixture
def way(s3_endpoint: S3Endpoint) -> Iterator[Proxy]:
    """A way to the store that fails when told to."""
    with counting(s3_endpoint.url) as proxy:
        yield proxy


@pytest.fixture
def shop(s3_endpoint: S3Endpoint, way: Proxy) -> Iterator[Workshop]:
    """A lake beyond that way, with rows of `a`."""
    with open_shop(open_lake(s3_destination(way.url, s3_endpoint.bucket()))) as made:
        commit(made.connection, made.lake, made.state(), made.batch("a"))
        yield made


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PUT .*_delta_log", "lose the answer"),
        Fault("PUT .*_delta_log", "lose the request"),
        Fault("PUT .*_delta_log", "slow down", times=3),
        Fault("PUT .*streams", "lose the answer"),
        Fault("PUT .*parquet", "lose the answer"),
        Fault("PUT .*parquet", "slow down", times=3),
        Fault("GET .*list-type", "slow down", times=3),
        Fault("GET .*list-type", "break off", times=2),
        Fault("GET .*(json|parquet)$", "break off", times=3),
        Fault("GET .*_delta_log", "lose the request", times=2),
        Fault("(GET|HEAD) ", "slow down", times=5),
    ],
    ids=lambda fault: f"{fault.does}: {fault.asked}",
)
def test_a_passing_fault_is_survived(shop: Workshop, way: Proxy, fault: Fault) -> None:
    """The commit lands, once; where its answer was lost that is recognised."""
    state = shop.state()
    batch = shop.batch("b")
    way.fails(fault)

    done = commit(shop.connection, shop.lake, state, batch)

    assert len(way.met) > 0
    assert shop.counts() == {"a": 3, "b": 3}
    assert shop.state() == done.state
    assert len(shop.intents()) == 2


@pytest.mark.parametrize(
    ("fault", "words", "passing"),
    [
        pytest.param(Fault("PUT .*_delta_log", "slow down", EVER), "asked to slow down", True, marks=pytest.mark.slow),
        (Fault("PUT .*_delta_log", "deny", EVER), "access is denied", False),
        (Fault("PUT .*parquet", "deny", EVER), "s3:PutObject", False),
        (Fault("PUT .*streams", "deny", EVER, body="KMS.DisabledException"), "kms_key_id", False),
        (Fault("PUT .*parquet", "lose the request", EVER), "the connection broke", True),
        (Fault("GET .*_delta_log.*json$", "break off", EVER), "failed again and again", True),
    ],
    ids=lambda each: f"{each.does}: {each.asked}" if isinstance(each, Fault) else "",
)
def test_a_lasting_fault_is_told_and_the_next_run_goes_on(
    shop: Workshop, way: Proxy, fault: Fault, words: str, passing: bool
) -> None:
    """Nothing of the attempt is seen, and nothing of it is in the way; its kind says whether to try again."""
    state = shop.state()
    batch = shop.batch("b")
    way.fails(fault)
    start = time.monotonic()

    with pytest.raises(LakeError, match=words) as caught:
        commit(shop.connection, shop.lake, state, batch)

    assert shop.lake.root in str(caught.value)
    assert isinstance(caught.value, LakeUnavailableError) == passing
    assert time.monotonic() - start < 40
    way.fails()
    assert shop.counts() == {"a": 3}
    again = commit(shop.connection, shop.lake, shop.state(), shop.batch("b"))
    assert shop.counts() == {"a": 3, "b": 3}
    assert shop.state() == again.state


def test_a_commit_that_landed_at_the_last_try_is_recognised(shop: Workshop, way: Proxy) -> None:
    """Also when no answer to it ever came."""
    state = shop.state()
    batch = shop.batch("b")
    way.fails(Fault("PUT .*_delta_log", "lose the answer", EVER))

    done = commit(shop.connection, shop.lake, state, batch)

    assert shop.counts() == {"a": 3, "b": 3}
    assert shop.state() == done.state


@pytest.mark.parametrize("asked", ["GET .*parquet", "HEAD .*parquet"])
def test_rows_that_may_not_be_read_are_told(shop: Workshop, way: Proxy, asked: str) -> None:
    """A query says which lake, and why."""
    way.fails(Fault(asked, "deny", EVER))

    with pytest.raises((duckdb.Error, Exception), match="access is denied") as caught:
        shop.counts()

    words = spoken(caught.value) if isinstance(caught.value, duckdb.Error) else str(caught.value)
    assert f"{shop.lake.root} cannot be read: access is denied" in words
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "InvalidAccessKeyId", "the access key is unknown there"),
        (403, "SignatureDoesNotMatch", "the secret key is wrong"),
        (400, "ExpiredToken", "the session token has expired"),
        (403, "AccessDenied", "access is denied"),
        (403, "RequestTimeTooSkewed", "clock"),
        (404, "NoSuchBucket", "there is no such bucket"),
        (301, "PermanentRedirect", "another region"),
    ],
)
def test_refusals_are_told_without_secrets(
    status: int, code: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By a message with the lake in it; neither message nor log nor what is printed of values holds a key."""
    caplog.set_level(logging.DEBUG)
    with serving_faults() as store:
        store.answers(Answer.error(status, code))
        secret, token = Secret("value", SECRET_KEY), Secret("value", "TOKEN-SHOWN")
        destination = s3_destination(store.url, "bucket", access_key=ACCESS_KEY, secret_key=secret, session_token=token)
        lake = open_lake(destination)

        for ask in (lambda: tables(lake), lambda: open_table(lake, "t"), lambda: lake.store.write("k", b"")):
            with pytest.raises(LakeError, match=words) as caught:
                ask()
            assert not isinstance(caught.value, LakeUnavailableError)
            told = f"{caught.value}{caught.value.__cause__!r}{lake!r}{destination!r}{vars(lake.store)}{caplog.text}"
            assert "s3://bucket/security/lake" in str(caught.value)
            assert SECRET_KEY not in told
            assert "TOKEN-SHOWN" not in told


def test_a_store_that_is_not_there_is_told_soon() -> None:
    """In half a minute at most, which the settings add up to."""
    lake = open_lake(s3_destination("http://127.0.0.1:9", "bucket"))
    start = time.monotonic()

    with pytest.raises(LakeUnavailableError, match="s3://bucket/security/lake cannot be reached: nothing listens"):
        tables(lake)

    assert time.monotonic() - start < 30
    assert patience.RETRY_SECONDS + patience.REQUEST_SECONDS < 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (503, "ServiceUnavailable"), (429, "TooMany")]
)
def test_a_store_that_is_busy_may_recover(status: int, code: str) -> None:
    """Whatever was asked."""
    with serving_faults() as store:
        store.answers(Answer.error(status, code))
        lake = open_lake(s3_destination(store.url, "bucket"))

        for ask in (lambda: lake.store.read("k"), lambda: open_table(lake, "t")):
            with pytest.raises(LakeUnavailableError, match="run again later"):
                ask()


def test_a_query_of_a_lake_that_is_busy_may_be_tried_again(shop: Workshop, way: Proxy) -> None:
    """Also when it was DuckDB that asked through us."""
    way.fails(Fault("GET .*parquet", "lose the request", EVER))

    with pytest.raises(duckdb.Error) as caught:
        shop.counts()

    assert isinstance(in_our_words(caught.value), LakeUnavailableError)
    assert "Traceback" not in str(in_our_words(caught.value))


@pytest.mark.parametrize("text", ["", "\x1b[31m↳\x1b[0m odd\nmore"])
def test_an_unknown_answer_is_one_line(text: str) -> None:
    """Whatever it is."""
    assert in_words(OSError(text)) in {"OSError", "odd"}
    assert all(meaning == meaning.strip() for meaning in ANSWERS.values())
