"""The queue that S3 writes to, as the inbox of a source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.errors import SourceError
from tailpipe_resources.sources.base import Notice
from tailpipe_resources.sources.s3_client import client_of
from tailpipe_resources.sources.s3_notice import said_of
from tailpipe_resources.sources.s3_queue_errors import STALE_RECEIPT, speaking_for_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tailpipe_resources.model.artifact import Artifact
    from tailpipe_resources.sources.base import Source
    from tailpipe_resources.sources.s3_client import Access
    from tailpipe_resources.sources.s3_queue_url import QueueUrl

AT_ONCE: Final = 10
"""How many messages SQS hands out, or takes away, in one request."""

_DELETERS = 8


class SqsInbox:
    """A queue of SQS. Safe to use from several threads."""

    def __init__(
        self, url: QueueUrl, bucket: str, access: Access, only: Callable[[Sequence[Artifact]], Source]
    ) -> None:
        """Reach nothing yet.

        Args:
            url: the queue's.
            bucket: what its messages are to be about.
            access: who asks, and where.
            only: makes the source that has some objects only.
        """
        self._url = url
        self._bucket = bucket
        self._access = access
        self._only = only
        self._lock = Lock()
        self._made: Any = None

    @property
    def subject(self) -> str:
        """The queue's URL."""
        return self._url.text

    def receive(self, seconds: int, hold: int) -> Sequence[Notice]:
        """Up to ten messages; see `Inbox.receive`."""
        with speaking_for_queue(self._url):
            answer = self._client().receive_message(
                QueueUrl=self._url.text,
                MaxNumberOfMessages=AT_ONCE,
                WaitTimeSeconds=seconds,
                VisibilityTimeout=hold,
            )
        return [self._notice(each) for each in answer.get("Messages", ())]

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Delete messages; see `Inbox.acknowledge`. One whose receipt is too old comes again, and is known then."""
        lots = [notices[start : start + AT_ONCE] for start in range(0, len(notices), AT_ONCE)]
        with ThreadPoolExecutor(_DELETERS, "sqs-delete") as pool:
            list(pool.map(self._delete, lots))

    def only(self, hints: Sequence[Artifact]) -> Source:
        """The bucket as if it had these objects only; see `Inbox.only`."""
        return self._only(hints)

    def waiting(self) -> int:
        """What SQS believes to be visible; see `Inbox.waiting`."""
        name = "ApproximateNumberOfMessages"
        with speaking_for_queue(self._url):
            answer = self._client().get_queue_attributes(QueueUrl=self._url.text, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def attempt(self) -> str:
        """Count, receive without holding, and delete what cannot be there; see `Inbox.attempt`."""
        count = self.waiting()
        notices = self.receive(0, 0)
        try:
            with speaking_for_queue(self._url):
                self._client().delete_message(QueueUrl=self._url.text, ReceiptHandle="none")
        except SourceError as error:
            if STALE_RECEIPT not in str(error):
                raise
        faults = [each.fault for each in notices if each.fault]
        return f"about {count:,} messages wait" + (f"; of one {faults[0]}" if faults else "")

    def _notice(self, message: dict[str, Any]) -> Notice:
        said = said_of(message["Body"], self._bucket)
        return Notice(message["MessageId"], message["ReceiptHandle"], said.hints, said.fault)

    def _delete(self, notices: Sequence[Notice]) -> None:
        entries = [{"Id": str(at), "ReceiptHandle": each.receipt} for at, each in enumerate(notices)]
        with speaking_for_queue(self._url):
            self._client().delete_message_batch(QueueUrl=self._url.text, Entries=entries)

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = client_of("sqs", self._access)
            return self._made
