"""AWS WAF: web requests, and what its rules made of them."""

from __future__ import annotations

from tailpipe_assets.tables.declaration import Field, Table
from tailpipe_assets.tables.json_columns import Key, checks_of, fields_of, instant_of, key, named, shape_of
from tailpipe_resources.model.schema import INSTANT

_REQUEST = tuple(
    Key(name, name, "JSON" if name == "headers" else "VARCHAR")
    for name in (
        *("clientIp", "country", "headers", "uri", "args", "httpVersion", "httpMethod", "requestId"),
        *("fragment", "scheme", "host"),
    )
)
_CAPTCHA = (
    Key("responseCode", "responseCode", "BIGINT"),
    Key("solveTimestamp", "solveTimestamp", "BIGINT"),
    Key("failureReason", "failureReason"),
)
_KEYS = (
    key("action", "action", "`ALLOW`, `BLOCK`, `CAPTCHA` or `CHALLENGE`."),
    key("captchaResponse", "captcha_response", "How a CAPTCHA went.", _CAPTCHA),
    key("challengeResponse", "challenge_response", "How a silent challenge went.", "JSON"),
    key("formatVersion", "format_version", "Version of the record's form.", "INTEGER"),
    key("httpRequest", "http_request", "The request.", _REQUEST),
    key("httpSourceId", "http_source_id", "The resource that was asked."),
    key("httpSourceName", "http_source_name", "What it is: `CF`, `ALB`, `APIGW`, `APPSYNC` and others."),
    key("ja3Fingerprint", "ja3_fingerprint", "The client's TLS fingerprint, JA3."),
    key("ja4Fingerprint", "ja4_fingerprint", "The client's TLS fingerprint, JA4."),
    key("labels", "labels", "Labels that rules gave the request.", "JSON"),
    key("nonTerminatingMatchingRules", "non_terminating_matching_rules", "Rules that matched and went on.", "JSON"),
    key("oversizeFields", "oversize_fields", "Parts of the request too long to be looked at whole.", "JSON"),
    key("rateBasedRuleList", "rate_based_rule_list", "Rate rules that acted on the request.", "JSON"),
    key("requestBodySize", "request_body_size", "Bytes of the request's body.", "BIGINT"),
    key("requestHeadersInserted", "request_headers_inserted", "Headers that rules added.", "JSON"),
    key("responseCodeSent", "response_code_sent", "The status of an answer WAF gave itself.", "BIGINT"),
    key("ruleGroupList", "rule_group_list", "Rule groups that acted on the request.", "JSON"),
    key("terminatingRuleId", "terminating_rule_id", "The rule that decided; `Default_Action` when none did."),
    key("terminatingRuleMatchDetails", "terminating_rule_match_details", "What that rule matched.", "JSON"),
    key("terminatingRuleType", "terminating_rule_type", "What kind of rule that is."),
    key("webaclId", "web_acl_id", "The web ACL."),
)

AWS_WAF_TRAFFIC_LOG = Table(
    name="aws_waf_traffic_log",
    description="AWS WAF logs: web requests, which rules matched them, and whether they were let through.",
    formats=("jsonl", "json"),
    shape=shape_of(_KEYS, ("timestamp",)),
    anchors={"captchaResponse": "responseCode", "httpRequest": "clientIp"},
    time='r."timestamp"',
    timestamp=instant_of('r."timestamp"'),
    checks=checks_of(_KEYS),
    event_id="web_acl_id || '/' || nullif(http_request.requestId, '') || '/' || epoch_ms(tp_timestamp)",
    index="""CASE WHEN contains(r."webaclId", '/') THEN split_part(r."webaclId", '/', 3) ELSE r."webaclId" END""",
    fields=(*fields_of(_KEYS), Field("timestamp", INSTANT, "tp_timestamp", "When the request was looked at.")),
    enrichment={
        "tp_source_ip": "http_request.clientIp",
        "tp_ips": named("http_request.clientIp"),
        "tp_akas": "CASE WHEN starts_with(web_acl_id, 'arn:') THEN [web_acl_id] END",
    },
    layouts={
        "aws_s3": "AWSLogs/(%{DATA:org_id}/)?%{NUMBER:account_id}/WAFLogs/%{DATA:region}/%{DATA:web_acl}"
        r"/%{YEAR:year}/%{MONTHNUM:month}/%{MONTHDAY:day}/%{HOUR:hour}/%{MINUTE:minute}/%{DATA}\.log(\.gz)?"
    },
    references=("https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html",),
    sample=(
        b'{"timestamp":1576280412771,"formatVersion":1,'
        b'"webaclId":"arn:aws:wafv2:ap-southeast-2:111122223333:regional/webacl/STMTest/1EXAMPLE-2ARN-3ARN-4ARN-123456EXAMPLE",'
        b'"terminatingRuleId":"STMTest_SQLi_XSS","terminatingRuleType":"REGULAR","action":"BLOCK",'
        b'"terminatingRuleMatchDetails":[{"conditionType":"SQL_INJECTION","location":"HEADER","matchedData":["10","AND","1"]}],'
        b'"httpSourceName":"-","httpSourceId":"-","ruleGroupList":[],"rateBasedRuleList":[],"nonTerminatingMatchingRules":[],'
        b'"httpRequest":{"clientIp":"1.1.1.1","country":"AU","headers":[{"name":"Host","value":"localhost:1989"}],'
        b'"uri":"/myUri","args":"","httpVersion":"HTTP/1.1","httpMethod":"GET","requestId":"rid"},"labels":[{"name":"value"}]}\n'
    ),
)
