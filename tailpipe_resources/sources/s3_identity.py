"""Who reads a bucket, and the smallest policy that lets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tailpipe_resources.sources.s3_client import region_of, session_of
from tailpipe_resources.sources.s3_errors import speaking_for

if TYPE_CHECKING:
    from tailpipe_resources.sources.base import Action
    from tailpipe_resources.sources.s3_client import Access


def identity_of(access: Access) -> str:
    """The ARN behind a credential; of a store that is not Amazon's, only which key is used.

    Raises:
        SourceError: there is no credential, it is not valid, or STS cannot be reached.
    """
    import boto3

    with speaking_for("the credential"):
        session = boto3.Session(botocore_session=session_of(access))
        credentials = session.get_credentials()
        if access.endpoint_url is not None:
            return "nobody: requests are not signed" if credentials is None else f"access key {credentials.access_key}"
        client = session.client("sts", region_name=region_of(access))
        return client.get_caller_identity()["Arn"]


def smallest_policy(bucket: str, prefix: str, action: Action) -> str:
    """An IAM policy, as JSON, that allows one action where it is needed and nothing else."""
    arn = bucket if bucket.startswith("arn:") else f"arn:aws:s3:::{bucket}"
    statement: dict[str, object] = {"Effect": "Allow"}
    if action == "list":
        statement |= {"Action": "s3:ListBucket", "Resource": arn}
        if prefix:
            statement["Condition"] = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    else:
        objects = f"{arn}/object" if arn.startswith("arn:aws:s3:") and ":accesspoint/" in arn else arn
        statement |= {"Action": "s3:GetObject", "Resource": f"{objects}/{prefix}*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def queue_policy(arn: str) -> str:
    """An IAM policy, as JSON, that allows what a queue of notifications is used for."""
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
