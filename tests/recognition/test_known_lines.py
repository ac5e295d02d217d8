"""Lines of programs that everybody runs: taken apart as their manuals say, not only at their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tailpipe_assets.recognition.recognize import recognize
from tests.recognition.conftest import collected

if TYPE_CHECKING:
    from tests.services.project import Project

AUDITD = """\
type=SYSCALL msg=audit(1707307200.123:4567): arch=c000003e syscall=59 success=yes comm="bash" key="exec"
node=web1 type=EXECVE msg=audit(1707307201.123:0068): argc=2 a0="ls" a1="-la"
"""
ASA = """\
<166>Feb  7 2024 12:00:00: %ASA-6-302013: Built outbound TCP connection 1234 for outside:203.0.113.5/443
<164>Feb  7 2024 12:00:01 wall: %ASA-4-106023: Deny tcp src outside:203.0.113.9/4444 dst inside:10.0.0.5/22
"""
IOS = """\
<189>45: *Feb  7 2024 12:00:00.123 UTC: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.0.0.1)
<187>46: *Feb  7 2024 12:00:02.123 UTC: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down
"""
POSTGRESQL = """\
2024-02-07 12:00:00.123 UTC [1234] LOG:  connection received: host=10.0.0.4 port=5555
2024-02-07 12:00:01.000 UTC [1235] ada@shop ERROR:  relation "x" does not exist at character 15
"""
NGINX = """\
2024/02/07 12:00:00 [error] 12#13: *5 open() "/var/www/x" failed (2: No such file or directory), client: 203.0.113.5
2024/02/07 12:00:02 [notice] 12#12: signal process started
"""
APACHE = """\
[Wed Feb 07 12:00:00.123456 2024] [core:error] [pid 12:tid 140] [client 203.0.113.4:5555] AH00124: limit exceeded
[Wed Feb 07 12:00:01.000000 2024] [mpm_event:notice] [pid 1] AH00489: configured
"""
SQUID = """\
1707307200.123     56 192.168.1.5 TCP_MISS/200 4512 GET http://example.com/ - HIER_DIRECT/93.184.216.34 text/html
1707307201.125    120 192.168.1.6 TCP_TUNNEL/200 8512 CONNECT example.com:443 ada HIER_DIRECT/93.184.216.34 -
"""


@pytest.mark.parametrize(
    ("content", "program", "row"),
    [
        (AUDITD, "the Linux audit daemon", {"type": "SYSCALL", "serial": "4567", "node": ""}),
        (ASA, "Cisco devices", {"priority": 166, "facility": "ASA", "severity": 6, "mnemonic": "302013"}),
        (IOS, "Cisco devices", {"priority": 189, "facility": "SYS", "severity": 5, "mnemonic": "CONFIG_I"}),
        (POSTGRESQL, "PostgreSQL", {"pid": 1234, "level": "LOG", "user": ""}),
        (NGINX, "nginx, in its error log", {"level": "error", "pid": 12, "thread": 13, "connection": 5}),
        (APACHE, "Apache, in its error log", {"module": "core", "level": "error", "client": "203.0.113.4:5555"}),
        (SQUID, "Squid", {"elapsed": 56, "status": 200, "bytes": 4512, "peer": "93.184.216.34", "user": "-"}),
    ],
    ids=["auditd", "ASA", "IOS", "PostgreSQL", "nginx", "Apache", "Squid"],
)
def test_each_field_has_a_column(content: str, program: str, row: dict[str, object], project: Project) -> None:
    """And what is proposed collects every line, at the time it tells."""
    project.write("some.log", content)

    found = recognize(str(project.logs))

    assert [each.what for each in found.proposals] == [f"lines as written by {program}"]
    assert list(collected(project, found).values()) == [2]
    (proposal,) = found.proposals
    names = ", ".join(f'"{name}"' for name in row)
    first = f"SELECT {names}, date_trunc('second', tp_timestamp)::VARCHAR FROM {proposal.table} ORDER BY tp_timestamp"
    assert project.ask(first)[0] == (*row.values(), "2024-02-07 12:00:00+00")


@pytest.mark.parametrize("time", ["Feb 07 2024 12:00:00 UTC", "Feb 07 2024 12:00:00.000 GMT", "Feb 07 2024 12:00:00"])
def test_times_are_known_as_cef_writes_them(time: str, project: Project) -> None:
    """With and without milliseconds and zone."""
    project.write("some.log", f"CEF:0|Acme|Wall|1.0|100|worm stopped|10|rt={time} src=203.0.113.9 spt=4242\n" * 2)

    found = recognize(str(project.logs))

    assert collected(project, found) == {"logs_log": 2}
    asked = "SELECT DISTINCT tp_timestamp::VARCHAR, device_version FROM logs_log"
    assert project.ask(asked) == [("2024-02-07 12:00:00+00", "1.0")]
