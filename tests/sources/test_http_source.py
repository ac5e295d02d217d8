"""The source `http`: services of all kinds by configuration alone, and clear words where it does not fit them."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tailpipe_resources.config import load
from tailpipe_resources.errors import CancelledError, SourceRefusedError, SourceUnavailableError
from tailpipe_resources.model.config import Credential
from tailpipe_resources.model.secret import Secret
from tailpipe_resources.model.window import Window
from tailpipe_resources.sources.http import HttpOptions, HttpSource
from tests.services.audit_api import TOKEN, AuditApi, Said, serving_audit, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = Window(NOW - timedelta(days=2), NOW)
LETTING_IN = {"token": Secret("value", TOKEN)}


@pytest.fixture
def api() -> Iterator[AuditApi]:
    """A service with nine events in three days."""
    with serving_audit() as served:
        for number in range(9):
            served.add(event(number, NOW - timedelta(hours=6 * number)))
        yield served


def event(number: int, at: datetime) -> dict[str, Any]:
    """An event as the service writes it."""
    return {"id": number, "date_create": int(at.timestamp()), "meta": {"at": at.isoformat()}}


def source(api: AuditApi, credential: dict[str, Any] | None = None, **options: Any) -> HttpSource:
    """A source over the service."""
    said = {"url": f"{api.url}/v1/audit", "time_field": "meta.at", "id_field": "id", "retry_delay": 0, "attempts": 2}
    let_in = Credential("http", "it", None, LETTING_IN if credential is None else credential)
    return HttpSource(HttpOptions.model_validate({**said, **options}), let_in, clock=lambda: NOW)


def ids(made: HttpSource, window: Window = DAY) -> list[int]:
    """The ids of all events a source delivers, sorted."""
    found = []
    for artifact in made.artifacts(window):
        with made.open(artifact) as stream:
            found += [json.loads(line)["id"] for line in stream]
    return sorted(found)


def newest(api: AuditApi) -> list[dict[str, Any]]:
    """The service's events, newest first."""
    return api._newest()


def test_all_on_one_page(api: AuditApi) -> None:
    """The answer is the array."""
    api.answer = lambda _, __: told(newest(api))

    assert ids(source(api)) == list(range(9))


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"pagination": "page", "first_page": 1}, "page"),
        ({"pagination": "page", "first_page": 0, "page_parameter": "p"}, "p"),
        ({"pagination": "offset"}, "offset"),
        ({"pagination": "offset", "offset_parameter": "skip"}, "skip"),
    ],
)
def test_pages_that_are_counted(api: AuditApi, options: dict[str, Any], parameter: str) -> None:
    """By number or by how many events to leave out; the first empty page is the last."""

    def answer(_: str, params: dict[str, str]) -> Said:
        given, size = int(params[parameter]), int(params.get("size", 2))
        start = given if options["pagination"] == "offset" else (given - options["first_page"]) * size
        return told({"data": {"items": newest(api)[start : start + size]}})

    api.answer = answer

    assert ids(source(api, records="data.items", limit_parameter="size", limit=2, **options)) == list(range(9))


@pytest.mark.parametrize("in_header", [True, False])
def test_pages_that_name_the_next(api: AuditApi, *, in_header: bool) -> None:
    """By a whole address or a relative one, in the answer or in the header `Link`."""

    def answer(_: str, params: dict[str, str]) -> Said:
        start = int(params.get("after", 0))
        page, more = newest(api)[start : start + 2], start + 2 < 9
        relative = f"/v1/audit?after={start + 2}"
        if in_header:
            link = f'<{api.url}/v1/audit?after=0>; rel="first", <{api.url}{relative}>; rel="next"'
            return Said(body=json.dumps({"rows": page}).encode(), headers={"Link": link} if more else {})
        return told({"rows": page, "links": {"next": relative if more else None}})

    api.answer = answer
    options: dict[str, Any] = {} if in_header else {"next_field": "links.next"}

    assert ids(source(api, records="rows", pagination="next_link", **options)) == list(range(9))


def test_credentials_stay_with_their_host(api: AuditApi) -> None:
    """A next page or a redirection elsewhere is not followed, and the message says where it leads."""
    api.answer = lambda _, __: told({"rows": newest(api), "next": "https://evil.example/x?k=1"})
    paged = source(api, records="rows", pagination="next_link", next_field="next")
    with pytest.raises(SourceRefusedError, match=r"the next page is at evil\.example, which may not get"):
        ids(paged)
    api.answer = lambda _, __: Said(302, headers={"Location": "https://evil.example/x?k=1"})
    with pytest.raises(SourceRefusedError, match=r"sends us on to https://evil\.example/x, where"):
        ids(source(api))


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://[broken/x", "where the next page is said to be is no address"),
        ("https://ann:secret@evil.example/x", "the next page is at evil.example, which may not get"),
        ("javascript:alert(1)", "the next page is at javascript:, which may not get"),
    ],
)
def test_a_next_page_that_is_nowhere(api: AuditApi, link: str, said: str) -> None:
    """Whatever stands for its address is a refusal, which shows no password."""
    api.answer = lambda _, __: told({"rows": newest(api), "next": link})

    with pytest.raises(SourceRefusedError, match=re.escape(said)):
        ids(source(api, records="rows", pagination="next_link", next_field="next"))


