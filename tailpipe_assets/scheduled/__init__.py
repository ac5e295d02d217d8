"""Detections that are asked by a schedule: which windows are due, asking them, and remembering that they were."""

from tailpipe_assets.scheduled.due import DueResult, ask_due, due_now
from tailpipe_assets.scheduled.worker import Clockwork

__all__ = ["Clockwork", "DueResult", "ask_due", "due_now"]
