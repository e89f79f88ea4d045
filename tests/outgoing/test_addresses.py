"""Which addresses may be called, however they are written."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.outgoing.addresses import complaint_about, host_of, is_allowed, is_public, literal

PUBLIC = [
    "https://hooks.example/shop?a=b",
    "https://hooks.example:8443/",
    "https://1.1.1.1/",
    "https://[2606:4700::1]/x",
]
HOSTILE = {
    "no TLS": "http://hooks.example/",
    "another protocol": "ftp://hooks.example/",
    "a file": "file:///etc/passwd",
    "no host": "https:///path",
    "port 0": "https://hooks.example:0/",
    "a port too high": "https://hooks.example:65536/",
    "not an address": "https://[::1/",
    "a user": "https://hooks.example@127.0.0.1/",
    "a password": "https://a:b@hooks.example/",
    "loopback": "https://127.0.0.1/",
    "loopback with a final dot": "https://127.0.0.1./",
    "all of loopback": "https://127.9.8.7/",
    "loopback, short": "https://127.1/",
    "loopback, decimal": "https://2130706433/",
    "loopback, hex": "https://0x7f000001/",
    "loopback, hex parts": "https://0x7f.0.0.0x1/",
    "loopback, octal": "https://0177.0.0.01/",
    "loopback, wide digits": "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "loopback, ideographic dots": "https://127\u30020\u30020\u30021/",
    "loopback by name": "https://localhost/",
    "loopback below a name": "https://app.LocalHost./",
    "nothing": "https://0.0.0.0/",
    "nothing, short": "https://0/",
    "private 10": "https://10.1.2.3/",
    "private 172": "https://172.31.255.255/",
    "private 192": "https://192.168.1.1/",
    "shared": "https://100.64.0.1/",
    "metadata": "https://169.254.169.254/latest/meta-data/",
    "metadata, decimal": "https://2852039166/",
    "benchmarking": "https://198.18.0.1/",
    "documentation": "https://203.0.113.7/",
    "multicast": "https://224.0.0.1/",
    "broadcast": "https://255.255.255.255/",
    "reserved": "https://240.0.0.1/",
    "loopback 6": "https://[::1]/",
    "nothing 6": "https://[::]/",
    "mapped": "https://[::ffff:127.0.0.1]/",
    "mapped, hex": "https://[::ffff:7f00:1]/",
    "mapped, and public": "https://[::ffff:1.1.1.1]/",
    "compatible": "https://[::127.0.0.1]/",
    "translated": "https://[64:ff9b::7f00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "Teredo": "https://[2001::1]/",
    "unique local": "https://[fd00:ec2::254]/",
    "link-local": "https://[fe80::1]/",
    "link-local with a zone": "https://[fe80::1%25eth0]/",
    "multicast 6": "https://[ff02::1]/",
    "documentation 6": "https://[2001:db8::1]/",
}


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_over_tls_may_be_called(url: str) -> None:
    assert None is complaint_about(url)


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE)
def test_any_other_may_not(url: str) -> None:
    assert None is not complaint_about(url)


def test_the_complaint_says_what_would_be_right() -> None:
    wanted = "must begin with https, unless the operator allows the host 'hooks.example'"

    assert wanted == complaint_about("http://hooks.example/")
    assert "may not hold a user name or password" == complaint_about("https://a:secret@hooks.example/")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1"),
        ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
        ("http://crm.local/", "CRM.local."),
        ("http://crm.local/", "crm.local:80"),
        ("https://crm.local/", "crm.local:443"),
        ("https://[::1]:9000/", "[::1]:9000"),
        ("https://[::1]/", "::1"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
    ],
)
def test_a_host_that_the_operator_allowed_may_be_called(url: str, allowed: str) -> None:
    assert is_allowed(url, [allowed])
    assert None is complaint_about(url, [allowed])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:9000/", "127.0.0.1:9001"),
        ("http://127.0.0.2/", "127.0.0.1"),
        ("http://evil-crm.local/", "crm.local"),
        ("http://crm.local.evil.example/", "crm.local"),
        ("http://crm.local@evil.example/", "crm.local"),
        ("https://[::1]/", "::2"),
    ],
)
def test_another_host_is_not_allowed_with_it(url: str, allowed: str) -> None:
    assert not is_allowed(url, [allowed])


def test_a_user_name_is_refused_even_for_an_allowed_host() -> None:
    assert None is not complaint_about("http://a@crm.local/", ["crm.local"])


CLOSED_4 = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
]
inner = st.sampled_from(CLOSED_4).flatmap(lambda network: st.ip_addresses(v=4, network=network))


@given(address=inner)
def test_an_inner_address_is_refused_in_every_spelling(address: IPv4Address) -> None:
    number, parts = int(address), str(address).split(".")
    spellings = [
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(int(part)) for part in parts),
        ".".join(f"0{int(part):o}" for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"[::ffff:{address}]",
        f"[64:ff9b::{address}]",
        f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
    ]

    assert [] == [spelling for spelling in spellings if complaint_about(f"https://{spelling}/") is None]


@given(address=st.ip_addresses(v=6))
def test_only_global_unicast_is_open_of_ipv6(address: IPv6Address) -> None:
    assert not is_public(address) or 0x2000 <= int(address) >> 112 < 0x4000


@given(address=st.ip_addresses(v=4))
def test_what_the_system_reads_as_an_address_is_judged_as_that(address: IPv4Address) -> None:
    """In the system's own words, as getaddrinfo has it."""
    (found,) = socket.getaddrinfo(str(int(address)), 443, socket.AF_INET, socket.SOCK_STREAM)

    assert ip_address(found[-1][0]) == literal(str(int(address)))


def test_a_name_is_no_address() -> None:
    assert None is literal("hooks.example")
    assert None is literal("")


def test_an_allowed_host_has_one_form() -> None:
    forms = ["crm.local", "CRM.LOCAL", "crm.local.", " crm.local "]

    assert {"crm.local"} == set(map(host_of, forms))
    assert "::1" == host_of("[::1]")
    assert "::1:9000" == host_of("[::1]:9000")
