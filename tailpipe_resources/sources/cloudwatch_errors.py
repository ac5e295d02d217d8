"""What CloudWatch Logs says, in our words."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.errors import SourceError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.sources.s3_errors import CODES, speaking_for, unlike

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOUDWATCH: Final = "CloudWatch"

_MEANING: Final[dict[str, tuple[type[SourceError], str]]] = {
    "AccessDeniedException": (SourceRefusedError, "access denied; the credential needs logs:FilterLogEvents on it"),
    "InvalidParameterException": (
        SourceRefusedError,
        "CloudWatch does not take what we ask for; check log_group_name, log_stream_names and filter_pattern",
    ),
    "InvalidSignatureException": (
        SourceRefusedError,
        "the secret key does not belong to the access key, or this machine's clock is wrong; check both",
    ),
    "LimitExceededException": (SourceUnavailableError, "CloudWatch asks to slow down; run again later"),
    "ResourceNotFoundException": (SourceRefusedError, "there is no such log group; check its name and the region"),
    "ServiceUnavailableException": (SourceUnavailableError, "CloudWatch failed; run again"),
    "UnrecognizedClientException": CODES["InvalidAccessKeyId"],
}

_TURNING: Final = "nextToken"
"""What a refusal speaks of where pages cannot be turned any more, as a token is good for a day."""

_MAX_MESSAGE = 200


@contextmanager
def speaking_for_group(group: str) -> Iterator[None]:
    """Say of a log group in our words what botocore says in its own.

    Raises:
        SourceError: of the kind that tells what to do.
    """
    from botocore.exceptions import ClientError

    with speaking_for(group, CLOUDWATCH):
        try:
            yield
        except ClientError as error:
            told: Any = error.response.get("Error", {})
            code, said = str(told.get("Code", "")), " ".join(str(told.get("Message", "")).split())
            if code not in _MEANING:
                raise
            kind, words = _MEANING[code]
            if code == "InvalidParameterException" and _TURNING in said:
                kind, words = SourceUnavailableError, "its pages cannot be turned any further; run again"
            raise kind(f"{group}: {words}" + (f" ({said[:_MAX_MESSAGE]})" if said else "")) from error
        except (UnicodeDecodeError, OverflowError) as error:
            # From botocore itself, of bytes that are no text and of times that none can be.
            raise SourceUnavailableError(f"{group}: {unlike(CLOUDWATCH)}") from error
