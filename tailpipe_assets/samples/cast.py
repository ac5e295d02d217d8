"""Who appears in the sample logs: accounts, people, machines and one intruder.

Every address is from a range reserved for documentation, private networks or benchmarks, so none is anybody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

PRODUCTION = "111122223333"
STAGING = "444455556666"

PLACES: tuple[tuple[str, str, int], ...] = (
    (PRODUCTION, "us-east-1", 10),
    (PRODUCTION, "eu-west-1", 5),
    (STAGING, "us-east-1", 3),
    (STAGING, "eu-west-1", 1),
)
"""Account, region, and how much goes on there."""

PEOPLE = ("amara", "bjorn", "chidi", "dolores", "emeka", "farah")
"""Employees. They are IAM users and users of the shop's back office."""

MACHINE_USERS = ("backup-bot", "terraform")
"""IAM users without a person behind them."""

ROLES = ("ShopBackend", "DataPipeline", "DeployPipeline", "OnCallAdmin")

SERVICES = (
    "ec2.amazonaws.com",
    "autoscaling.amazonaws.com",
    "lambda.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
)
"""AWS's own services, calling on the company's behalf."""

OFFICE = "192.0.2."
"""The office's addresses; with a last part between 10 and 60."""

BUILD_SERVER = "198.51.100.20"

INTRUDER = "203.0.113.66"
"""The address to look for: it scans the web site, guesses passwords and ends up in the AWS account."""

STOLEN_USER = "backup-bot"
"""The machine user in whose name the intruder goes on."""

INTRUSION_WEEKDAY = 2
"""Wednesday, so that any seven days in a row hold exactly one intrusion."""


def has_intrusion(day: date) -> bool:
    """Whether the intruder comes on this day."""
    return day.weekday() == INTRUSION_WEEKDAY
