"""Made-up events of JSON audit logs: AWS WAF and GuardDuty, GitHub, Okta, clouds, Slack and Pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tailpipe_assets.samples.cast import OFFICE, PEOPLE, PRODUCTION
from tailpipe_assets.samples.chance import base32, hexadecimal, uuid

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

Event = dict[str, Any]

_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
_ACL = f"arn:aws:wafv2:eu-west-1:{PRODUCTION}:regional/webacl/shop/4f2b1c3d-0000-4000-a000-123456789012"
_HEADERS = (
    {"name": "Host", "value": "shop.example"},
    {"name": "User-Agent", "value": _AGENT},
    {"name": "Accept", "value": "*/*"},
    {"name": "Accept-Encoding", "value": "gzip, br"},
)
_FINDINGS = (
    "Recon:EC2/Portscan",
    "UnauthorizedAccess:EC2/SSHBruteForce",
    "Discovery:S3/MaliciousIPCaller",
)
_METHODS = ("storage.buckets.create", "v1.compute.instances.insert", "SetIamPolicy", "google.iam.admin.v1.CreateKey")
_OPERATIONS = ("Microsoft.Compute/virtualMachines/start/action", "Microsoft.Storage/storageAccounts/write")


def waf(rng: Random, when: datetime) -> Event:
    """A web request; one in ten is blocked by a rule that says what it matched."""
    blocked = rng.random() < 0.1
    matched = [{"conditionType": "SQL_INJECTION", "location": "QUERY_STRING", "matchedData": ["10", "AND", "1"]}]
    return {
        "timestamp": _milliseconds(when, rng),
        "formatVersion": 1,
        "webaclId": _ACL,
        "terminatingRuleId": "SQLi" if blocked else "Default_Action",
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK" if blocked else "ALLOW",
        "terminatingRuleMatchDetails": matched if blocked else [],
        "httpSourceName": "ALB",
        "httpSourceId": f"{PRODUCTION}-app/shop/50dc6c495c0c9188",
        "ruleGroupList": [{"ruleGroupId": "AWS#AWSManagedRulesCommonRuleSet", "terminatingRule": None}],
        "rateBasedRuleList": [],
        "nonTerminatingMatchingRules": [],
        "requestHeadersInserted": None,
        "responseCodeSent": 403 if blocked else None,
        "httpRequest": {
            "clientIp": address(rng),
            "country": rng.choice(("DE", "FR", "US")),
            "headers": list(_HEADERS),
            "uri": f"/products/{rng.randrange(400)}",
            "args": "id=10%20AND%201=1" if blocked else "",
            "httpVersion": "HTTP/2.0",
            "httpMethod": "GET",
            "requestId": f"1-{rng.getrandbits(32):08x}-{rng.getrandbits(96):024x}",
        },
        "ja3Fingerprint": f"{rng.getrandbits(128):032x}",
    }


def guardduty(rng: Random, when: datetime) -> Event:
    """A finding about an instance or a key."""
    kind, finding = rng.choice(_FINDINGS), f"{rng.getrandbits(128):032x}"
    remote = {"ipAddressV4": f"198.18.{rng.randrange(256)}.{rng.randrange(256)}", "country": {"countryName": "Nowhere"}}
    by_key = "S3" in kind
    action = (
        {"actionType": "AWS_API_CALL", "awsApiCallAction": {"api": "ListBuckets", "remoteIpDetails": remote}}
        if by_key
        else {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": {"remoteIpDetails": remote}}
    )
    user = {"accessKeyId": f"AKIA{base32(rng, 16)}", "userName": rng.choice(PEOPLE), "userType": "IAMUser"}
    resource = (
        {"resourceType": "AccessKey", "accessKeyDetails": user}
        if by_key
        else {"resourceType": "Instance", "instanceDetails": {"instanceId": f"i-{hexadecimal(rng)}"}}
    )
    return {
        "schemaVersion": "2.0",
        "accountId": PRODUCTION,
        "region": "eu-west-1",
        "partition": "aws",
        "id": finding,
        "arn": f"arn:aws:guardduty:eu-west-1:{PRODUCTION}:detector/d/finding/{finding}",
        "type": kind,
        "resource": resource,
        "service": {
            "serviceName": "guardduty",
            "detectorId": "12abc34d567e8fa901bc2d34eexample",
            "action": action,
            "resourceRole": "TARGET",
            "eventFirstSeen": _iso(when),
            "eventLastSeen": _iso(when),
            "archived": False,
            "count": rng.randrange(1, 90),
        },
        "severity": rng.choice((2, 5, 8)),
        "createdAt": _iso(when),
        "updatedAt": _iso(when),
        "title": "Something looks like an attack.",
        "description": "Somebody does what nobody should.",
    }


def github(rng: Random, when: datetime) -> Event:
    """An event of an organisation."""
    action = rng.choice(("git.clone", "git.push", "repo.create", "org.add_member", "protected_branch.policy_override"))
    moment = _milliseconds(when, rng)
    event: Event = {
        "@timestamp": moment,
        "_document_id": base32(rng, 22),
        "action": action,
        "actor": rng.choice(PEOPLE),
        "actor_id": rng.randrange(1, 10**7),
        "actor_ip": address(rng),
        "actor_location": {"country_code": "DE"},
        "business": "shop",
        "business_id": 7,
        "created_at": moment,
        "operation_type": action.split(".")[1],
        "org": "shop-example",
        "org_id": 42,
        "repo": f"shop-example/{rng.choice(('web', 'infra', 'data'))}",
        "user_agent": _AGENT,
        "visibility": "private",
    }
    return {**event, "user": rng.choice(PEOPLE)} if action == "org.add_member" else event


def okta(rng: Random, when: datetime) -> Event:
    """A sign-in; one in twelve fails."""
    failed, person, caller = not rng.randrange(12), rng.choice(PEOPLE), address(rng)
    return {
        "uuid": uuid(rng),
        "published": _iso(when),
        "eventType": "user.session.start",
        "version": "0",
        "severity": "WARN" if failed else "INFO",
        "legacyEventType": "core.user_auth.login_failed" if failed else "core.user_auth.login_success",
        "displayMessage": "User login to Okta",
        "actor": {
            "id": f"00u{base32(rng, 17)}",
            "type": "User",
            "alternateId": f"{person}@shop.example",
            "displayName": person.title(),
            "detailEntry": None,
        },
        "client": {
            "userAgent": {"rawUserAgent": _AGENT, "os": "Linux", "browser": "FIREFOX"},
            "zone": "null",
            "device": "Computer",
            "id": None,
            "ipAddress": caller,
            "geographicalContext": {"country": "Germany", "geolocation": {"lat": 52.5, "lon": 13.4}},
        },
        "device": None,
        "outcome": {"result": "FAILURE" if failed else "SUCCESS", "reason": "INVALID_CREDENTIALS" if failed else None},
        "target": [{"id": "0oa1", "type": "AppInstance", "displayName": "Okta Dashboard"}],
        "transaction": {"type": "WEB", "id": base32(rng, 27), "detail": {}},
        "debugContext": {"debugData": {"requestUri": "/api/v1/authn", "risk": "{level=LOW}"}},
        "authenticationContext": {"authenticationStep": 0, "externalSessionId": base32(rng, 25)},
        "securityContext": {"asNumber": 64500, "asOrg": "example", "isp": "example", "domain": ".", "isProxy": False},
        "request": {"ipChain": [{"ip": caller, "version": "V4", "source": None}]},
    }


def gcp(rng: Random, when: datetime) -> Event:
    """A call of an API; one in twelve is denied."""
    method, person = rng.choice(_METHODS), f"{rng.choice(PEOPLE)}@shop.example"
    denied = not rng.randrange(12)
    return {
        "insertId": base32(rng, 14),
        "logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "severity": "ERROR" if denied else "NOTICE",
        "timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.{rng.randrange(10**9):09}Z",
        "receiveTimestamp": _iso(when),
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": "compute.googleapis.com",
            "methodName": method,
            "resourceName": f"projects/shop-prod/zones/europe-west1-b/instances/web-{rng.randrange(20)}",
            "status": {"code": 7, "message": "PERMISSION_DENIED"} if denied else {},
            "authenticationInfo": {"principalEmail": person, "principalSubject": f"user:{person}"},
            "authorizationInfo": [{"permission": method, "granted": not denied, "resourceAttributes": {}}],
            "requestMetadata": {
                "callerIp": address(rng),
                "callerSuppliedUserAgent": "google-cloud-sdk gcloud/500.0.0",
                "requestAttributes": {"time": _iso(when), "auth": {}},
                "destinationAttributes": {},
            },
            "request": {"@type": "type.googleapis.com/compute.instances.insert", "name": "web"},
        },
        "resource": {"type": "gce_instance", "labels": {"project_id": "shop-prod", "zone": "europe-west1-b"}},
    }


def azure(rng: Random, when: datetime) -> Event:
    """An operation on a resource, as the export to a storage account writes it."""
    operation, failed = rng.choice(_OPERATIONS), not rng.randrange(12)
    upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
    scope = f"/SUBSCRIPTIONS/{PRODUCTION}/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/WEB"
    return {
        "time": f"{when:%Y-%m-%dT%H:%M:%S}.{rng.randrange(10**7):07}Z",
        "resourceId": f"{scope}-{rng.randrange(20)}",
        "operationName": operation.upper(),
        "category": "Administrative",
        "resultType": "Failure" if failed else "Success",
        "resultSignature": "Failed.Conflict" if failed else "Succeeded.",
        "durationMs": rng.randrange(900),
        "callerIpAddress": address(rng),
        "correlationId": uuid(rng),
        "identity": {
            "authorization": {"scope": scope, "action": operation, "evidence": {"role": "Contributor"}},
            "claims": {upn: f"{rng.choice(PEOPLE)}@shop.example", "aud": "https://management.azure.com"},
        },
        "level": "Error" if failed else "Information",
        "properties": {"eventCategory": "Administrative", "entity": scope},
    }


def slack(rng: Random, when: datetime) -> Event:
    """Something done in a workspace."""
    person = rng.choice(PEOPLE)
    user = {"id": f"W{base32(rng, 8)}", "name": person, "email": f"{person}@shop.example"}
    return {
        "id": uuid(rng),
        "date_create": int(when.timestamp()),
        "action": rng.choice(("user_login", "file_downloaded", "private_channel_created", "app_installed")),
        "actor": {"type": "user", "user": user},
        "entity": {"type": "file", "file": {"id": f"F{base32(rng, 8)}", "name": "q1.pdf", "filetype": "pdf"}},
        "context": {
            "location": {"type": "workspace", "id": "T1701NCCA", "name": "Shop", "domain": "shop"},
            "ua": _AGENT,
            "ip_address": address(rng),
        },
    }


def pipes(rng: Random, when: datetime) -> Event:
    """Something done in an organisation of Turbot Pipes."""
    person = rng.choice(PEOPLE)
    return {
        "action_type": rng.choice(("workspace.create", "connection.update", "org.member.invite")),
        "actor_avatar_url": f"https://example.com/{person}.png",
        "actor_display_name": person.title(),
        "actor_handle": person,
        "actor_id": f"u_{person}",
        "actor_ip": address(rng),
        "created_at": _iso(when),
        "data": {"handle": "dev", "state": "enabled"},
        "id": f"ae_{base32(rng, 20).lower()}",
        "identity_handle": "shop",
        "identity_id": "o_shop",
        "process_id": f"p_{base32(rng, 20).lower()}",
        "target_handle": "dev",
        "target_id": f"w_{rng.randrange(9)}",
        "tenant_id": "t_shop",
    }


def address(rng: Random) -> str:
    """Where somebody calls from; one in ten by IPv6."""
    if not rng.randrange(10):
        return f"2001:db8:{rng.getrandbits(16):x}::{rng.getrandbits(16):x}"
    return f"{OFFICE}{rng.randrange(10, 60)}" if rng.random() < 0.6 else f"198.18.0.{rng.randrange(256)}"


def _iso(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.000Z"


def _milliseconds(when: datetime, rng: Random) -> int:
    return int(when.timestamp()) * 1000 + rng.randrange(1000)
