"""The intrusion in the sample logs: what one address does in the AWS account in the small hours of a Wednesday.

Earlier that night it scans the web site (`access_log`) and guesses passwords of the back office (`app_log`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tailpipe_assets.samples import cast
from tailpipe_assets.samples.callers import Caller, at_login, root, user
from tailpipe_assets.samples.chance import clock, moments
from tailpipe_assets.samples.ordinary import LOGIN_FAILED
from tailpipe_assets.samples.shapes import Shape, Values

if TYPE_CHECKING:
    from datetime import date
    from random import Random

PLACE = (cast.PRODUCTION, "us-east-1")
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
KEY_AGENT = "Boto3/1.34.8 md/Botocore#1.34.8 ua/2.0 os/linux#6.6.9-kali lang/python#3.11.8"

SCAN = (50 * 60, 95 * 60)
"""When it scans the web site, in seconds of the day."""

GUESSING = (80 * 60, 98 * 60)
"""When it guesses passwords of the back office."""

_LOGINS = (100 * 60, 112 * 60)
_SECRETS = (131 * 60, 134 * 60)
_TRAILS = "arn:aws:cloudtrail:us-east-1:%(account)s:trail/"

_ROOT_LOGIN = replace(LOGIN_FAILED, error=None, response={"ConsoleLogin": "Success"})
_NEW_KEY = Shape(
    service="iam",
    name="CreateAccessKey",
    by="root",
    writes=True,
    request={"userName": cast.STOLEN_USER},
    response={"accessKey": {"userName": cast.STOLEN_USER, "accessKeyId": "%(new_key)s", "status": "Active"}},
)
_ADMINISTRATOR = Shape(
    service="iam",
    name="AttachUserPolicy",
    by="root",
    writes=True,
    request={"userName": cast.STOLEN_USER, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
)
# The organization's own trail, which the intruder cannot stop, is what tells the rest of the story.
_STOP_LOGGING = Shape(
    service="cloudtrail", name="StopLogging", by="user", writes=True, request={"name": _TRAILS + "shop"}
)
_DELETE_TRAIL = replace(
    _STOP_LOGGING,
    name="DeleteTrail",
    request={"name": _TRAILS + "organization"},
    error=("InsufficientDependencyServiceAccessPermissionException", "This trail belongs to the organization."),
)
_READ_SECRET = Shape(
    service="secretsmanager", name="GetSecretValue", by="user", request={"secretId": "shop/customers/%(short)s"}
)
_RULE = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22}
_OPEN_PORT = Shape(
    service="ec2",
    name="AuthorizeSecurityGroupIngress",
    by="user",
    writes=True,
    request={
        "groupId": "%(group)s",
        "ipPermissions": {
            "items": [{**_RULE, "groups": {}, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}, "prefixListIds": {}}]
        },
    },
    response={
        "requestId": "%(request)s",
        "_return": True,
        "securityGroupRuleSet": {
            "items": [{**_RULE, "groupId": "%(group)s", "isEgress": False, "cidrIpv4": "0.0.0.0/0"}]
        },
    },
)


def acts(rng: Random, day: date) -> list[tuple[int, str]]:
    """Second of the day and CloudTrail record of each step, in order."""
    account, region = PLACE
    values = Values(rng, {"account": account, "region": region})
    as_root = root(account, cast.INTRUDER, AGENT)
    as_user = user(account, cast.STOLEN_USER, cast.INTRUDER, KEY_AGENT)
    steps: list[tuple[int, Shape, Caller]] = [
        *((second, LOGIN_FAILED, _guess(rng, account)) for second in moments(rng, 24, *_LOGINS)),
        (118 * 60 + 7, _ROOT_LOGIN, as_root),
        (123 * 60 + 31, _NEW_KEY, as_root),
        (124 * 60 + 2, _ADMINISTRATOR, as_root),
        (126 * 60 + 48, _STOP_LOGGING, as_user),
        (127 * 60 + 15, _DELETE_TRAIL, as_user),
        *((second, _READ_SECRET, as_user) for second in moments(rng, 40, *_SECRETS)),
        (140 * 60 + 9, _OPEN_PORT, as_user),
    ]
    return [
        (second, shape.template % values.begin(caller, f"{day}T{clock()[second]}Z")) for second, shape, caller in steps
    ]


def _guess(rng: Random, account: str) -> Caller:
    return at_login(account, rng.choice(cast.PEOPLE), cast.INTRUDER, AGENT)
