# Attacks on web sites, in access logs.

detection "http_log" "exploit_answered" {
  title    = "A request of a known attack was answered"
  severity = "high"
  mitre    = ["TA0001:T1190"]
  description = <<-EOT
    Meaning: path traversal, injection, or a file with secrets was asked for, and the server did not refuse.
    Look next: the size of the answer, what else the address asked for, and the application's own log.
    Innocent causes: scanners one hired; pages that answer 200 to everything; articles about attacks.
  EOT
  where = <<-EOT
    status < 400 and regexp_matches(request_uri,
      '(?i)(\.\./|%2e%2e(/|%2f)|/etc/passwd|union(\s|\+|%20)+(all(\s|\+|%20)+)?select|\$\{jndi:|%24%7bjndi|<script|%3cscript|;(\s|\+|%20)*(wget|curl)(\s|\+|%20)|/\.env($|\?)|/\.git/(config|head)|/wp-config\.php\.)')
  EOT
  dedupe {
    by = ["remote_addr"]
  }
  test "the attack" {
    event = {
      remote_addr    = "203.0.113.66"
      request_method = "GET"
      request_uri    = "/.env"
      status         = 200
      tp_timestamp   = "2026-11-20T10:00:00Z"
    }
    expect = true
  }
  test "refused" {
    event = {
      remote_addr    = "203.0.113.66"
      request_method = "GET"
      request_uri    = "/.env"
      status         = 404
      tp_timestamp   = "2026-11-20T10:00:00Z"
    }
    expect = false
  }
}

detection "http_log" "site_scanned" {
  title    = "One address asks for many pages that are not there"
  severity = "medium"
  mitre    = ["TA0043:T1595.003"]
  description = <<-EOT
    Meaning: somebody looks for weak spots by a list.
    Look next: what was answered with 200 among it.
    Innocent causes: a broken link that a crawler follows; a site that has just moved.
  EOT
  where = "status in (400, 401, 403, 404, 405)"
  threshold {
    group_by = ["remote_addr"]
    distinct = "split_part(request_uri, '?', 1)"
    min      = 30
    window   = "5m"
  }
  test "the attack" {
    events = [
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a0.php", status = 404, tp_timestamp = "2026-11-20T10:00:00Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a1.php", status = 404, tp_timestamp = "2026-11-20T10:00:01Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a2.php", status = 404, tp_timestamp = "2026-11-20T10:00:02Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a3.php", status = 404, tp_timestamp = "2026-11-20T10:00:03Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a4.php", status = 404, tp_timestamp = "2026-11-20T10:00:04Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a5.php", status = 404, tp_timestamp = "2026-11-20T10:00:05Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a6.php", status = 404, tp_timestamp = "2026-11-20T10:00:06Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a7.php", status = 404, tp_timestamp = "2026-11-20T10:00:07Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a8.php", status = 404, tp_timestamp = "2026-11-20T10:00:08Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a9.php", status = 404, tp_timestamp = "2026-11-20T10:00:09Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a10.php", status = 404, tp_timestamp = "2026-11-20T10:00:10Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a11.php", status = 404, tp_timestamp = "2026-11-20T10:00:11Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a12.php", status = 404, tp_timestamp = "2026-11-20T10:00:12Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a13.php", status = 404, tp_timestamp = "2026-11-20T10:00:13Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a14.php", status = 404, tp_timestamp = "2026-11-20T10:00:14Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a15.php", status = 404, tp_timestamp = "2026-11-20T10:00:15Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a16.php", status = 404, tp_timestamp = "2026-11-20T10:00:16Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a17.php", status = 404, tp_timestamp = "2026-11-20T10:00:17Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a18.php", status = 404, tp_timestamp = "2026-11-20T10:00:18Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a19.php", status = 404, tp_timestamp = "2026-11-20T10:00:19Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a20.php", status = 404, tp_timestamp = "2026-11-20T10:00:20Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a21.php", status = 404, tp_timestamp = "2026-11-20T10:00:21Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a22.php", status = 404, tp_timestamp = "2026-11-20T10:00:22Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a23.php", status = 404, tp_timestamp = "2026-11-20T10:00:23Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a24.php", status = 404, tp_timestamp = "2026-11-20T10:00:24Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a25.php", status = 404, tp_timestamp = "2026-11-20T10:00:25Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a26.php", status = 404, tp_timestamp = "2026-11-20T10:00:26Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a27.php", status = 404, tp_timestamp = "2026-11-20T10:00:27Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a28.php", status = 404, tp_timestamp = "2026-11-20T10:00:28Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/a29.php", status = 404, tp_timestamp = "2026-11-20T10:00:29Z" },
    ]
    expect = true
  }
  test "the same page" {
    events = [
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:00Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:01Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:02Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:03Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:04Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:05Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:06Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:07Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:08Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:09Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:10Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:11Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:12Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:13Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:14Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:15Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:16Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:17Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:18Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:19Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:20Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:21Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:22Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:23Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:24Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:25Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:26Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:27Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:28Z" },
      { remote_addr = "203.0.113.66", request_method = "GET", request_uri = "/favicon.ico", status = 404, tp_timestamp = "2026-11-20T10:00:29Z" },
    ]
    expect = false
  }
}

