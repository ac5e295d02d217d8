"""Credentials that assume a role, and assume it again before they run out. Imports botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import botocore.session
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
    create_assume_role_refresher,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SESSION_NAME: Final = "tailpipe"


def in_role(source: botocore.session.Session, said: Mapping[str, Any], region: str) -> botocore.session.Session:
    """A session in the role that the credential names, let in by the source session."""
    session = botocore.session.Session(profile=said.get("profile"))
    session.register_component("credential_provider", CredentialResolver([_RoleProvider(source, said, region)]))
    return session


class _RoleProvider(CredentialProvider):
    METHOD = "custom-tailpipe-role"

    def __init__(self, source: botocore.session.Session, said: Mapping[str, Any], region: str) -> None:
        super().__init__(source)
        self._said = said
        self._region = region

    def load(self) -> DeferredRefreshableCredentials:
        params = {"RoleArn": self._said["role"], "RoleSessionName": self._said.get("session_name") or SESSION_NAME}
        if self._said.get("external_id"):
            params["ExternalId"] = self._said["external_id"]
        client = self.session.create_client("sts", region_name=self._region)
        return DeferredRefreshableCredentials(create_assume_role_refresher(client, params), self.METHOD)
