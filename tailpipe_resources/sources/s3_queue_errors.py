"""What SQS says, in our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.errors import AccessDeniedError, SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.sources.s3_errors import CODES, speaking_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.exceptions import ClientError

    from tailpipe_resources.sources.s3_queue_url import QueueUrl

Meaning = tuple[type[SourceError], str]

STALE_RECEIPT: Final = "its receipt is not valid"
_DENIED: Meaning = (AccessDeniedError, "access denied; the credential needs {action} on the queue")
_NO_QUEUE: Meaning = (SourceRefusedError, "there is no such queue; check the region, account and name in sqs_queue_url")
_ELSEWHERE: Meaning = (SourceRefusedError, "the queue is in another region; write its URL with the region it is in")
_KEY: Meaning = (SourceRefusedError, "its KMS key may not be used; the credential needs kms:Decrypt with that key")
_KEY_OFF: Meaning = (SourceRefusedError, "its KMS key is disabled or not ready to be used; enable it")
_KEY_GONE: Meaning = (SourceRefusedError, "its KMS key does not exist any more; give the queue another one")
_BUSY: Meaning = (SourceUnavailableError, "SQS asks to slow down; run again later")
_FAILED: Meaning = (SourceUnavailableError, "SQS failed; run again")
_FULL: Meaning = (SourceUnavailableError, "too many of its messages are held by readers; run again later")
_STALE: Meaning = (SourceUnavailableError, STALE_RECEIPT)
_NO_URL: Meaning = (SourceRefusedError, "SQS does not take this for a queue; check sqs_queue_url")

QUEUE_CODES: Final[dict[str, Meaning]] = {
    "403": _DENIED,
    "404": _NO_QUEUE,
    "AWS.SimpleQueueService.NonExistentQueue": _NO_QUEUE,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "InternalError": _FAILED,
    "InternalFailure": _FAILED,
    "InvalidAddress": _NO_URL,
    "InvalidParameterValue": _STALE,
    "KMS.AccessDeniedException": _KEY,
    "KMS.DisabledException": _KEY_OFF,
    "KMS.InvalidStateException": _KEY_OFF,
    "KMS.NotFoundException": _KEY_GONE,
    "KMS.ThrottlingException": _BUSY,
    "KmsAccessDenied": _KEY,
    "KmsDisabled": _KEY_OFF,
    "KmsInvalidState": _KEY_OFF,
    "KmsNotFound": _KEY_GONE,
    "KmsThrottled": _BUSY,
    "OverLimit": _FULL,
    "QueueDoesNotExist": _NO_QUEUE,
    "ReceiptHandleIsInvalid": _STALE,
    "RequestThrottled": _BUSY,
    "ServiceUnavailable": _FAILED,
    "ThrottlingException": _BUSY,
    "UnrecognizedClientException": CODES["InvalidAccessKeyId"],
}
"""What an error response means, by its code: those of the older protocol and of the newer one."""

_MAX_MESSAGE = 300


@contextmanager
def speaking_for_queue(url: QueueUrl) -> Iterator[None]:
    """Say of a queue in our words what botocore says in its own.

    Raises:
        SourceError: of the kind that tells what to do.
    """
    from botocore.exceptions import ClientError

    with speaking_for(url.text, "SQS"):
        try:
            yield
        except ClientError as error:
            kind, words = _meaning(error)
            raise kind(f"{url.text}: {words}") from error


def _meaning(error: ClientError) -> Meaning:
    """What an answer means; what every service of Amazon says is left to the words for S3.

    Raises:
        ClientError: it is one of those.
    """
    response: Any = error.response
    code, said = (str(response.get("Error", {}).get(name, "")) for name in ("Code", "Message"))
    if code == "SignatureDoesNotMatch" and "region" in said:
        return _ELSEWHERE
    if code in QUEUE_CODES:
        kind, words = QUEUE_CODES[code]
        return kind, words.format(action=f"sqs:{error.operation_name.removesuffix('Batch')}")
    if code in CODES or error.operation_name.startswith("AssumeRole"):
        raise error
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    failed = SourceUnavailableError if status >= 500 or status == 429 else SourceRefusedError
    return failed, f"SQS answered {code}: {said[:_MAX_MESSAGE]}"
