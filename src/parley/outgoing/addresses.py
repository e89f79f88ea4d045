"""Which addresses may be called: public ones over TLS, and those hosts that the operator allowed.

A name proves nothing, for it may mean another address a moment later: `is_public` is asked about the very address that
a socket is made for. What stands in the URL itself is judged early, to say so in a clear sentence.
"""

import socket
from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from parley.core import texts
from parley.core.errors import Problems
from parley.core.texts import shown

HOSTS_LIMIT = 20  # allowed hosts of an endpoint or a bot
JUDGED = 2_000  # URLs whose judgement is remembered

# Everything in the registries of special-purpose addresses (IANA; RFC 6890 and its updates) that is not for the public
# internet, or that leads to another address: private use, loopback, link-local (the metadata services of clouds among
# them), shared, documentation, benchmarking, multicast, reserved.
_CLOSED_4 = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
# Of IPv6 only global unicast is open at all, so that mapped (::ffff:0:0/96), translated (64:ff9b::/96), unique local
# (fc00::/7) and link-local (fe80::/10) forms are closed; and of that not what is no address of a host, or tunnels to
# an IPv4 address: Teredo (in 2001::/23), 6to4, documentation.
_OPEN_6 = ip_network("2000::/3")
_CLOSED_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


def read_target(given: str | None, path: str, problems: Problems, *, allowed_hosts: Collection[str] = ()) -> str:
    """An address that may be called; whatever is wrong with it is noted."""
    url = texts.read_url(given, path, problems)
    if url is None:
        problems.add(path, "must not be blank")
    elif texts.is_url(url) and (complaint := complaint_about(url, allowed_hosts)):
        problems.add(path, complaint)
    return url or ""


def read_hosts(given: Collection[str], path: str, problems: Problems) -> tuple[str, ...]:
    """The hosts that an operator allows; whatever is wrong with them is noted."""
    hosts = tuple(host.strip() for host in given)
    if len(hosts) > HOSTS_LIMIT or not all(hosts):
        problems.add(path, f"1 to {HOSTS_LIMIT} hosts, none of them blank")
    return hosts


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anyone's host can have this address, and nobody's inner network."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def complaint_about(url: str, allowed_hosts: Collection[str] = ()) -> str | None:
    """What is wrong with calling a URL, as the end of a sentence; None when it may be tried."""
    return _complaint_about(url, tuple(allowed_hosts))


def is_allowed(url: str, allowed_hosts: Collection[str]) -> bool:
    """Whether the operator allowed the URL's host, with any port or with this one."""
    return _is_allowed(url, tuple(allowed_hosts))


def host_of(text: str) -> str:
    """An allowed host in its compared form: lower case, no final dot, a name in its ASCII form."""
    host, colon, port = text.strip().lower().rpartition(":")
    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        host, colon, port = text.strip().lower(), "", ""
    return f"{_ascii(host.strip('[]'))}{colon}{port}"


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, in any form that systems read as one: 127.1, 2130706433 and 0x7f.0.0.1 too."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host)) if host[-1:].isalnum() and host.isascii() else None
    except OSError:
        return None


@lru_cache(JUDGED)
def _complaint_about(url: str, allowed_hosts: tuple[str, ...]) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"must be an address that can be called, but {shown(url)} was given"
    host = _ascii(parts.hostname or "")
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return f"must be an absolute http or https address with a host, but {shown(url)} was given"
    if parts.username is not None or parts.password is not None:
        return "may not hold a user name or password"
    if _is_allowed(url, allowed_hosts):
        return None
    if parts.scheme != "https":
        return f"must begin with https, unless the operator allows the host {shown(host)}"
    address = literal(host)
    if (address is not None and not is_public(address)) or host == "localhost" or host.endswith(".localhost"):
        return f"may not lead to an inner address, unless the operator allows the host {shown(host)}"
    return None


@lru_cache(JUDGED)
def _is_allowed(url: str, allowed_hosts: tuple[str, ...]) -> bool:
    parts = urlsplit(url)
    host = _ascii(parts.hostname or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    allowed = {host_of(allowed) for allowed in allowed_hosts}
    return host in allowed or f"{host}:{port}" in allowed


def _ascii(host: str) -> str:
    """A host name as it is looked up: full-width digits and dots are the plain ones, other letters are encoded."""
    host = host.lower().rstrip(".")
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host
