"""What S3, other services of AWS and botocore say, in our words."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tailpipe_resources.errors import (
    AccessDeniedError,
    ArtifactGoneError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.exceptions import ClientError

Meaning = tuple[type[SourceError], str]

_DENIED: Meaning = (
    AccessDeniedError,
    "access denied; the credential needs s3:ListBucket on the bucket and s3:GetObject (and kms:Decrypt) on its objects",
)
_NO_BUCKET: Meaning = (SourceRefusedError, "there is no such bucket; check its name, the region and the endpoint")
_EXPIRED: Meaning = (SourceRefusedError, "the credential has expired; renew it")
_UNKNOWN_KEY: Meaning = (SourceRefusedError, "the access key is not known; check access_key and whose endpoint it is")
_BUSY: Meaning = (SourceUnavailableError, "{service} asks to slow down; run again later")
_FAILED: Meaning = (SourceUnavailableError, "{service} failed; run again")
_SLOW: Meaning = (SourceUnavailableError, "{service} took too long to answer; run again")
_BROKEN: Meaning = (SourceUnavailableError, "the connection broke; run again")
_UNREACHED: Meaning = (SourceUnavailableError, "the endpoint cannot be reached; check endpoint_url and the network")
_SIGN_IN: Meaning = (SourceRefusedError, 'the single sign-on session is over; run "aws sso login"')
_GONE: Meaning = (ArtifactGoneError, "it was deleted after it was listed")
_CHANGED: Meaning = (SourceUnavailableError, "it changed since it was listed; the next run takes the new version")
_ELSEWHERE: Meaning = (SourceRefusedError, "the bucket is in another region{region}")

CODES: Final[dict[str, Meaning]] = {
    "301": _ELSEWHERE,
    "400": (SourceRefusedError, "{service} refused without saying why; is the credential still valid?"),
    "403": _DENIED,
    "404": _GONE,
    "412": _CHANGED,
    "429": _BUSY,
    "500": _FAILED,
    "502": _FAILED,
    "503": _BUSY,
    "504": _SLOW,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AuthorizationHeaderMalformed": _ELSEWHERE,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "IllegalLocationConstraintException": _ELSEWHERE,
    "InternalError": _FAILED,
    "InvalidAccessKeyId": _UNKNOWN_KEY,
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "InvalidObjectState": (SourceRefusedError, "it is archived; restore it from Glacier, then collect again"),
    "InvalidToken": (SourceRefusedError, "the session token is not valid; renew the credential"),
    "KMS.DisabledException": (SourceRefusedError, "its KMS key is disabled; enable it"),
    "KMS.KMSInvalidStateException": (SourceRefusedError, "its KMS key is not ready to be used; is it to be deleted?"),
    "KMS.NotFoundException": (SourceRefusedError, "its KMS key does not exist any more; without it nobody can read it"),
    "NoSuchBucket": _NO_BUCKET,
    "NoSuchKey": _GONE,
    "NoSuchVersion": _GONE,
    "PermanentRedirect": _ELSEWHERE,
    "PreconditionFailed": _CHANGED,
    "RequestLimitExceeded": _BUSY,
    "RequestTimeTooSkewed": (SourceRefusedError, "this machine's clock is wrong; set it"),
    "RequestTimeout": _SLOW,
    "ServiceUnavailable": _BUSY,
    "SignatureDoesNotMatch": (SourceRefusedError, "the secret key does not belong to the access key; check both"),
    "SlowDown": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "TooManyRequestsException": _BUSY,
}
"""What an error response means, by its code; a bare number where the response had none."""

EXCEPTIONS: Final[dict[str, Meaning]] = {
    "ConnectTimeoutError": _UNREACHED,
    "ConnectionClosedError": _BROKEN,
    "CredentialRetrievalError": (SourceRefusedError, "the credential could not be had from where it is kept"),
    "EndpointConnectionError": _UNREACHED,
    "FlexibleChecksumError": (SourceUnavailableError, "its bytes arrived damaged; run again"),
    "HTTPClientError": _BROKEN,
    "IncompleteReadError": _BROKEN,
    "InvalidRegionError": (SourceRefusedError, "there is no such region; check region"),
    "NoAuthTokenError": _SIGN_IN,
    "NoCredentialsError": (
        SourceRefusedError,
        'no credentials were found; set AWS_PROFILE or AWS_ACCESS_KEY_ID, or write a credential "aws" block',
    ),
    "PartialCredentialsError": (SourceRefusedError, "the credential is not complete; set access_key and secret_key"),
    "ProfileNotFound": (SourceRefusedError, "the AWS profile does not exist; check profile and AWS_PROFILE"),
    "ProxyConnectionError": (SourceUnavailableError, "the proxy cannot be reached; check HTTPS_PROXY"),
    "ReadTimeoutError": _SLOW,
    "ResponseStreamingError": _BROKEN,
    "SSLError": (SourceRefusedError, "the endpoint's certificate is not trusted; check endpoint_url and AWS_CA_BUNDLE"),
    "SSOTokenLoadError": _SIGN_IN,
    "TokenRetrievalError": _SIGN_IN,
    "UnauthorizedSSOTokenError": _SIGN_IN,
}
"""What an exception of botocore means, by the name of its class or of the nearest one above it."""

_SERVICE: Final = "{service}"
_MAX_MESSAGE = 300
_KMS_KEY = re.compile(r"kms:Decrypt\b.*?(arn:[\w-]+:kms:[\w/:-]+|the resource|$)")
"""How S3 says that an object may be read and its key not used."""


@contextmanager
def speaking_for(subject: str, service: str = "S3") -> Iterator[None]:
    """Say in our words, of this bucket or object, what botocore says in its own.

    Args:
        subject: how we speak of it.
        service: whose answers they are.

    Raises:
        SourceError: of the kind that tells what to do.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        kind, words = _of_response(error)
        raise kind(f"{subject}: {words.replace(_SERVICE, service)}") from error
    except BotoCoreError as error:
        kind, words = _of_exception(error)
        raise kind(f"{subject}: {words.replace(_SERVICE, service)}") from error
    except ResponseParserError as error:
        raise SourceUnavailableError(f"{subject}: {unlike(service)}") from error