@pytest.mark.parametrize(
    ("status", "location", "said"),
    [
        (302, "http://[broken/x", "it cannot be asked (ValueError)"),
        (302, None, "it does not take what we ask for (HTTP 302)"),
        (304, None, "it does not take what we ask for (HTTP 304)"),
        (307, "/elsewhere?token=x", "/elsewhere, where we do not take credentials"),
        (302, "https://ann:secret@evil.example/x", "it sends us on to https://evil.example/x, where"),
    ],
)
def test_a_redirection_to_nowhere(api: AuditApi, status: int, location: str | None, said: str) -> None:
    """It is told as what it is."""
    api.answer = lambda _, __: Said(status, headers={} if location is None else {"Location": location})

    with pytest.raises(SourceRefusedError, match=re.escape(said)):
        ids(source(api))


@pytest.mark.parametrize("wait", ["0", "Mon, 01 Jan 2001 00:00:00 GMT"])
def test_an_api_that_asks_to_come_back_at_once_is_not_hammered(api: AuditApi, wait: str) -> None:
    """Nor one whose clock is behind ours."""
    api.answer = lambda _, __: Said(429, headers={"Retry-After": wait})
    made = source(api, retry_delay=0.2)
    until = time.monotonic() + 1

    with pytest.raises(CancelledError):
        made.ask(next(made.artifacts(DAY)), "", lambda: time.monotonic() > until)

    assert 2 <= len(api.asked) <= 6


def test_an_answer_may_begin_with_a_byte_order_mark(api: AuditApi) -> None:
    """As some servers write it before all text."""
    answer = told({"rows": newest(api), "next": None})
    api.answer = lambda _, __: Said(body=b"\xef\xbb\xbf" + answer.body)

    assert ids(source(api, records="rows", pagination="next_link", next_field="next")) == list(range(9))


@pytest.mark.parametrize("asked", [{}, {"from_parameter": "from"}])
@pytest.mark.parametrize("when", [1e30, -1e300, 10**25, "1" * 40, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_none_can_be_hides_no_other(api: AuditApi, when: object, asked: dict[str, Any]) -> None:
    """Nor ends it the run."""
    api.answer = lambda _, __: told([*newest(api), {"id": 100, "meta": {"at": when}}])

    assert set(range(9)) <= set(ids(source(api, **asked)))


def test_events_with_an_empty_id_are_told_apart(api: AuditApi) -> None:
    """By their text, as where there is no id."""
    at = NOW.isoformat()
    api.answer = lambda _, __: told([{"id": "", "n": number, "meta": {"at": at}} for number in (1, 2, 2)])

    assert len(ids(source(api))) == 2


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("unix", "1795305599", "1795392000"),
        ("unix_ms", "1795305599000", "1795392000000"),
        ("rfc3339", "2026-11-21T23:59:59Z", "2026-11-23T00:00:00Z"),
        ("date", "2026-11-21", "2026-11-23"),
    ],
)
def test_a_span_of_time_is_asked_for(api: AuditApi, written: str, first: str, last: str) -> None:
    """As the service wants it written; what is too much is left out."""
    api.answer = lambda _, __: told(newest(api))
    made = source(api, from_parameter="since", to_parameter="until", time_format=written)
    found = ids(made, Window(NOW - timedelta(days=2), NOW - timedelta(days=1, hours=13)))

    (params,) = [params for _, params in api.asked]
    assert (params["since"], params["until"]) == (first, last)
    assert found == [7, 8]


