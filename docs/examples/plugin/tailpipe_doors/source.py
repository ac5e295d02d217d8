"""The source `door_controller`: a day's log is a file of its web server."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, ClassVar

import requests

from tailpipe_resources.errors import ArtifactGoneError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.artifact import Artifact
from tailpipe_resources.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailpipe_resources.model.config import Credential
    from tailpipe_resources.model.window import Window

_SECONDS = 30


class DoorControllerOptions(Options):
    """Which controller to ask."""

    url: str
    """Where it is, such as `http://doors.example.org`."""


class DoorControllerSource:
    """What a controller lists under `/logs` as JSON: `[{"day", "etag", "size"}]`; a day's log is `/logs/{day}`."""

    name: ClassVar[str] = "door_controller"
    description: ClassVar[str] = "The logs of a door controller."
    options: ClassVar[type[Options]] = DoorControllerOptions
    workers: ClassVar[int] = 4

    def __init__(self, options: Options, credential: Credential | None = None) -> None:
        """Take what the configuration says; nothing is asked yet."""
        self._url = DoorControllerOptions.model_validate(options).url.rstrip("/")

    def artifacts(
        self, window: Window, *, prefix: str | None = None, layout: str | None = None, exclude: str | None = None
    ) -> Iterator[Artifact]:
        """List the days there are; see `Source.artifacts`."""
        for each in sorted(self._get("/logs").json(), key=lambda each: each["day"]):
            time = datetime.fromisoformat(each["day"]).replace(tzinfo=UTC)
            if time in window:
                yield Artifact(f"{self._url}/logs/{each['day']}", each["etag"], each["size"], time)

    def open(self, artifact: Artifact) -> BinaryIO:
        """A day's log; see `Source.open`."""
        return io.BytesIO(self._get(artifact.location.removeprefix(self._url)).content)

    def _get(self, path: str) -> requests.Response:
        address = self._url + path
        try:
            answer = requests.get(address, timeout=_SECONDS)
        except requests.RequestException as error:
            raise SourceUnavailableError(f"{address}: it does not answer: {error}") from error
        if answer.status_code == requests.codes.not_found:
            raise ArtifactGoneError(f"{address}: it was deleted after it was listed")
        if answer.status_code >= requests.codes.server_error:
            raise SourceUnavailableError(f"{address}: it answers {answer.status_code}; run again later")
        if not answer.ok:
            raise SourceRefusedError(f"{address}: it answers {answer.status_code}")
        return answer