def unlike(service: str) -> str:
    """What to say of an answer that a service does not give."""
    return f"what answers does not speak like {service}; check endpoint_url"


def is_worth_resuming(error: SourceError) -> bool:
    """Whether the rest of a body may be asked for again."""
    return isinstance(error, SourceUnavailableError) and _CHANGED[1] not in str(error)


def _of_response(error: ClientError) -> Meaning:
    response: Any = error.response
    code = str(response.get("Error", {}).get("Code", ""))
    if error.operation_name.startswith("AssumeRole"):
        return SourceRefusedError, f"the role cannot be assumed ({code}); check role, external_id and its trust policy"
    key = _KMS_KEY.search(str(response.get("Error", {}).get("Message", ""))) if code == "AccessDenied" else None
    if key is not None:
        return SourceRefusedError, f"its KMS key may not be used; the credential needs kms:Decrypt with {key[1]}"
    kind, words = CODES.get(code) or _of_status(code, response)
    if kind is ArtifactGoneError and error.operation_name == "ListObjectsV2":
        return _NO_BUCKET
    return kind, words.replace("{region}", _region_hint(response))


def _of_status(code: str, response: Any) -> Meaning:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = str(response.get("Error", {}).get("Message", ""))[:_MAX_MESSAGE].replace("{", "").replace("}", "")
    kind = SourceUnavailableError if status >= 500 or status == 429 else SourceRefusedError
    return kind, f"{_SERVICE} answered {code}: {said}"


def _region_hint(response: Any) -> str:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    return f'; set region = "{region}"' if region else "; set region"


def _of_exception(error: Exception) -> Meaning:
    for kind in type(error).__mro__:
        if kind.__name__ in EXCEPTIONS:
            return EXCEPTIONS[kind.__name__]
    return SourceRefusedError, f"botocore refuses: {' '.join(str(error).split())[:_MAX_MESSAGE]}"
