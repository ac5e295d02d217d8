"""JSON documents cut into records: the quick way and the careful one agree, and nothing is lost."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tailpipe_assets.formats.base import MAX_RECORD_BYTES
from tailpipe_assets.formats.json_records import JsonFormat, JsonOptions
from tailpipe_assets.formats.json_split import DocumentSplitter, RecordScanner
from tailpipe_resources.errors import BadArtifactError
from tailpipe_resources.sources.unpack import blocks

if TYPE_CHECKING:
    from tailpipe_assets.formats.base import Rejected

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
NAMES = st.sampled_from(["Records", "a", '"Records":', "\\", "é", "}", "[", 'x"']) | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, max_size=6)
GOOD = '{"a":1}'


def scanned(document: bytes, block: int) -> list[Any]:
    """What the scanner cuts out of a document that comes in blocks of a size."""
    scanner = RecordScanner(["Records"])
    found = [each for start in range(0, len(document), block) for each in scanner.feed(document[start : start + block])]
    scanner.end()
    return [json.loads(each) for each in found]


def split(document: bytes | str, piece_bytes: int = 1 << 20) -> tuple[list[str], list[int], list[Rejected], str | None]:
    """Records, positions and rejects of a document, and what broke it."""
    data = document.encode() if isinstance(document, str) else document
    raw: list[str] = []
    positions: list[int] = []
    rejected: list[Rejected] = []
    try:
        for piece in JsonFormat(JsonOptions()).split(io.BytesIO(data), piece_bytes=piece_bytes):
            raw += piece.raw.to_pylist()
            positions += piece.positions.to_pylist()
            rejected += piece.rejected
    except BadArtifactError as error:
        return raw, positions, rejected, str(error)
    return raw, positions, rejected, None


@examples(max_examples=150)
@given(
    RECORDS,
    st.sampled_from([None, 1, 4]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 40),
    st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
)
def test_the_quick_way_and_the_careful_one_agree(
    records: list[Any], indent: int | None, ascii_only: bool, bare: bool, block: int, beside: dict[str, Any]
) -> None:
    """Any document gives its records, whoever reads it and in blocks of whatever size."""
    whole = records if bare else {**beside, "Records": records, "after": [records[:1], {"Records": records[:1]}]}
    document = json.dumps(whole, indent=indent, ensure_ascii=ascii_only).encode()

    quick = DocumentSplitter(["Records"]).split(document)

    assert quick is None or [json.loads(bytes(each)) for each in quick] == records
    assert scanned(document, block) == records
    raw, positions, rejected, broken = split(document)
    assert ([json.loads(each) for each in raw], positions, rejected, broken) == (
        records,
        list(range(len(records))),
        [],
        None,
    )


def test_an_ordinary_document_goes_the_quick_way() -> None:
    """The careful way is for what needs it."""
    splitter = DocumentSplitter(["Records"])

    assert [bytes(each) for each in splitter.split(b'{"Records": [ {"a":1} , {"b":[2]}]}') or ()] == [
        b'{"a":1}',
        b'{"b":[2]}',
    ]
    assert splitter.split(b'{"Records": [{"a":1}], "Records": [{"b":1}]}') is None


@pytest.mark.parametrize("broken", ['{"a":}', '{"a" 1}', "{a:1}", "nope", '{"a":1,}', "{'a':1}", '{"a":01}'])
def test_a_broken_record_leaves_its_neighbours_alone(broken: str) -> None:
    """It is cut out as it is, for the table to reject, and those around it stay whole and in their places."""
    raw, positions, rejected, fault = split(f'{{"Records": [{GOOD}, {broken}, {GOOD}], "x": 1}}')

    assert (raw, positions, rejected, fault) == ([GOOD, broken, GOOD], [0, 1, 2], [], None)


@pytest.mark.parametrize("keep", [5, 13, 15, 20, 21, 23, 29, 30])
def test_a_cut_document_is_a_bad_artifact(keep: int) -> None:
    """It says where it ends, after handing out the whole records before that."""
    document = f'{{"Records": [{GOOD}, {GOOD}]}}'
    first, second = document.index(",", 12), document.index("]")

    raw, _, _, fault = split(document[:keep])

    assert raw == [GOOD] * ((keep > first) + (keep > second))
    assert fault is not None
    assert "ends inside record" in fault or "not complete" in fault


@pytest.mark.parametrize("after", ["trailing", "]", "}", '{"Records"', "[", '"'])
def test_what_follows_a_document_is_no_silence(after: str) -> None:
    """Garbage after the end is a fault, never ignored."""
    raw, _, _, fault = split(f'{{"Records": [{GOOD}]}}\n{after}')

    assert raw == [GOOD]
    assert fault is not None


@pytest.mark.parametrize("between", ["", "\n", " \r\n\t"])
@pytest.mark.parametrize("one", [f'{{"Records": [{GOOD}]}}', f"[{GOOD}]"])
def test_documents_may_follow_one_another(one: str, between: str) -> None:
    """Concatenated documents give all their records, counted through."""
    raw, positions, _, fault = split(between.join([one, one, one]))

    assert (raw, positions, fault) == ([GOOD] * 3, [0, 1, 2], None)


def test_a_name_that_comes_twice_loses_nothing() -> None:
    """Both arrays count, where a JSON reader would keep the last."""
    assert split('{"Records": [{"a":1}], "Records": [{"a":2}]}')[0] == ['{"a":1}', '{"a":2}']


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_nothing_is_no_record(text: str) -> None:
    """An empty document has no records and no fault."""
    assert split(text) == ([], [], [], None)


@pytest.mark.parametrize("text", ['{"Records": []}', "[]", '{"Records" :\n[ ] }'])
def test_no_records_are_no_fault(text: str) -> None:
    """An empty array is what it is."""
    assert split(text)[0] == []
    assert split(text)[3] is None


@pytest.mark.parametrize("text", ["hello", "<xml/>", "\x00\x01\x02", '"text"', "12", "PK\x03\x04", "]", "}{"])
def test_what_is_no_json_says_so(text: str) -> None:
    """The message shows what stands there instead."""
    raw, _, _, fault = split(text)

    assert raw == []
    assert fault is not None
    assert "JSON" in fault


@pytest.mark.parametrize("text", ['{\n"Records": {"a":1}}', '{\n"Records": null}', '{\n"a": 1}\n{"Records": 1}'])
def test_a_document_without_records_says_which_name_it_lacks(text: str) -> None:
    """What the name leads to is no array."""
    assert split(text)[3] == 'the JSON document holds no array "Records"'


def test_a_wrong_path_shows() -> None:
    """Whoever says where the records are is told when there are none, rather than given one record."""
    form = JsonFormat(JsonOptions(records="Recrods"))

    with pytest.raises(BadArtifactError, match='the JSON document holds no array "Recrods"'):
        list(form.split(io.BytesIO(b'{\n"Records": [{"a":1}]}'), piece_bytes=100))


@pytest.mark.parametrize("text", ['{\n  "a": [{"b": 1}]\n}\n', ' {\r\n"a":\r\n{}}', "{\n}"])
def test_one_object_over_many_lines_is_one_record(text: str) -> None:
    """As it is when it stands on one line."""
    assert split(text) == ([text.strip()], [0], [], None)


def test_records_a_line_are_lines() -> None:
    """The same format reads JSON lines; positions are then byte offsets."""
    assert split('{"a":1}\n\n{"a":2}\r\nnonsense\n{"a":3}') == (
        ['{"a":1}', '{"a":2}', "nonsense", '{"a":3}'],
        [0, 9, 18, 27],
        [],
        None,
    )


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    """Unpacking takes it off before the format looks."""
    packed = gzip.compress(b"\xef\xbb\xbf" + f"[{GOOD}]".encode())

    assert split(b"".join(blocks(io.BytesIO(packed), "x")))[0] == [GOOD]


def test_records_of_any_depth_are_cut_out() -> None:
    """Brackets a hundred thousand deep are followed without recursion, wherever they stand."""
    deep = "[" * 100_000 + "]" * 100_000

    assert split(f'{{"Records": [{GOOD}, {{"a": {deep}}}, {GOOD}], "x": {deep}}}')[0][::2] == [GOOD, GOOD]
    assert split(f"[{deep}]")[0] == [deep]
    assert split(f'{{"a": {deep}}}')[3] == 'the JSON document holds no array "Records"'


@pytest.mark.parametrize("piece_bytes", [7, 1 << 20])
def test_a_record_that_is_no_utf_8_is_set_aside_alone(piece_bytes: int) -> None:
    """Its bytes are kept, and the others keep their positions."""
    raw, positions, rejected, fault = split(b'{"Records": [{"a":1}, {"a":"\xff"}, {"a":"\xc3\xa9"}]}', piece_bytes)

    assert (raw, positions, fault) == (['{"a":1}', '{"a":"é"}'], [0, 2], None)
    assert [(each.position, each.reason, each.record) for each in rejected] == [
        (1, "not UTF-8: byte 0xff at 6", b'{"a":"\xff"}')
    ]


def test_a_record_longer_than_the_limit_is_set_aside_alone() -> None:
    """One byte more than the limit is too long; the limit itself is not."""
    most = '"' + "x" * (MAX_RECORD_BYTES - 2) + '"'

    raw, positions, rejected, fault = split(f'[{GOOD},{most},{most[:-1]}x",{GOOD}]')

    assert ([len(each) for each in raw], fault) == ([7, MAX_RECORD_BYTES, 7], None)
    assert positions == [0, 1, 3]
    assert [(each.position, each.reason) for each in rejected] == [
        (2, "the record is 16,777,217 bytes long; at most 16,777,216 are taken")
    ]


@examples(max_examples=150)
@given(RECORDS, st.dictionaries(NAMES, VALUES, max_size=2), st.sampled_from([None, 1]), st.integers(1, 40))
def test_records_are_found_along_a_path(records: list[Any], beside: Any, indent: int | None, block: int) -> None:
    """Quickly and carefully alike; arrays of the same name elsewhere are none of it."""
    within = {**beside, "items": records}
    document = json.dumps({"items": [1], "other": {"data": {"items": [2]}}, "data": within}, indent=indent)
    quick = DocumentSplitter(["data", "items"]).split(document.encode())
    scanner = RecordScanner(["data", "items"])
    data = document.encode()
    careful = [each for start in range(0, len(data), block) for each in scanner.feed(data[start : start + block])]
    scanner.end()

    assert [json.loads(each) for each in careful] == records
    assert quick is None or [json.loads(bytes(each)) for each in quick] == records


@pytest.mark.parametrize("path", ["", ".", "a..b"])
def test_a_path_is_made_of_keys(path: str) -> None:
    """An empty one would mean nothing."""
    with pytest.raises(ValueError, match="must be keys"):
        JsonFormat(JsonOptions(records=path))


@pytest.mark.parametrize("piece_bytes", [4, 20, 1 << 20])
@pytest.mark.parametrize("before", ["", "\n \r\n"])
def test_lines_are_told_from_a_document_however_much_is_read_at_once(piece_bytes: int, before: str) -> None:
    """By their first one, or by all that could be held."""
    lines = ['{"a": 1}', '{"Records": [{"a": 2}]}', '{"a": 3}']

    raw, positions, rejected, broken = split(before + "\n".join(lines), piece_bytes)

    assert (raw, positions, rejected, broken) == (lines, [0, 9, 33], [], None)
