# Scans, logins and transfers, in flow logs.

detection "aws_vpc_flow_log" "mining_pool_reached" {
  title    = "A machine talks to a port that mining pools use"
  severity = "medium"
  mitre    = ["TA0040:T1496.001"]
  description = <<-EOT
    Meaning: Stratum, the protocol of mining, or a listener of an attack tool.
    Look next: the address's owner and the process on the machine.
    Innocent causes: applications of one's own on these ports: except them.
  EOT
  where = <<-EOT
    action = 'ACCEPT'
    and protocol = 6
    and dst_port in (3333, 4444, 5555, 7777, 14433, 14444, 45560, 45700)
    and packets >= 10
    and regexp_matches(src_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)')
    and not regexp_matches(dst_addr, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|f[cd]|fe80:)')
  EOT
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
