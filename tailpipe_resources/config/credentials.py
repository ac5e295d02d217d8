"""What each type of credential accepts."""

from __future__ import annotations

from tailpipe_resources.model.secret import Secret  # noqa: TC001 - pydantic reads the annotations
from tailpipe_resources.options import Options


class AwsCredential(Options):
    """How to be let in to AWS. Without keys, profile or role: the environment and AWS's own chain."""

    access_key: str | None = None
    """The access key's id."""

    secret_key: Secret | None = None
    """The secret access key."""

    session_token: Secret | None = None
    """Goes with temporary keys."""

    profile: str | None = None
    """A profile of `~/.aws/config`."""

    role: str | None = None
    """The ARN of a role to assume."""

    external_id: str | None = None
    """What the role's trust policy asks for."""

    region: str | None = None
    """The region to talk to."""

    endpoint_url: str | None = None
    """An S3-compatible service in place of AWS."""

    force_path_style: bool | None = None
    """Put the bucket into the path, not the host name."""

    max_error_retry_attempts: int | None = None
    """How often a failed call is made again."""

    min_error_retry_delay: int | None = None
    """The shortest wait before that, in milliseconds."""


class SlackCredential(Options):
    """How to be let in to Slack."""

    token: Secret | None = None
    """A token with the scope `auditlogs:read`. Without one: `$SLACK_TOKEN`."""


class PipesCredential(Options):
    """How to be let in to Turbot Pipes."""

    token: Secret | None = None
    """An API token. Without one: `$PIPES_TOKEN`, else what `tailpipe login` saved."""

    org_handle: str | None = None
    """The organization whose logs are read."""

    host: str | None = None
    """Another host than pipes.turbot.com. Without one: `$PIPES_HOST`."""


class HttpCredential(Options):
    """How to be let in to a service that is asked over HTTP."""

    token: Secret | None = None
    """Sent as `Authorization: Bearer ...`."""

    username: str | None = None
    """Sent with the password as HTTP's basic authentication."""

    password: Secret | None = None
    """Goes with the user name."""

    headers: dict[str, Secret] = {}
    """Headers of every request, such as `X-Api-Key`."""

    query: dict[str, Secret] = {}
    """Parameters of every request, for services that take their key so."""


TYPES: dict[str, type[Options]] = {
    "aws": AwsCredential,
    "http": HttpCredential,
    "pipes": PipesCredential,
    "slack": SlackCredential,
}

OF_SOURCE = {"aws_cloudwatch": "aws", "aws_s3": "aws", "http": "http", "pipes": "pipes", "slack": "slack"}
"""The type of credential a type of source takes; a source not named here takes any."""
