"""The table `door_log`."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table

DOOR_LOG = Table(
    name="door_log",
    description="Who opened which door.",
    shape={"at": "VARCHAR", "door": "VARCHAR", "badge": "VARCHAR", "opened": "BOOLEAN", "extra": "JSON"},
    fields=(
        Field("door", "VARCHAR", "r.door", "The door's name."),
        Field("badge", "VARCHAR", "r.badge", "The badge that was shown; NULL where there was none."),
        Field("opened", "BOOLEAN", "r.opened", "Whether it opened."),
        Field("extra", "JSON", "r.extra", "Whatever else the controller says."),
    ),
    time="r.at",
    timestamp="try_cast(r.at AS TIMESTAMP WITH TIME ZONE)",
    formats=("jsonl", "blank_lines"),
    index="r.door",
    enrichment={"tp_usernames": "CASE WHEN badge IS NOT NULL THEN [badge] END"},
    sample=(
        b'{"at": "2024-02-07T12:00:00Z", "door": "east", "badge": "b-17", "opened": true}\n'
        b'{"at": "2024-02-07T12:00:03Z", "door": "west", "opened": false, "extra": {"reason": "no badge"}}\n'
    ),
)
