# Scans, logins and transfers, in flow logs.

detection "aws_vpc_flow_log" "ports_scanned" {
  title    = "One address tries many ports of a machine"
  severity = "medium"
  mitre    = ["TA0007:T1046"]
  description = <<-EOT
    Meaning: somebody looks for services.
    Look next: whether anything was accepted from the address. From inside the network it is grave.
    Innocent causes: a scanner of one's own; answers of a busy name server.
  EOT
  where = "action = 'REJECT' and protocol in (6, 17)"
  threshold {
    group_by = ["src_addr", "dst_addr"]
    distinct = "dst_port"
    min      = 30
    window   = "10m"
  }
  test "the attack" {
    events = [
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 1, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:00Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 2, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:01Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 3, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:02Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 4, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:03Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 5, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:04Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 6, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:05Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 7, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:06Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 8, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:07Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 9, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:08Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 10, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:09Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 11, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:10Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 12, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:11Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 13, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:12Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 14, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:13Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 15, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:14Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 16, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:15Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 17, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:16Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 18, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:17Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 19, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:18Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 20, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:19Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 21, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:20Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:21Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 23, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:22Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 24, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:23Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 25, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:24Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 26, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:25Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 27, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:26Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 28, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:27Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 29, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:28Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 30, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:29Z" },
    ]
    expect = true
  }
  test "one port" {
    events = [
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:00Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:01Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:02Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:03Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:04Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:05Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:06Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:07Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:08Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:09Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:10Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:11Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:12Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:13Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:14Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:15Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:16Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:17Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:18Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:19Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:20Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:21Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:22Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:23Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:24Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:25Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:26Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:27Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:28Z" },
      { src_addr = "203.0.113.66", dst_addr = "10.0.0.5", dst_port = 22, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:29Z" },
    ]
    expect = false
  }
}

detection "aws_vpc_flow_log" "machines_swept_from_inside" {
  title    = "A machine inside tries a port of many others"
  severity = "high"
  mitre    = ["TA0007:T1018", "TA0008:T1021"]
  description = <<-EOT
    Meaning: a machine that was taken looks for the next one.
    Look next: what runs on it, and connections that were accepted.
    Innocent causes: monitoring and backup servers: except those.
  EOT
  where = `action = 'REJECT' and protocol = 6 and dst_port in (22, 23, 135, 139, 445, 1433, 3306, 3389, 5432, 5985, 6379) and regexp_matches(src_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)')`
  threshold {
    group_by = ["src_addr", "dst_port"]
    distinct = "dst_addr"
    min      = 20
    window   = "10m"
  }
  test "the attack" {
    events = [
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.0", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:00Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.1", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:01Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.2", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:02Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.3", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:03Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.4", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:04Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:05Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.6", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:06Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.7", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:07Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.8", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:08Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.9", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:09Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.10", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:10Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.11", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:11Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.12", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:12Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.13", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:13Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.14", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:14Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.15", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:15Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.16", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:16Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.17", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:17Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.18", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:18Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.1.19", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:19Z" },
    ]
    expect = true
  }
  test "one machine" {
    events = [
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:00Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:01Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:02Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:03Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:04Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:05Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:06Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:07Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:08Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:09Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:10Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:11Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:12Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:13Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:14Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:15Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:16Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:17Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:18Z" },
      { src_addr = "10.0.0.9", dst_addr = "10.0.0.5", dst_port = 445, protocol = 6, action = "REJECT", tp_timestamp = "2026-11-20T10:00:19Z" },
    ]
    expect = false
  }
}

