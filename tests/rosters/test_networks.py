"""Networks: of many, nested or not, the narrowest that holds an address is found."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailpipe_resources.rosters.networks import NetworkError, Networks, number_of, span_of

ADDRESSES = st.integers(0, 255).map(lambda last: f"192.0.2.{last}")
NETWORKS = st.sampled_from(
    [str(each) for length in range(22, 33) for each in ipaddress.ip_network("192.0.0.0/22").subnets(new_prefix=length)]
    + ["0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::/126"]
)


@given(st.lists(NETWORKS, max_size=30, unique=True), st.one_of(ADDRESSES, st.sampled_from(["2001:db8::3", "::1"])))
def test_the_narrowest_network_is_found(networks: list[str], address: str) -> None:
    """Whatever networks there are, the answer is the one that Python's own library gives by looking at each."""
    parsed = ipaddress.ip_address(address)
    holding = [each for each in map(ipaddress.ip_network, networks) if parsed in each]
    expected = max(holding, key=lambda each: each.prefixlen, default=None)

    found = Networks((span_of(each), number) for number, each in enumerate(networks)).find(address)

    assert (None if found is None else ipaddress.ip_network(networks[found])) == expected


def test_an_ipv4_address_may_be_written_as_one_of_ipv6() -> None:
    """`::ffff:192.0.2.1` is 192.0.2.1, as an address and as a network."""
    assert number_of("::ffff:192.0.2.1") == number_of("192.0.2.1")
    assert span_of("::ffff:192.0.2.0/120") == span_of("192.0.2.0/24")


@pytest.mark.parametrize(
    "text", ["", "host", "192.0.2", "192.0.2.1:443", "fe80::1%eth0", "192.0.2.1\0", "\u0661.0.2.1"]
)
def test_text_that_is_no_address_is_in_no_network(text: str) -> None:
    """Names of hosts and other text are looked up in vain, and raise nothing."""
    assert Networks([(span_of("0.0.0.0/0"), 0), (span_of("::/0"), 1)]).find(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("example.com", "is no network"),
        ("192.0.2.0/33", "no length from 0 to 32"),
        ("192.0.2.0/", "no length"),
        ("192.0.2.0/²", "no length"),
        ("2001:db8::/129", "no length from 0 to 128"),
        ("192.0.2.1/24", "its last 8 bits have to be 0"),
        ("::ffff:0.0.0.0/90", "wider than all addresses of IPv4"),
    ],
)
def test_what_is_no_network_is_said(text: str, message: str) -> None:
    """A mistake in a network is told, rather than taken for another network."""
    with pytest.raises(NetworkError, match=message):
        span_of(text)
