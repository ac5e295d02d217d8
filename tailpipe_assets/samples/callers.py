"""Who calls AWS: `userIdentity` as CloudTrail writes it, with the address and the program that go with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tailpipe_assets.samples import cast
from tailpipe_assets.samples.chance import base32, seeded

if TYPE_CHECKING:
    from random import Random

_PROGRAMS = (
    "aws-cli/2.31.9 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7 md/prompt#off",
    "Boto3/1.40.55 md/Botocore#1.40.55 ua/2.1 os/linux#6.1.0 md/arch#aarch64 lang/python#3.12.4",
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) terraform-provider-aws/6.18.0",
    "aws-sdk-go-v2/1.39.3 ua/2.1 os/linux lang/go#1.25.1 md/GOARCH#arm64 m/E,h",
)
_BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Caller:
    """One party that calls AWS."""

    identity: str
    """JSON."""

    address: str
    """An IP address, or the name of a service of AWS."""

    agent: str
    is_service: bool = False


Pool = dict[str, list[Caller]]
"""Callers by kind: `user`, `role`, `service`, `root` and `console`."""


@cache
def permanent_id(prefix: str, account: str, name: str) -> str:
    """The access key or unique id of a user or role, which never changes."""
    return prefix + base32(seeded(0, prefix, account, name), 16)


def user(account: str, name: str, address: str, agent: str) -> Caller:
    """An IAM user with a key of their own."""
    return _caller(
        {
            "type": "IAMUser",
            "principalId": permanent_id("AIDA", account, name),
            "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account,
            "accessKeyId": permanent_id("AKIA", account, name),
            "userName": name,
        },
        address,
        agent,
    )


def at_login(account: str, name: str, address: str, agent: str = _BROWSER) -> Caller:
    """An IAM user at the console's login page, where there is no key yet."""
    identity = {
        "type": "IAMUser",
        "principalId": permanent_id("AIDA", account, name),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "userName": name,
    }
    return _caller(identity, address, agent)


def root(account: str, address: str, agent: str = _BROWSER) -> Caller:
    """The account's root user."""
    arn = f"arn:aws:iam::{account}:root"
    return _caller({"type": "Root", "principalId": account, "arn": arn, "accountId": account}, address, agent)


def role(rng: Random, account: str, name: str, since: str) -> Caller:
    """Somebody, or a machine, in an assumed role."""
    people = name == "OnCallAdmin"
    session = rng.choice(cast.PEOPLE) if people else f"i-0{rng.getrandbits(64):016x}"
    unique = permanent_id("AROA", account, name)
    identity = {
        "type": "AssumedRole",
        "principalId": f"{unique}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": "ASIA" + base32(rng, 16),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": unique,
                "arn": f"arn:aws:iam::{account}:role/{name}",
                "accountId": account,
                "userName": name,
            },
            "attributes": {"creationDate": since, "mfaAuthenticated": "true" if people else "false"},
        },
    }
    address = office_address(rng) if people else f"10.20.{rng.randrange(4)}.{rng.randrange(4, 250)}"
    return _caller(identity, address, rng.choice(_PROGRAMS))


def service(rng: Random, account: str) -> Caller:
    """A service of AWS. Some of them name no `type`."""
    name = rng.choice(cast.SERVICES)
    typed = {"type": "AWSService", "invokedBy": name}
    untyped = {"accountId": account, "invokedBy": name}
    return Caller(_json(untyped if rng.random() < 0.15 else typed), name, name, is_service=True)


def on_duty(rng: Random, account: str, since: str) -> Pool:
    """Who calls AWS during some minutes in one account."""
    users = (*cast.PEOPLE, *cast.MACHINE_USERS)
    return {
        "user": [user(account, name, _address_of(rng, name), rng.choice(_PROGRAMS)) for name in users],
        "role": [role(rng, account, name, since) for name in cast.ROLES for _ in range(3)],
        "service": [service(rng, account) for _ in range(8)],
        "root": [root(account, cast.OFFICE + "10")],
        "console": [at_login(account, name, office_address(rng)) for name in cast.PEOPLE],
    }


def office_address(rng: Random) -> str:
    """An address in the office."""
    return f"{cast.OFFICE}{rng.randrange(11, 60)}"


def _address_of(rng: Random, name: str) -> str:
    return cast.BUILD_SERVER if name in cast.MACHINE_USERS else office_address(rng)


def _caller(identity: dict[str, Any], address: str, agent: str) -> Caller:
    return Caller(_json(identity), address, agent)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
