"""Made-up lines of AWS's text logs: flow logs, S3 access logs, and those of load balancers, with their odd cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_assets.samples.cast import OFFICE, PEOPLE, PRODUCTION
from tailpipe_assets.samples.chance import base32

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

FLOW_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
_GROUP = f"arn:aws:elasticloadbalancing:eu-west-1:{PRODUCTION}:targetgroup/shop/73e2d6bc24d8a067"
_CERT = f"arn:aws:acm:eu-west-1:{PRODUCTION}:certificate/12345678-1234-1234-1234-123456789012"
_PATHS = ("/", "/search?q=lamp", "/products/42", "/cart", "/a b", "/static/app.js", "/login", "/images/7.webp")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "curl/8.5.0",
    "aws-sdk-java/2.20",
    "-",
)
_STATUSES = (200, 200, 200, 200, 204, 301, 304, 403, 404, 502)
_PORTS = (22, 53, 80, 443, 443, 443, 3389, 5432, 8080)
_OPERATIONS = ("REST.GET.OBJECT", "REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.HEAD.OBJECT", "REST.GET.BUCKET")


def flow(rng: Random, when: datetime) -> str:
    """A flow; one in fifty brought no data, one in ten is IPv6."""
    interface, second = f"eni-0{rng.randrange(40):016x}", int(when.timestamp())
    if not rng.randrange(50):
        status = "SKIPDATA" if rng.random() < 0.1 else "NODATA"
        return f"2 {PRODUCTION} {interface} - - - - - - - {second} {second + 60} - {status}"
    packets, accepted = rng.randrange(1, 200), rng.random() < 0.9
    return (
        f"2 {PRODUCTION} {interface} {_address(rng)} 10.0.{rng.randrange(4)}.{rng.randrange(256)} "
        f"{rng.randrange(1024, 65536)} {rng.choice(_PORTS)} {6 if rng.random() < 0.8 else 17} {packets} "
        f"{packets * rng.randrange(40, 1500)} {second} {second + 60} {'ACCEPT' if accepted else 'REJECT'} OK"
    )


def s3_access(rng: Random, when: datetime) -> str:
    """A request to a bucket; some are S3's own, which have no request line, and some agents quote badly."""
    start = f"{_OWNER} shop-{rng.randrange(3)} [{when:%d/%b/%Y:%H:%M:%S} +0000]"
    key = f"2024/{rng.randrange(400)}/part%2520{rng.randrange(9)}.gz"
    if not rng.randrange(200):
        return f"{start} - AmazonS3 {base32(rng, 16)} S3.EXPIRE.OBJECT {key} - - - - 4406 {' '.join('-' * 12)}"
    operation, status = rng.choice(_OPERATIONS), rng.choice(_STATUSES)
    method, size = operation.split(".")[1], rng.randrange(1 << 33)
    agent = 'say "hi" ' if not rng.randrange(500) else rng.choice(_AGENTS)
    error = "AccessDenied" if status == 403 else "-"
    return (
        f"{start} {_address(rng)} arn:aws:iam::{PRODUCTION}:user/{rng.choice(PEOPLE)} {base32(rng, 16)} "
        f"{operation} {key} "
        f'"{method} /{key} HTTP/1.1" {status} {error} {rng.randrange(size + 1)} {size} '
        f"{rng.randrange(90)} {rng.randrange(80)} "
        f'"-" "{agent}" - {base32(rng, 76)} SigV4 TLS_AES_128_GCM_SHA256 AuthHeader shop.s3.eu-west-1.amazonaws.com '
        f"TLSv1.3 - -"
    )


def alb_access(rng: Random, when: datetime) -> str:
    """A request to an Application Load Balancer; some found no target, some have no TLS."""
    status, path = rng.choice(_STATUSES), rng.choice(_PATHS)
    secure, missing = rng.random() < 0.9, status == 502
    target = "-" if missing else f"10.0.1.{rng.randrange(2, 20)}:8080"
    times = "-1 -1 -1" if missing else f"0.00{rng.randrange(9)} 0.{rng.randrange(1000):03} 0.000"
    tls = "TLS_AES_128_GCM_SHA256 TLSv1.3" if secure else "- -"
    scheme, port = ("https", 443) if secure else ("http", 80)
    return (
        f"{'h2' if secure else 'http'} {_micros(when, rng)} app/shop/50dc6c495c0c9188 "
        f"{_endpoint(rng)} {target} {times} "
        f"{status} {'-' if missing else status} {rng.randrange(3000)} {rng.randrange(90_000)} "
        f'"GET {scheme}://shop.example:{port}{path} HTTP/{"2.0" if secure else "1.1"}" "{rng.choice(_AGENTS)}" {tls} '
        f'{_GROUP} "Root=1-{rng.getrandbits(32):08x}-{rng.getrandbits(96):024x}" '
        f'"{"shop.example" if secure else "-"}" '
        f'"{_CERT if secure else "-"}" {rng.randrange(5)} {_micros(when, rng)} "forward" "-" "-" "{target}" '
        f'"{"-" if missing else status}" "-" "-" TID_{rng.getrandbits(128):032x} "-" "-" "-"'
    )


def nlb_access(rng: Random, when: datetime) -> str:
    """A TLS connection to a Network Load Balancer; some failed, some offered protocols."""
    failed, alpn = rng.random() < 0.03, rng.random() < 0.5
    cipher = "- -" if failed else "TLS_AES_128_GCM_SHA256 tlsv13"
    protocols = 'h2 h2 "h2","http/1.1"' if alpn else "- - -"
    return (
        f"tls 2.0 {when:%Y-%m-%dT%H:%M:%S} net/shop/c6e77e28c25b2234 g3d4b5e8bb8464cd {_endpoint(rng)} 10.0.2.185:443 "
        f"{rng.randrange(90_000)} {'-' if failed else rng.randrange(90)} "
        f"{rng.randrange(9_000)} {rng.randrange(1 << 33)} "
        f"{'48' if failed else '-'} {_CERT} - {cipher} - shop.example {protocols} {when:%Y-%m-%dT%H:%M:%S}"
    )


def clb_access(rng: Random, when: datetime) -> str:
    """A request to a Classic Load Balancer; some are plain connections, which have no request."""
    plain = rng.random() < 0.05
    request = "- - - " if plain else f"GET https://shop.example:443{rng.choice(_PATHS)} HTTP/1.1"
    status = "- -" if plain else f"{(code := rng.choice(_STATUSES))} {code}"
    return (
        f"{_micros(when, rng)} shop-classic {_endpoint(rng)} 10.0.1.{rng.randrange(2, 20)}:80 "
        f"0.0000{rng.randrange(90)} "
        f"0.00{rng.randrange(1000)} 0.0000{rng.randrange(90)} {status} {rng.randrange(3000)} {rng.randrange(90_000)} "
        f'"{request}" "{rng.choice(_AGENTS)}" {"- -" if plain else "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"}'
    )


def _address(rng: Random) -> str:
    if not rng.randrange(10):
        return f"2001:db8:{rng.getrandbits(16):x}::{rng.getrandbits(16):x}"
    return (
        f"{OFFICE}{rng.randrange(10, 60)}"
        if rng.random() < 0.2
        else f"198.18.{rng.randrange(256)}.{rng.randrange(256)}"
    )


def _endpoint(rng: Random) -> str:
    address, port = _address(rng), rng.randrange(1024, 65536)
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _micros(when: datetime, rng: Random) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{rng.randrange(1_000_000):06}Z"