detection "http_log" "web_passwords_guessed" {
  title    = "One address is refused again and again at a login"
  severity = "medium"
  mitre    = ["TA0006:T1110"]
  description = <<-EOT
    Meaning: passwords are guessed.
    Look next: a login from the address that succeeded (status 200 or 302).
    Innocent causes: a program with an old password.
  EOT
  where = "status in (401, 403, 429) and request_method = 'POST' and regexp_matches(request_uri, '(?i)(login|signin|sign-in|auth|session|token|xmlrpc|wp-login)')"
  threshold {
    group_by = ["remote_addr"]
    count    = 20
    window   = "5m"
  }
  test "the attack" {
    events = [
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:00Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:01Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:02Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:03Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:04Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:05Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:06Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:07Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:08Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:09Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:10Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:11Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:12Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:13Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:14Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:15Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:16Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:17Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:18Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:19Z" },
    ]
    expect = true
  }
  test "a mistyped password" {
    events = [
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:00Z" },
      { remote_addr = "203.0.113.66", request_method = "POST", request_uri = "/login", status = 401, tp_timestamp = "2026-11-20T10:00:01Z" },
    ]
    expect = false
  }
}

detection "http_log" "scanner_announced" {
  title    = "A scanner says its name"
  severity = "low"
  mitre    = ["TA0043:T1595.002"]
  description = <<-EOT
    Meaning: a tool for finding weak spots looks at the site.
    Look next: answers with 200, and later visits of the address under another name.
    Innocent causes: tests one ordered.
  EOT
  where = "regexp_matches(http_user_agent, '(?i)(sqlmap|nikto|nuclei|masscan|zgrab|gobuster|dirbuster|feroxbuster|wpscan|ffuf|nessus|acunetix|metasploit)')"
  dedupe {
    by     = ["remote_addr"]
    window = "1d"
  }
  test "the attack" {
    event = {
      remote_addr     = "203.0.113.66"
      request_method  = "GET"
      request_uri     = "/"
      status          = 200
      tp_timestamp    = "2026-11-20T10:00:00Z"
      http_user_agent = "sqlmap/1.8"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      remote_addr     = "203.0.113.66"
      request_method  = "GET"
      request_uri     = "/"
      status          = 200
      tp_timestamp    = "2026-11-20T10:00:00Z"
      http_user_agent = "Mozilla/5.0"
    }
    expect = false
  }
}

detection "http_log" "shell_uploaded_or_called" {
  title    = "A script was called where only uploads are"
  severity = "high"
  mitre    = ["TA0003:T1505.003"]
  description = <<-EOT
    Meaning: a program in a folder of uploads is the mark of a web shell.
    Look next: the file itself, when it came, and processes of the web server.
    Innocent causes: old applications that do so.
  EOT
  where = `status < 400 and regexp_matches(request_uri, '(?i)/(uploads?|images?|files|media|tmp|static)/[^?]*\.(php[0-9]?|phtml|aspx?|jspx?|cgi)(\?|$)')`
  dedupe {
    by = ["remote_addr"]
  }
  test "the attack" {
    event = {
      remote_addr    = "203.0.113.66"
      request_method = "GET"
      request_uri    = "/uploads/x.php?c=id"
      status         = 200
      tp_timestamp   = "2026-11-20T10:00:00Z"
    }
    expect = true
  }
  test "ordinary use" {
    event = {
      remote_addr    = "203.0.113.66"
      request_method = "GET"
      request_uri    = "/uploads/x.png"
      status         = 200
      tp_timestamp   = "2026-11-20T10:00:00Z"
    }
    expect = false
  }
}
