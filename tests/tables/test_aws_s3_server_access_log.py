"""S3 server access logs: AWS's documented records, what they lack, and quotes where none should be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.layout import Layout
from tests.services.one_table import OneTable

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
START = f"{OWNER} DOC-EXAMPLE-BUCKET1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 {OWNER} 3E57427F3EXAMPLE"
HOST_ID = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234="
TAIL = (
    f"- {HOST_ID} SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader DOC-EXAMPLE-BUCKET1.s3.us-west-1.amazonaws.com TLSV1.2"
)
AP = "arn:aws:s3:us-west-1:123456789012:accesspoint/example-AP"
BODY = 'REST.GET.VERSIONING - "GET /DOC-EXAMPLE-BUCKET1?versioning HTTP/1.1" 200 - 113 - 7 -'
LINE = f'{START} {BODY} "-" "S3Console/0.4" {TAIL} {AP} Yes'


@pytest.fixture
def requests(tmp_path: Path) -> OneTable:
    """A collection of access logs."""
    return OneTable("aws_s3_server_access_log", tmp_path)


def test_the_documented_record_fills_its_columns(requests: OneTable) -> None:
    """AWS's first example, column by column."""
    assert requests.row(LINE) == {
        "access_point_arn": AP,
        "acl_required": True,
        "authentication_type": "AuthHeader",
        "bucket": "DOC-EXAMPLE-BUCKET1",
        "bucket_owner": OWNER,
        "bytes_sent": 113,
        "cipher_suite": "ECDHE-RSA-AES128-GCM-SHA256",
        "http_status": 200,
        "host_header": "DOC-EXAMPLE-BUCKET1.s3.us-west-1.amazonaws.com",
        "host_id": HOST_ID,
        "operation": "REST.GET.VERSIONING",
        "remote_ip": "192.0.2.3",
        "request_id": "3E57427F3EXAMPLE",
        "request_uri": "GET /DOC-EXAMPLE-BUCKET1?versioning HTTP/1.1",
        "requester": OWNER,
        "signature_version": "SigV4",
        "tls_version": "TLSV1.2",
        "timestamp": "2019-02-06 00:00:38+00",
        "total_time": 7,
        "user_agent": "S3Console/0.4",
    }
    assert requests.common(LINE) == {
        "tp_timestamp": "2019-02-06 00:00:38+00",
        "tp_index": "DOC-EXAMPLE-BUCKET1",
        "tp_source_ip": "192.0.2.3",
        "tp_ips": ["192.0.2.3"],
        "tp_usernames": [OWNER],
        "tp_akas": [AP],
        "tp_domains": ["DOC-EXAMPLE-BUCKET1.s3.us-west-1.amazonaws.com"],
    }


def test_lines_of_all_years_are_read(requests: OneTable) -> None:
    """S3 added fields at the end, and will add more."""
    short = f'{START} {BODY} "-" "S3Console/0.4"'
    lines = [short + " -", f"{short} {TAIL}", f"{short} {TAIL} -", f"{short} {TAIL} - -", f"{LINE} us-east-1 new x"]

    assert requests.rows("tls_version, acl_required, source_region, user_agent", *lines) == [
        (None, None, None, "S3Console/0.4"),
        ("TLSV1.2", None, None, "S3Console/0.4"),
        ("TLSV1.2", None, None, "S3Console/0.4"),
        ("TLSV1.2", None, None, "S3Console/0.4"),
        ("TLSV1.2", True, "us-east-1", "S3Console/0.4"),
    ]


def test_what_s3_does_by_itself_has_no_request(requests: OneTable) -> None:
    """Its lifecycle writes bare dashes, also where others have quotes."""
    when = "[06/Feb/2019:00:00:38 +0000]"
    line = f"{OWNER} b {when} - AmazonS3 7B4A S3.EXPIRE.OBJECT a%2520b - - - - 4406 {' '.join('-' * 12)}"

    assert requests.row(line) == {
        "bucket": "b",
        "bucket_owner": OWNER,
        "key": "a%2520b",
        "object_size": 4406,
        "operation": "S3.EXPIRE.OBJECT",
        "request_id": "7B4A",
        "requester": "AmazonS3",
        "timestamp": "2019-02-06 00:00:38+00",
    }


@pytest.mark.parametrize("agent", ['cu"rl', 'say \\"hi\\" now', "two  spaces", '" "', "\\", ""])
def test_user_agents_come_as_they_were_sent(requests: OneTable, agent: str) -> None:
    """Quotes, backslashes and spaces in them shift no other field."""
    line = LINE.replace("S3Console/0.4", agent)

    assert requests.rows("user_agent, host_id, tls_version, acl_required", line) == [
        (agent or None, HOST_ID, "TLSV1.2", True)
    ]


def test_addresses_and_sizes_of_today(requests: OneTable) -> None:
    """IPv6, and objects beyond 2 GiB."""
    line = LINE.replace("192.0.2.3", "2001:db8::3").replace(" 113 - 7", " 5368709120 5497558138880 7")

    assert requests.rows("remote_ip, tp_ips, bytes_sent, object_size", line) == [
        ("2001:db8::3", ["2001:db8::3"], 5368709120, 5497558138880)
    ]


def test_lines_that_do_not_fit_are_set_aside_one_by_one(requests: OneTable) -> None:
    """With the reason; those around them are rows."""
    bad = {
        "garbage": "the line does not fit the format",
        LINE.replace(" 200 ", " OK "): "http_status is no number",
        LINE.replace(" 113 ", " many "): "bytes_sent is no number",
        LINE.replace("06/Feb", "30/Feb"): "its time cannot be read: 30/Feb/2019:00:00:38 +0000",
    }

    assert dict(requests.rejects(LINE, *bad, LINE)) == bad
    assert requests.project.one("select count(*) from aws_s3_server_access_log") == 2


@pytest.mark.parametrize("prefix", ["", "logs/", "app-", "logs/shop/app-", "a/b/c/"])
@pytest.mark.parametrize("folders", ["", "123456789012/us-east-1/ledger/2024/02/07/"])
def test_keys_may_begin_with_any_target_prefix(requests: OneTable, prefix: str, folders: str) -> None:
    """S3 puts it before the date or the account as it is."""
    layout = Layout(requests.table.layouts["aws_s3"])

    found = layout.match(f"{prefix}{folders}2024-02-07-12-30-05-79A59DF900B949E5")

    assert found is not None
    assert found.start == datetime(2024, 2, 7, 12, 30, 5, tzinfo=UTC)
    assert found.fields.get("account_id") == ("123456789012" if folders else None)


def test_folders_of_other_days_are_not_looked_into(requests: OneTable) -> None:
    """Where keys are partitioned by date, below a prefix too."""
    layout, window = Layout(requests.table.layouts["aws_s3"]), Window.of_days(date(2024, 2, 7), date(2024, 2, 7))
    bucket = "logs/123456789012/us-east-1/ledger/"

    assert layout.folder(f"{bucket}2024/02/", window).may_hold
    assert not layout.folder(f"{bucket}2024/03/", window).may_hold
    assert not layout.folder(f"{bucket}2023/", window).may_hold