detection "aws_vpc_flow_log" "administration_from_outside" {
  title    = "A remote login from the internet was accepted"
  severity = "medium"
  mitre    = ["TA0001:T1133"]
  description = <<-EOT
    Meaning: an address outside talks to a port for administrators.
    Look next: the machine's log of logins; close the port.
    Innocent causes: a bastion host: except its interface.
  EOT
  where = `action = 'ACCEPT' and protocol = 6 and dst_port in (22, 23, 3389, 5900, 5985, 5986) and packets >= 10 and not regexp_matches(src_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)') and regexp_matches(dst_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)')`
  dedupe {
    by     = ["src_addr", "dst_addr"]
    window = "1d"
  }
  test "the attack" {
    event = {
      src_addr     = "203.0.113.66"
      dst_addr     = "10.0.0.5"
      dst_port     = 22
      protocol     = 6
      action       = "ACCEPT"
      tp_timestamp = "2026-11-20T10:00:00Z"
      packets      = 40
    }
    expect = true
  }
  test "from inside" {
    event = {
      src_addr     = "10.1.1.1"
      dst_addr     = "10.0.0.5"
      dst_port     = 22
      protocol     = 6
      action       = "ACCEPT"
      tp_timestamp = "2026-11-20T10:00:00Z"
      packets      = 40
    }
    expect = false
  }
}

detection "aws_vpc_flow_log" "very_much_sent_out" {
  title    = "Very much was sent to one address outside"
  severity = "medium"
  mitre    = ["TA0010:T1048"]
  description = <<-EOT
    Meaning: more than ten gigabytes went to one address within an hour.
    Look next: whose address it is, and what runs on the machine.
    Innocent causes: backups to another provider; video calls; a web server that answers: except it.
  EOT
  where = `action = 'ACCEPT' and regexp_matches(src_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)') and not regexp_matches(dst_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)') and pkt_dst_aws_service is null`
  threshold {
    group_by = ["src_addr", "dst_addr"]
    sum      = "bytes"
    min      = 10000000000
    window   = "1h"
  }
  test "the attack" {
    events = [
      { src_addr = "10.0.0.5", dst_addr = "198.51.100.7", dst_port = 22, protocol = 6, action = "ACCEPT", tp_timestamp = "2026-11-20T10:00:00Z", bytes = 6000000000 },
      { src_addr = "10.0.0.5", dst_addr = "198.51.100.7", dst_port = 22, protocol = 6, action = "ACCEPT", tp_timestamp = "2026-11-20T10:00:01Z", bytes = 6000000000 },
    ]
    expect = true
  }
  test "ordinary use" {
    events = [
      { src_addr = "10.0.0.5", dst_addr = "198.51.100.7", dst_port = 22, protocol = 6, action = "ACCEPT", tp_timestamp = "2026-11-20T10:00:00Z", bytes = 60000 },
      { src_addr = "10.0.0.5", dst_addr = "198.51.100.7", dst_port = 22, protocol = 6, action = "ACCEPT", tp_timestamp = "2026-11-20T10:00:01Z", bytes = 60000 },
    ]
    expect = false
  }
}

detection "aws_vpc_flow_log" "mining_pool_reached" {
  title    = "A machine talks to a port that mining pools use"
  severity = "medium"
  mitre    = ["TA0040:T1496.001"]
  description = <<-EOT
    Meaning: Stratum, the protocol of mining, or a listener of an attack tool.
    Look next: the address's owner and the process on the machine.
    Innocent causes: applications of one's own on these ports: except them.
  EOT
  where = `action = 'ACCEPT' and protocol = 6 and dst_port in (3333, 4444, 5555, 7777, 14433, 14444, 45560, 45700) and packets >= 10 and regexp_matches(src_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)') and not regexp_matches(dst_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)')`
  dedupe {
    by     = ["src_addr"]
    window = "1d"
  }
  test "the attack" {
    event = {
      src_addr     = "10.0.0.5"
      dst_addr     = "198.51.100.7"
      dst_port     = 3333
      protocol     = 6
      action       = "ACCEPT"
      tp_timestamp = "2026-11-20T10:00:00Z"
      packets      = 20
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      src_addr     = "10.0.0.5"
      dst_addr     = "198.51.100.7"
      dst_port     = 443
      protocol     = 6
      action       = "ACCEPT"
      tp_timestamp = "2026-11-20T10:00:00Z"
      packets      = 20
    }
    expect = false
  }
}