@pytest.mark.parametrize(
    ("credential", "header", "value"),
    [
        ({"token": Secret("value", "t0p")}, "authorization", "Bearer t0p"),
        ({"username": "ann", "password": Secret("value", "t0p")}, "authorization", "Basic YW5uOnQwcA=="),
        ({"headers": {"X-Api-Key": Secret("value", "t0p")}}, "x-api-key", "t0p"),
    ],
)
def test_ways_to_be_let_in(api: AuditApi, credential: dict[str, Any], header: str, value: str) -> None:
    """A token, a user and password, or headers; a refusal shows none of them, not even when the service repeats it."""
    api.script = [Said(401, json.dumps({"message": f"bad key {value}"}).encode())]
    with pytest.raises(SourceRefusedError, match="access denied") as refused:
        ids(source(api, credential))

    assert api.headers[0][header] == value
    assert "t0p" not in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    ("credential", "said"),
    [
        (LETTING_IN, f"{'y' * 195}{TOKEN}"),
        ({"username": "ann", "password": Secret("value", "t0p/s3cret")}, "wrong password t0p/s3cret"),
        ({"username": "ann", "password": Secret("value", "t0p/s3cret")}, "wrong header YW5uOnQwcC9zM2NyZXQ="),
        ({"headers": {"Authorization": Secret("value", "Key t0p/s3cret")}}, "wrong key t0p/s3cret"),
        ({"query": {"key": Secret("value", "t0p/s3 cret")}}, "wrong address /x?key=t0p%2Fs3+cret"),
        ({"query": {"key": Secret("value", "t0p/s3 cret")}}, "wrong address /x?key=t0p%2Fs3%20cret"),
    ],
)
def test_what_a_service_repeats_of_a_secret_is_not_shown(api: AuditApi, credential: dict[str, Any], said: str) -> None:
    """Nor a part of it where a long message is cut, nor in the way addresses are written, nor where it sends us."""
    api.script = [
        Said(403, json.dumps({"message": said}).encode()),
        Said(302, headers={"Location": f"https://elsewhere.example/{said.rpartition(' ')[2]}"}),
    ]
    for _ in range(2):
        with pytest.raises(SourceRefusedError) as refused:
            ids(source(api, credential))

        assert not re.search("t0p|s3|xoxp|YW5u", str(refused.value))


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"[" * 200_000, r"\(HTTP 400\)"), (b'{"message": "a\\u001b[2J\\u0007\\u202eb"}', r"\(HTTP 400: a \[2J b\)")],
)
def test_an_error_that_is_odd_is_told_in_plain_letters(api: AuditApi, body: bytes, said: str) -> None:
    """It neither crashes who reads it nor speaks to the terminal."""
    api.script = [Said(400, body)]
    with pytest.raises(SourceRefusedError, match=said):
        ids(source(api))


def test_times_that_cannot_be_read_are_told(api: AuditApi) -> None:
    """Rather than taking all events for those of each day that is asked for."""
    api.answer = lambda _, __: told([{"id": number, "meta": {"at": "Tue, 24 Nov 2026"}} for number in range(2)])
    with pytest.raises(SourceRefusedError, match=r"\"meta.at\" is no time that can be read, .*: 'Tue, 24 Nov 2026'"):
        ids(source(api, from_parameter="from"))


def test_the_same_host_may_be_written_in_other_ways(api: AuditApi) -> None:
    """In capitals, for instance."""
    api.url = api.url.replace("127.0.0.1", "localhost")
    page = {"items": newest(api), "next": f"{api.url.replace('localhost', 'LocalHost')}/v1/audit?p=2"}
    api.answer = lambda _, params: told({"items": []} if params.get("p") else page)

    assert ids(source(api, records="items", pagination="next_link", next_field="next")) == list(range(9))


def test_a_secret_parameter_is_sent_and_not_shown(api: AuditApi) -> None:
    """Neither in errors nor in the names of artifacts."""
    api.script = [Said(500), Said(500)]
    made = source(api, {"query": {"key": Secret("value", "t0p")}}, query={"kind": "all"})
    with pytest.raises(SourceUnavailableError) as failed:
        ids(made)
    listed = list(made.artifacts(Window(NOW - timedelta(days=2), NOW - timedelta(days=1))))

    assert api.asked[0][1] == {"kind": "all", "key": "t0p"}
    assert "t0p" not in str(failed.value)
    assert "t0p" not in str(listed)


def test_netrc_is_not_asked(api: AuditApi, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lets us in is what the credential says, whatever lies in the user's home."""
    netrc = home.parent / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api.answer = lambda _, __: told(newest(api))

    assert ids(source(api)) == list(range(9))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rows": []}, 'no array under "data.items"; "records" can be one of: rows'),
        ({"data": {"items": [{"id": 1, "when": "x"}]}}, 'no event has "meta.at"; "time_field" can be one of: id, when'),
    ],
)
def test_an_answer_of_another_shape(api: AuditApi, body: object, said: str) -> None:
    """The message says what is there, and which option is to be mended; trying again would not help."""
    api.answer = lambda _, __: told(body)
    with pytest.raises(SourceRefusedError) as refused:
        ids(source(api, records="data.items"))

    assert said in str(refused.value)
    assert len(api.asked) == 1


def test_an_array_that_is_left_out(api: AuditApi) -> None:
    """Some services do so when there are no events; that has to be said."""
    for answer in (told({"meta": {}}), Said(204, b"")):
        api.answer = lambda _, __, answer=answer: answer
        assert ids(source(api, records="data.items", records_optional=True)) == []


