"""Databases in MaxMind's format: fields by their paths, typed as they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from tailpipe_resources.model.lookup import LookupBlock
from tailpipe_resources.model.place import Place, Problems
from tailpipe_resources.rosters import RosterError, load_rosters
from tests.services.mmdb import mmdb

if TYPE_CHECKING:
    from pathlib import Path

    from tailpipe_resources.rosters import Roster

RECORDS = {
    "192.0.2.0/24": {
        "country": {"iso_code": "DE", "names": {"en": "Germany"}, "is_in_european_union": True},
        "location": {"latitude": 52.5, "accuracy_radius": 20},
        "subdivisions": [{"iso_code": "BE"}],
    },
    "192.0.2.128/25": {"country": {"iso_code": "FR"}},
    "2001:db8::/32": {"country": {"iso_code": "NZ"}, "long": "x" * 100},
}


@pytest.fixture
def geo(tmp_path: Path) -> Roster:
    """A database of three networks."""
    (tmp_path / "x.mmdb").write_bytes(mmdb(RECORDS))
    return loaded(tmp_path / "x.mmdb")["geo"]


def loaded(path: Path, problems: Problems | None = None) -> dict[str, Roster]:
    """What a lookup of one database loads."""
    block = LookupBlock("geo", Place("a.hcl", 1), str(path))
    return load_rosters([block], Problems() if problems is None else problems)


def found(geo: Roster, name: str, *addresses: str | None) -> list[object]:
    """One field of what is known about addresses."""
    structs = geo.finder([name])(pa.array(addresses, pa.string())).to_pylist()
    return [None if each is None else each["0"] for each in structs]


def test_fields_have_the_types_they_have_there(geo: Roster) -> None:
    """Text, numbers and truth are told apart by what records hold."""
    names = ["country.iso_code", "country.names.en", "location.latitude", "location.accuracy_radius"]

    types = [geo.type_of(each) for each in [*names, "country.is_in_european_union", "subdivisions.0.iso_code"]]

    assert types == ["VARCHAR", "VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "VARCHAR"]


def test_addresses_of_both_kinds_are_found(geo: Roster) -> None:
    """The narrowest network wins; unknown addresses, names of hosts and NULL find nothing."""
    addresses = ["192.0.2.1", "192.0.2.200", "2001:db8::1", "198.51.100.1", "host", None, "192.0.2.1"]

    assert found(geo, "country.iso_code", *addresses) == ["DE", "FR", "NZ", None, None, None, "DE"]
    assert found(geo, "subdivisions.0.iso_code", *addresses[:3]) == ["BE", None, None]
    assert found(geo, "long", "2001:db8::1") == ["x" * 100]


def test_a_field_that_is_not_there_is_said_with_those_that_are(geo: Roster) -> None:
    """A wrong path names the nearest one, and an object the fields it has."""
    with pytest.raises(RosterError, match=r'no field "country.isocode"; did you mean "country.iso_code"'):
        geo.type_of("country.isocode")
    with pytest.raises(RosterError, match=r"it has country.is_in_european_union, country.iso_code, country.names.en"):
        geo.type_of("country")


def test_values_of_several_types_have_one_that_takes_all(tmp_path: Path) -> None:
    """Whole numbers and fractions are fractions, and everything else together is text."""
    records = {"192.0.2.0/25": {"score": 1, "tag": 7, "more": 2.5}, "192.0.2.128/25": {"score": 0.5, "tag": "a"}}
    (tmp_path / "x.mmdb").write_bytes(mmdb({**records, "198.51.100.0/24": {"score": 2, "tag": True, "more": 3}}))
    geo = loaded(tmp_path / "x.mmdb")["geo"]
    addresses = ["192.0.2.1", "192.0.2.200", "198.51.100.1"]

    assert (geo.type_of("score"), found(geo, "score", *addresses)) == ("DOUBLE", [1.0, 0.5, 2.0])
    assert (geo.type_of("tag"), found(geo, "tag", *addresses)) == ("VARCHAR", ["7", "a", "True"])
    assert (geo.type_of("more"), found(geo, "more", *addresses)) == ("DOUBLE", [2.5, None, 3.0])


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    """Where its header is sound and a record is not."""
    whole = mmdb({"192.0.2.0/24": {"broken": "abcd"}})
    (tmp_path / "x.mmdb").write_bytes(whole.replace(b"\x46broken\x44abcd", b"\x46broken\xff\xff\xff\xff\xff"))

    with pytest.raises(RosterError, match=r'lookup "geo": the database is damaged: .'):
        loaded(tmp_path / "x.mmdb")["geo"].type_of("broken")


def test_a_database_may_have_one_record_for_all_of_ipv4(tmp_path: Path) -> None:
    """Its tree cannot be walked through network by network."""
    (tmp_path / "x.mmdb").write_bytes(mmdb({"::/64": {"kind": "reserved"}}))
    geo = loaded(tmp_path / "x.mmdb")["geo"]

    assert geo.type_of("kind") == "VARCHAR"
    assert found(geo, "kind", "192.0.2.1", "::5", "2001:db8::1") == ["reserved", "reserved", None]


def test_a_database_may_be_written_over_while_it_is_used(tmp_path: Path) -> None:
    """As by a copy of a newer one; what was read stays as it was."""
    path = tmp_path / "x.mmdb"
    path.write_bytes(mmdb(RECORDS))
    geo = loaded(path)["geo"]

    path.write_bytes(b"")

    assert found(geo, "country.iso_code", "192.0.2.1", "2001:db8::1") == ["DE", "NZ"]


@pytest.mark.parametrize("content", [b"no database", b""])
def test_what_is_no_database_is_said(tmp_path: Path, content: bytes) -> None:
    """A file of something else is a problem where it is named."""
    (tmp_path / "x.mmdb").write_bytes(content)
    problems = Problems()

    assert loaded(tmp_path / "x.mmdb", problems) == {}
    (problem,) = problems
    assert str(problem) == f'a.hcl:1: lookup "geo": {tmp_path}/x.mmdb is no database in MaxMind\'s format'
