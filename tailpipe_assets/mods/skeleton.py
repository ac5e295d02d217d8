"""The files a new mod begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailpipe_resources.config.mods import files_of
from tailpipe_resources.errors import UsageError
from tailpipe_resources.model.names import label_fault

if TYPE_CHECKING:
    from pathlib import Path

_MOD = """\
mod "{name}" {{
  title       = "{title}"
  description = "What these detections are for."
}}
"""
_DETECTIONS = """\
benchmark "cloudtrail" {
  title    = "CloudTrail"
  type     = "detection"
  children = [
    detection.trail_stopped,
  ]
}

detection "trail_stopped" {
  title           = "CloudTrail logging stopped"
  description     = "Somebody stopped a trail or deleted it: what follows leaves no trace there."
  severity        = "high"
  display_columns = ["timestamp", "operation", "resource", "actor", "source_ip"]
  query           = query.trail_stopped

  tags = {
    mitre_attack_ids = "TA0005:T1562.008"
  }
}

query "trail_stopped" {
  sql = <<-EOQ
    select
      tp_timestamp as timestamp,
      event_name as operation,
      request_parameters ->> 'name' as resource,
      user_identity.arn as actor,
      tp_source_ip as source_ip,
      tp_id as source_id,
      *
    from
      aws_cloudtrail_log
    where
      event_source = 'cloudtrail.amazonaws.com'
      and event_name in ('StopLogging', 'DeleteTrail')
      and error_code is null
  EOQ
}
"""


def begin(folder: Path, name: str) -> tuple[Path, ...]:
    """Write a small mod that works into a folder.

    Args:
        folder: made when it is not there.
        name: the mod's.

    Raises:
        UsageError: there is one already, the name cannot be used, or nothing can be written there.
    """
    wrong = label_fault(name, "name of a mod")
    if wrong is not None:
        raise UsageError(f'"{name}" {wrong}')
    if folder.is_dir() and files_of(folder):
        raise UsageError(f"{folder} holds a mod already: {files_of(folder)[0].name}")
    made = {"mod.pp": _MOD.format(name=name, title=name.replace("_", " ").capitalize()), "cloudtrail.pp": _DETECTIONS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in made.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"no mod can be written into {folder}: {error.strerror}") from None
    return tuple(folder / file for file in made)
