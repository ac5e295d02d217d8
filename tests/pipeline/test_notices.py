"""Collecting by notices: a message is a hint where to look, the ledger decides, and nothing is acknowledged early."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.pipeline import CollectOptions, collect
from tailpipe_assets.pipeline.follow import Follower, Manner
from tailpipe_assets.pipeline.stock import stock, take_out
from tailpipe_resources.config import load
from tailpipe_resources.errors import AccessDeniedError, BusyError
from tailpipe_resources.lake.listed import last_listed, note_listed
from tailpipe_resources.model.window import Window
from tests.pipeline.test_passes import ONE, TWO, line, numbers
from tests.services.s3_proxy import Fault, counting
from tests.services.told_bucket import ToldBucket, created

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.services.project import Project
    from tests.services.s3 import S3Endpoint
    from tests.services.s3_proxy import Proxy

pytestmark = pytest.mark.service
BOTH = (ONE + TWO).replace("source.file", "source.aws_s3")
JUST_ONE = ONE.replace("source.file", "source.aws_s3")


@pytest.fixture
def bucket(s3_endpoint: S3Endpoint) -> ToldBucket:
    """A bucket with one object of which nobody was told."""
    made = ToldBucket(s3_endpoint)
    made.put("0.log", line(0))
    return made


@pytest.fixture
def proxy(s3_endpoint: S3Endpoint) -> Iterator[Proxy]:
    """Another way to bucket and queue."""
    with counting(s3_endpoint.url) as way:
        yield way


def told(project: Project, bucket: ToldBucket, text: str = BOTH, **more: str) -> Project:
    """The project, which reads the bucket and has listed it once."""
    project.configure(bucket.hcl(**more) + text)
    assert [each.failure for each in project.collect()] == [None] * text.count("collection ")
    return project


def rows(project: Project, **more: CollectOptions | Window) -> list[int]:
    """How many rows a run brings, by collection."""
    return [each.rows for each in project.collect(**more)]  # type: ignore[arg-type]


def age(project: Project, *, hours: float) -> None:
    """Have the last listings been so long ago."""
    for name in ("one", "two"):
        last = last_listed(project.lake, "t", name)
        assert last is not None
        note_listed(project.lake, "t", name, replace(last, at=last.at - hours * 3600))


def test_only_what_is_told_is_looked_at(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """The first run lists; later ones take messages, which are gone afterwards, and list nothing."""
    told(project, bucket, through=proxy.url)
    bucket.put("untold.log", line(8))
    for number in (1, 2):
        bucket.arrive(f"AWSLogs/{number} a+b.log", line(number))
    proxy.forget()

    assert rows(project) == [2, 2]
    assert numbers(project, "one") == numbers(project, "two") == [0, 1, 2]
    assert (proxy.prefixes_listed(), bucket.waiting) == ([], 0)
    assert rows(project) == [0, 0]


def test_messages_that_come_twice_or_late_do_nothing(project: Project, bucket: ToldBucket) -> None:
    """What is in the bucket counts, not what was said of it: duplicates, old versions, deletions in any order."""
    told(project, bucket)
    sent = []
    for version in (1, 2, 3):
        bucket.put("a.log", line(version))
        sent += [json.dumps(created(bucket.name, "a.log", eTag=str(version)))] * 3
    sent += [
        json.dumps(created(bucket.name, "a.log", "ObjectRemoved:Delete")),
        json.dumps(created(bucket.name, "0.log")),
    ]
    random.Random(6).shuffle(sent)
    bucket.send(*sent[:6])

    assert rows(project) == [1, 1]
    bucket.send(*sent[6:])
    assert rows(project) == [0, 0]
    assert numbers(project, "one") == numbers(project, "two") == [0, 3]
    assert bucket.waiting == 0


def test_a_window_lists(project: Project, bucket: ToldBucket) -> None:
    """Who says which days, or wants something again, gets what the bucket has; the queue keeps its messages."""
    told(project, bucket)
    bucket.put("untold.log", line(1))
    bucket.tell("untold.log")
    yesterday = datetime.now(UTC) - timedelta(days=1)

    assert rows(project, window=Window(yesterday)) == [1, 1]
    bucket.put("again.log", line(2))
    assert rows(project, options=CollectOptions(retry_quarantined=True)) == [1, 1]
    assert bucket.waiting == 1
    assert rows(project) == [0, 0]
    assert bucket.waiting == 0


def test_what_the_queue_missed_comes_within_a_day(project: Project, bucket: ToldBucket) -> None:
    """The bucket is listed a day after the last time, and not before."""
    told(project, bucket)
    bucket.put("untold.log", line(1))

    age(project, hours=23.5)
    assert rows(project) == [0, 0]
    age(project, hours=1)
    assert rows(project) == [1, 1]
    bucket.put("untold-2.log", line(2))
    assert rows(project) == [0, 0]


@pytest.mark.parametrize("change", ["asked", "new", "deleted"])
def test_a_change_has_the_bucket_listed(project: Project, bucket: ToldBucket, change: str) -> None:
    """When something else is asked for, a collection is new, or its rows were deleted to be collected again."""
    told(project, bucket, JUST_ONE)
    if change == "asked":
        project.configure(bucket.hcl(more='prefix = "0"') + JUST_ONE)
        bucket.put("0-untold.log", line(1))
    elif change == "new":
        project.configure(bucket.hcl() + BOTH)
    else:
        (one,) = stock(load([project.folder / "tailpipe.hcl"]))
        take_out(one, None, "delete", "")

    assert rows(project)[-1] == 1
    assert numbers(project, "two" if change == "new" else "one") == ([0, 1] if change == "asked" else [0])


def test_a_run_for_some_of_its_collections_leaves_the_queue_alone(project: Project, bucket: ToldBucket) -> None:
    """It lists, since what it took would be lost to the others."""
    told(project, bucket)
    bucket.arrive("a.log", line(1))
    one, _ = project.plans()

    assert [each.rows for each in collect([one])] == [1]
    assert bucket.waiting == 1
    assert rows(project) == [0, 1]
    assert bucket.waiting == 0


def test_a_message_stays_until_every_collection_has_its_object(project: Project, bucket: ToldBucket) -> None:
    """One collection fails: the other gets its rows, the message comes back, and then brings the rest."""
    told(project, bucket)
    bucket.arrive("a.log", line(1))
    with project.lake.lock("t", "one"):
        busy, done = project.collect()

    assert isinstance(busy.failure, BusyError)
    assert (done.rows, bucket.waiting) == (1, 1)
    bucket.come_back()
    assert rows(project) == [1, 0]
    assert (numbers(project, "one"), numbers(project, "two"), bucket.waiting) == ([0, 1], [0, 1], 0)


def test_a_message_stays_when_its_object_is_not_delivered(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """Whether it may not be read or the store is down, it is asked for again."""
    told(project, bucket, through=proxy.url)
    bucket.arrive("a.log", line(1))
    bucket.arrive("b.log", line(2))
    proxy.fails(Fault("(HEAD|GET) .*a.log", "deny", times=2))
    (one, _) = project.collect()

    assert (one.rows, [each.status for each in one.faults], bucket.waiting) == (1, ["failed"], 1)
    assert "access denied" in one.faults[0].reason
    bucket.come_back()
    assert rows(project) == [1, 1]
    assert bucket.waiting == 0


def test_an_object_that_is_gone_is_passed_over(project: Project, bucket: ToldBucket) -> None:
    """That is told once, and its message does not come back."""
    told(project, bucket, JUST_ONE)
    bucket.tell("gone.log", "elsewhere/gone.log")
    (result,) = project.collect()

    assert [each.status for each in result.faults] == ["gone", "gone"]
    assert (result.failure, bucket.waiting) == (None, 0)


def test_a_message_that_is_not_for_us_is_told_and_left(project: Project, bucket: ToldBucket) -> None:
    """For a dead-letter queue to take; the others are collected."""
    told(project, bucket, JUST_ONE)
    bucket.send("nonsense", json.dumps(created("others", "a.log")))
    bucket.arrive("a.log", line(1))
    (result,) = project.collect()

    assert (result.rows, result.failure, bucket.waiting) == (1, None, 2)
    assert sorted(note.split(": ")[2].split(";")[0] for note in result.notes) == [
        "it is about s3://others",
        "it is no notification of S3",
    ]


def test_keys_that_no_collection_wants_are_acknowledged(project: Project, bucket: ToldBucket) -> None:
    """Those outside the prefixes of source and collections, and folders."""
    project.configure(bucket.hcl() + JUST_ONE.replace("table_name", 'prefix = "mine/"\n  table_name'))
    project.collect()
    bucket.arrive("mine/a.log", line(1))
    bucket.arrive("others/b.log", line(2))
    bucket.arrive("mine/", b"")

    assert rows(project) == [1]
    assert (numbers(project), bucket.waiting) == ([1], 0)


def test_a_queue_that_may_not_be_used_is_told(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """By the collections it feeds; what was committed before that counts."""
    told(project, bucket, JUST_ONE, url=bucket.by_way_of(proxy.url))
    bucket.arrive("a.log", line(1))
    proxy.fails(Fault("DeleteMessage", "deny"))
    (result,) = project.collect()

    assert isinstance(result.failure, AccessDeniedError)
    assert "the credential needs sqs:DeleteMessage on the queue" in str(result.failure)
    assert (result.rows, bucket.waiting) == (1, 1)


@pytest.mark.slow
def test_killed_between_commit_and_deletion(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """The messages come back, and nothing is doubled."""
    told(project, bucket, url=bucket.by_way_of(proxy.url))
    for number in range(1, 30):
        bucket.arrive(f"{number}.log", line(number))
    command = "import sys; from tailpipe_assets.cli.main import main; main(sys.argv[1:])"
    start = [sys.executable, "-c", command, "collect", "--no-record", "--no-progress"]
    killed = threading.Event()

    def strike(asked: str) -> None:
        if "DeleteMessage" in asked and not killed.is_set():
            killed.set()
            os.kill(child.pid, signal.SIGKILL)

    proxy.before = strike
    # Several are deleted at once: none of them is, whichever is met first.
    proxy.fails(Fault("DeleteMessage", "lose the request", times=99))
    child = subprocess.Popen(start, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert child.wait(timeout=240) == -signal.SIGKILL
    assert numbers(project, "one") == numbers(project, "two") == [*range(30)]

    proxy.fails()
    bucket.come_back()
    assert bucket.waiting == 29
    assert rows(project) == [0, 0]
    assert (numbers(project, "one"), numbers(project, "two"), bucket.waiting) == ([*range(30)], [*range(30)], 0)


def followed(project: Project, tell: Callable[[str], None] = lambda _: None) -> Follower:
    """A follower that looks as often as it can."""
    return Follower(project.plans(), Manner(compact_after=None), tell=tell)


def test_following_takes_messages_and_lists_nothing(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """A round brings what was told; what another run holds is tried again without waiting for the queue."""
    told(project, bucket, JUST_ONE, through=proxy.url)
    messages: list[str] = []
    follower = followed(project, messages.append)
    bucket.arrive("a.log", line(1))
    bucket.send("nonsense")
    proxy.forget()

    assert [each.rows for each in follower.round()] == [1]
    bucket.arrive("b.log", line(2))
    with project.lake.lock("t", "one"):
        assert follower.round() == ()
    while numbers(project) != [0, 1, 2]:
        follower.round()
        time.sleep(follower.pause)

    assert (proxy.prefixes_listed(), bucket.waiting, len(messages)) == ([], 1, 1)
    assert "it is no notification of S3; it is left there" in messages[0]


def test_following_tells_once_that_a_queue_may_not_be_used(project: Project, bucket: ToldBucket, proxy: Proxy) -> None:
    """What was committed counts, and it goes on as soon as it may."""
    told(project, bucket, JUST_ONE, url=bucket.by_way_of(proxy.url))
    messages: list[str] = []
    follower = followed(project, messages.append)
    bucket.arrive("a.log", line(1))
    proxy.fails(Fault("DeleteMessage", "deny", times=2))

    assert [each.rows for each in follower.round()] == [1]
    while bucket.waiting:
        time.sleep(follower.pause)
        follower.round()
    while len(messages) < 2:
        time.sleep(follower.pause)
        bucket.arrive("b.log", line(2))
        follower.round()

    assert "the credential needs sqs:DeleteMessage on the queue; it is tried again" in messages[0]
    assert messages[1:] == ["t.one: goes on"]


@pytest.mark.slow
def test_two_followers_at_once(project: Project, bucket: ToldBucket) -> None:
    """Whoever takes which message, and however often it comes, every object is there once."""
    told(project, bucket)
    done = threading.Event()

    def follow() -> None:
        follower = followed(project)
        while not done.is_set():
            follower.round()
            time.sleep(min(follower.pause, 0.1))

    both = [threading.Thread(target=follow) for _ in range(2)]
    for each in both:
        each.start()
    for number in range(1, 40):
        bucket.arrive(f"{number}.log", line(number))
        bucket.tell(f"{random.Random(number).randint(1, number)}.log")
    end = time.monotonic() + 120
    while bucket.waiting and time.monotonic() < end:
        time.sleep(0.1)
    done.set()
    for each in both:
        each.join()

    assert (numbers(project, "one"), numbers(project, "two"), bucket.waiting) == ([*range(40)], [*range(40)], 0)
