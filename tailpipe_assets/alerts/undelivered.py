"""What is said of a message that was not delivered."""

from __future__ import annotations

SECONDS = 10.0
"""For so long a receiver is waited for."""


class Undelivered(Exception):  # noqa: N818 - it is an answer, and never leaves this room
    """A message was not delivered, or nobody knows whether it was. It is to be sent again."""

    def __init__(self, reason: str, *, retry_after: float | None = None, is_unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """For so many seconds the receiver wants to be left alone."""

        self.is_unreachable = is_unreachable
        """Whether there is no point in sending it anything else right now."""
