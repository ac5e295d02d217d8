"""CloudTrail events as templates: the fixed part of each kind of event, made once, with gaps for what varies."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailpipe_assets.samples.chance import base32, base62, base64, hexadecimal, seeded, uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from tailpipe_assets.samples.callers import Caller

_NUMBER_GAP = re.compile(r'"(%\(\w+\)d)"')
_TLS = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}
_BUCKETS = ("shop-assets", "shop-orders-archive", "datalake-raw", "datalake-curated", "build-artifacts")
_KEYS = tuple(uuid(seeded(0, "key", number)) for number in range(12))
_TABLES = ("orders", "carts", "customers", "inventory")

MAKERS: Mapping[str, Callable[[Random], object]] = {
    "event": uuid,
    "request": uuid,
    "shared": uuid,
    "key": lambda rng: rng.choice(_KEYS),
    "session": uuid,
    "instance": lambda rng: "i-" + hexadecimal(rng),
    "volume": lambda rng: "vol-" + hexadecimal(rng),
    "group": lambda rng: "sg-" + hexadecimal(rng),
    "subnet": lambda rng: "subnet-" + hexadecimal(rng),
    "interface": lambda rng: "eni-" + hexadecimal(rng),
    "temporary_key": lambda rng: "ASIA" + base32(rng, 16),
    "new_key": lambda rng: "AKIA" + base32(rng, 16),
    "short": lambda rng: base62(rng, 8),
    "extended": lambda rng: base64(rng, 40),
    "token": lambda rng: base64(rng, 210),
    "refusal": lambda rng: base64(rng, 180),
    "material": lambda rng: rng.choice(_KEYS),
    "bucket": lambda rng: rng.choice(_BUCKETS),
    "table": lambda rng: rng.choice(_TABLES),
    "private": lambda rng: f"10.20.{rng.randrange(4)}.{rng.randrange(4, 250)}",
    "number": lambda rng: rng.randrange(1, 100),
    "size": lambda rng: rng.randrange(200, 90_000),
}
"""What can stand in a template as `%(name)s`, or `%(name)d` for a number, and how it is made."""


class Values(dict[str, object]):
    """What fills the gaps of one event. A value is made when a template first asks for it, and then stays."""

    def __init__(self, rng: Random, fixed: Mapping[str, object]) -> None:
        super().__init__()
        self._rng = rng
        self._fixed = fixed

    def __missing__(self, name: str) -> object:
        value = self[name] = MAKERS[name](self._rng)
        return value

    def begin(self, caller: Caller, time: str) -> Values:
        """Forget the event before and start the next."""
        self.clear()
        self.update(self._fixed)
        self.update(identity=caller.identity, address=caller.address, agent=caller.agent, time=time)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of event."""

    service: str
    """The first part of `eventSource`."""

    name: str
    by: str
    """The kind of caller; see `callers.Pool`."""

    weight: float = 1
    """How often it happens, against the others."""

    writes: bool = False
    is_data: bool = False
    """A data event, which a trail records only when asked to."""

    type: str = "AwsApiCall"
    error: tuple[str | None, str] | None = None
    """Code and message; a failed login has only a message."""

    request: Any = None
    response: Any = None
    extra: Any = None
    """`additionalEventData`."""

    details: Any = None
    """`serviceEventDetails`."""

    resources: tuple[tuple[str, str], ...] = ()
    """Type and ARN."""

    @property
    def template(self) -> str:
        """The event as JSON with gaps."""
        fields: dict[str, Any] = {
            "eventVersion": "1.11",
            "userIdentity": "%(identity)s",
            "eventTime": "%(time)s",
            "eventSource": f"{self.service}.amazonaws.com",
            "eventName": self.name,
            "awsRegion": "%(region)s",
            "sourceIPAddress": "%(address)s",
            "userAgent": "%(agent)s",
            **self._failure(),
            "requestParameters": self.request,
            "responseElements": self.response,
            **self._optional(),
            "eventID": "%(event)s",
            "readOnly": not self.writes,
            **self._touched(),
            "eventType": self.type,
            "managementEvent": not self.is_data,
            "recipientAccountId": "%(account)s",
            "eventCategory": "Data" if self.is_data else "Management",
            **self._connection(),
        }
        text = _NUMBER_GAP.sub(r"\1", json.dumps(fields, separators=(",", ":")))
        return text.replace('"%(identity)s"', "%(identity)s")

    def _failure(self) -> dict[str, str]:
        if self.error is None:
            return {}
        code, message = self.error
        return {"errorMessage": message} if code is None else {"errorCode": code, "errorMessage": message}

    def _optional(self) -> dict[str, Any]:
        named = {"additionalEventData": self.extra, "serviceEventDetails": self.details}
        given = {name: value for name, value in named.items() if value is not None}
        return given if self.type != "AwsApiCall" else {**given, "requestID": "%(request)s"}

    def _touched(self) -> dict[str, Any]:
        if not self.resources:
            return {}
        return {"resources": [{"accountId": "%(account)s", "type": kind, "ARN": arn} for kind, arn in self.resources]}

    def _connection(self) -> dict[str, Any]:
        if self.by == "service":
            return {"sharedEventID": "%(shared)s"}
        host = "signin.aws" if self.type == "AwsConsoleSignIn" else f"{self.service}.%(region)s"
        return {"tlsDetails": {**_TLS, "clientProvidedHostHeader": f"{host}.amazonaws.com"}}
