"""What an object store's answers mean, in words. The libraries that ask tell them in long dumps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from tailpipe_resources.errors import LakeError, LakeUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

ANSWERS: Final[dict[str, str]] = {
    "NoSuchBucket": "there is no such bucket",
    "InvalidAccessKeyId": "the access key is unknown there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "ExpiredToken": "the session token has expired",
    "InvalidToken": "the session token is of no use there",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "KMS.": "the key to encrypt with cannot be used; check kms_key_id and its policy",
    "AccessDenied": "access is denied; the credential needs s3:ListBucket on the bucket, and s3:GetObject, "
    "s3:PutObject and s3:DeleteObject below the destination's path",
    "PermanentRedirect": "the bucket is in another region; give the credential its region",
    "AuthorizationHeaderMalformed": "the bucket is in another region; give the credential its region",
    "RequestTimeout": "it gave no answer in time; run again later",
    "Throttling": "it asked to slow down again and again; run again later",
    "SlowDown": "it asked to slow down again and again; run again later",
    "lacked the necessary privileges": "access is denied; the credential needs s3:ListBucket on the bucket, and "
    "s3:GetObject, s3:PutObject and s3:DeleteObject below the destination's path",
    "incorrectly configured region": "the bucket is in another region; give the credential its region",
    "dns error": "its name is unknown to DNS; check endpoint_url and region",
    "Connection refused": "nothing listens there; check endpoint_url",
    "operation timed out": "it gave no answer in time; run again later",
    "TimedOut": "it gave no answer in time; run again later",
    "kind: Connect": "no connection can be made; check endpoint_url and the network",
    "error sending request": "the connection broke again and again; run again later",
    "non-2xx status code: 429": "it asked to slow down again and again; run again later",
    "non-2xx status code: 5": "it failed again and again; run again later",
    "Generic S3 error": "it failed again and again; run again later",
}
"""First found, first told. Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""

PASSING: Final = frozenset(
    {
        "RequestTimeout",
        "Throttling",
        "SlowDown",
        "dns error",
        "Connection refused",
        "operation timed out",
        "TimedOut",
        "kind: Connect",
        "error sending request",
        "non-2xx status code: 429",
        "non-2xx status code: 5",
    }
)
"""The marks of failures that may be gone later, though the libraries asked again and again."""

BROKEN_OFF: Final = ("IncompleteBody", "IncompleteMessage", "error decoding response body", "body error")
"""The marks of an answer that ended too early. The libraries ask again after every other failure."""

_TRIES = 4
_LONGEST = 300
_DECORATION = re.compile(r"\x1b\[[0-9;]*m|↳")


def in_words(error: Exception) -> str:
    """What the store's answer means, else its first line."""
    text, mark = str(error), _mark(error)
    if mark is not None:
        return ANSWERS[mark]
    lines = [line for line in (_DECORATION.sub("", each).strip() for each in text.splitlines()) if line]
    return lines[0][:_LONGEST] if lines else type(error).__name__


def failed(what: str, error: Exception) -> LakeError:
    """An error of ours that says what did not work and why, and by its kind whether that may pass."""
    text = f"{what}: {in_words(error)}"
    broke_off = any(mark in str(error) for mark in BROKEN_OFF)
    return LakeUnavailableError(text) if broke_off or _mark(error) in PASSING else LakeError(text)


def _mark(error: Exception) -> str | None:
    text = str(error)
    return next((mark for mark in ANSWERS if mark in text), None)


def unbroken(ask: Callable[[], T], errors: tuple[type[Exception], ...]) -> T:
    """What asking gives, asked again where the answer broke off.

    Args:
        ask: asks without changing anything.
        errors: what it raises when the store fails.
    """
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except errors as error:
            if not any(mark in str(error) for mark in BROKEN_OFF):
                raise
    return ask()
