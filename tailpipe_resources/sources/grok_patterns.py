"""The grok patterns that come with Tailpipe. Each is a regular expression both Python and RE2 understand.

None looks ahead or behind, and none holds an unnamed capturing group, so that groups count the same in every engine.
"""

from __future__ import annotations

from typing import Final

NUMBERS: Final = {
    "BASE10NUM": r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)",
    "BASE16NUM": r"[+-]?(?:0[xX])?[0-9A-Fa-f]+",
    "INT": r"[+-]?\d+",
    "NONNEGINT": r"\d+",
    "NUMBER": "%{BASE10NUM}",
    "POSINT": r"[1-9]\d*",
}

WORDS: Final = {
    "DATA": r".*?",
    "GREEDYDATA": r".*",
    "NOTSPACE": r"\S+",
    "QS": "%{QUOTEDSTRING}",
    "QUOTEDSTRING": r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""",
    "SPACE": r"\s*",
    "USER": "%{USERNAME}",
    "USERNAME": r"[a-zA-Z0-9._-]+",
    "UUID": r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
    "WORD": r"\b\w+\b",
}

HOSTS: Final = {
    "CISCOMAC": r"(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}",
    "COMMONMAC": r"(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}",
    "EMAILADDRESS": r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]+@%{HOSTNAME}",
    "HOSTNAME": r"\b[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,62})(?:\.[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,62}))*\.?",
    "HOSTPORT": "%{IPORHOST}:%{POSINT}",
    "IP": "(?:%{IPV6}|%{IPV4})",
    "IPORHOST": "(?:%{IP}|%{HOSTNAME})",
    "IPV4": r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)",
    "IPV6": (
        r"(?:(?:[0-9A-Fa-f]{1,4}:){6}(?:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}|%{IPV4})"
        r"|(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?::"
        r"(?:(?:[0-9A-Fa-f]{1,4}:){0,6}(?:%{IPV4}|[0-9A-Fa-f]{1,4}))?"
        r"|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4})(?:%[0-9A-Za-z]+)?"
    ),
    "MAC": "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
    "WINDOWSMAC": r"(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}",
}

PATHS: Final = {
    "PATH": "(?:%{WINPATH}|%{UNIXPATH})",
    "UNIXPATH": r"(?:/[^\s/]*)+",
    "URI": r"%{URIPROTO}://(?:%{USER}(?::[^@\s]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    "URIHOST": "%{IPORHOST}(?::%{POSINT})?",
    "URIPARAM": r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\[\]-]*",
    "URIPATH": r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
    "URIPATHPARAM": "%{URIPATH}(?:%{URIPARAM})?",
    "URIPROTO": r"[A-Za-z][A-Za-z0-9+.-]*",
    "WINPATH": r"(?:[A-Za-z]:|\\)(?:\\[^\\?*\s]*)+",
}

TIMES: Final = {
    "DATE_EU": r"%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
    "DATE_US": r"%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
    "DAY": (
        r"\b(?:[Mm]on(?:day)?|[Tt]ue(?:sday)?|[Ww]ed(?:nesday)?|[Tt]hu(?:rsday)?|[Ff]ri(?:day)?"
        r"|[Ss]at(?:urday)?|[Ss]un(?:day)?)\b"
    ),
    "HOUR": r"(?:2[0-3]|[01]?\d)",
    "HTTPDATE": r"%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    "ISO8601_TIMEZONE": r"(?:Z|[+-]%{HOUR}(?::?%{MINUTE})?)",
    "MINUTE": r"[0-5]\d",
    "MONTH": (
        r"\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?"
        r"|[Aa]ug(?:ust)?|[Ss]ep(?:t(?:ember)?)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\b"
    ),
    "MONTHDAY": r"(?:0[1-9]|[12]\d|3[01]|[1-9])",
    "MONTHNUM": r"(?:0[1-9]|1[0-2]|[1-9])",
    "MONTHNUM2": r"(?:0[1-9]|1[0-2])",
    "SECOND": r"(?:[0-5]?\d|60)(?:[:.,]\d+)?",
    "SYSLOGTIMESTAMP": r"%{MONTH} +%{MONTHDAY} %{TIME}",
    "TIME": "%{HOUR}:%{MINUTE}(?::%{SECOND})?",
    "TIMESTAMP_ISO8601": r"%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
    "TZ": r"(?:[APMCE][SD]T|UTC)",
    "YEAR": r"(?:\d{4}|\d{2})",
}

LINES: Final = {
    "COMBINEDAPACHELOG": r"%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}",
    "COMMONAPACHELOG": (
        r"%{IPORHOST:clientip} %{HTTPDUSER:ident} %{HTTPDUSER:auth} \[%{HTTPDATE:timestamp}\] "
        r'"(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" '
        r"%{INT:response} (?:%{NUMBER:bytes}|-)"
    ),
    "HTTPDUSER": "(?:%{EMAILADDRESS}|%{USER})",
    "LOGLEVEL": (
        r"(?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo(?:rmation)?|INFO(?:RMATION)?"
        r"|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL"
        r"|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?)"
    ),
    "PROG": r"[!-Z\\^-~]+",
    "SYSLOGBASE": (r"%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource} %{SYSLOGPROG}:"),
    "SYSLOGFACILITY": "<%{NONNEGINT:facility}.%{NONNEGINT:priority}>",
    "SYSLOGHOST": "%{IPORHOST}",
    "SYSLOGPROG": r"%{PROG:program}(?:\[%{POSINT:pid}\])?",
}

PATTERNS: Final[dict[str, str]] = {**NUMBERS, **WORDS, **HOSTS, **PATHS, **TIMES, **LINES}
"""Every pattern by its name."""