@pytest.mark.parametrize("body", [b"<html>log in</html>", b'{"rows": [{"id": 1', b""])
def test_an_answer_that_is_no_json(api: AuditApi, body: bytes) -> None:
    """It is asked for again, because it may have been cut off."""
    api.answer = lambda _, __: Said(body=body)
    with pytest.raises(SourceUnavailableError, match=r"the answer is no JSON with an array.*, 2 times in a row"):
        ids(source(api, records="rows"))


def test_a_broken_record_hides_no_other(api: AuditApi) -> None:
    """Bytes that are no text, and a record without a time, come with the others, for the table to set aside."""
    records = [json.dumps(each).encode() for each in newest(api)[:2]]
    written = [records[0], b'{"id": "\xff"}', b'{"id": 5}', records[1]]
    api.answer = lambda _, __: Said(body=b"[" + b",".join(written) + b"]")
    made = source(api)
    (artifact,) = made.artifacts(Window(NOW, NOW + timedelta(hours=1)))

    with made.open(artifact) as stream:
        assert stream.read().splitlines() == written


def test_a_record_over_several_lines_is_one_line(api: AuditApi) -> None:
    """What the service laid out for eyes is laid out for lines."""
    api.answer = lambda _, __: Said(body=json.dumps(newest(api), indent=2).encode())

    assert ids(source(api)) == list(range(9))


def test_several_addresses(api: AuditApi) -> None:
    """Each has days of its own."""
    api.answer = lambda path, _: told(newest(api)[:1] if path == "/a" else newest(api)[1:2])
    made = source(api, url=None, urls=[f"{api.url}/b", f"{api.url}/a"])
    listed = [each.location for each in made.artifacts(Window(NOW, None))]

    assert listed == [f"{api.url}/a#2026-11-24", f"{api.url}/b#2026-11-24"]
    assert ids(made) == [0, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": None}, "name an address"),
        ({"url": "example.com/x"}, "is no address"),
        ({"url": "http://example.com/x"}, "would carry credentials for everybody to read"),
        ({"url": "https://ann:pw@example.com/x"}, "has no user and password in it"),
        ({"pagination": "cursor"}, "cursor_field"),
        ({"to_parameter": "until"}, '"to_parameter" goes with "from_parameter"'),
        ({"time_field": ""}, "time_field"),
        ({"settle": "soon"}, "write 36h, 2d or 1W"),
        ({"attempts": 0}, "must be more than 0"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], said: str) -> None:
    """Found when the configuration is loaded."""
    with pytest.raises(ValidationError, match=said.replace("?", r"\?")):
        HttpOptions.model_validate({"url": "https://example.com/x", "time_field": "at", **options})


def test_a_name_that_is_nowhere() -> None:
    """A host that cannot be reached is worth another try."""
    options = {"url": "http://localhost:9", "time_field": "at", "retry_delay": 0, "attempts": 2}
    made = HttpSource(HttpOptions.model_validate(options), None, clock=lambda: NOW)
    with pytest.raises(SourceUnavailableError, match=r"cannot be reached, or dropped the connection, 2 times in a row"):
        ids(made)


def test_the_proxy_of_the_environment_is_used(api: AuditApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a host that only the proxy can find."""
    monkeypatch.setenv("http_proxy", api.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    api.answer = lambda _, __: told(newest(api))

    assert ids(source(api, url="http://audit.invalid/v1/audit", plain_http=True)) == list(range(9))
    assert {headers["host"] for headers in api.headers} == {"audit.invalid"}


@pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Evil: 1", "t\u00f6ken"])
def test_a_token_that_cannot_be_one(api: AuditApi, token: str) -> None:
    """It is not sent, and not shown."""
    with pytest.raises(SourceRefusedError, match="the token is empty or holds blanks or line ends") as refused:
        ids(source(api, {"token": Secret("value", token)}))

    assert api.asked == []
    assert not token or token not in str(refused.value)


def test_credentials_are_written_in_hcl(api: AuditApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text in them is a secret, whether it is written or comes from elsewhere."""
    monkeypatch.setenv("CRM_KEY", "t0p")
    path = tmp_path / "tailpipe.hcl"
    path.write_text(
        'credential "http" "crm" {\n  headers = {\n    "X-Api-Key" = env("CRM_KEY")\n    "X-Org" = "acme"\n  }\n}\n'
        f'source "http" "crm" {{\n  credential = credential.http.crm\n  url = "{api.url}/v1/audit"\n'
        '  time_field = "meta.at"\n}\n'
    )
    config = load([path])
    (block,) = config.sources
    api.script = [told([])] * 2
    made = HttpSource(block.options, block.credential, clock=lambda: NOW)
    ids(made, Window(NOW, None))

    assert "t0p" not in repr(config)
    assert "acme" not in repr(config.credentials)
    assert (api.headers[0]["x-api-key"], api.headers[0]["x-org"]) == ("t0p", "acme")
