"""IP addresses: public ones alone may link, in one spelling each; subnets are a weaker signal of their own."""

from __future__ import annotations

import ipaddress
import socket

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loaders.identifiers.parsed import TEXT, Parsed, is_opaque, keep_all, matches, overlay, refuse, refuse_where

OCTET = "(0|[1-9][0-9]{0,2})"
IPV4 = rf"^{OCTET}\.{OCTET}\.{OCTET}\.{OCTET}$"
OCTETS = r"^(?P<a>[0-9]+)\.(?P<b>[0-9]+)\.(?P<c>[0-9]+)\.(?P<d>[0-9]+)$"
NOT_PUBLIC = "private or reserved address"
MALFORMED = "not an IP address"
# IANA special-purpose registry, without the few addresses in it that are globally reachable
RESERVED = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4"),
)
# 2001::/16 up to 3ffe::/16, but for what of it is kept for other ends
GIVEN_OUT = (b"\x20\x01", b"\x3f\xff")
SPECIAL = (b"\x20\x01\x00", b"\x20\x01\x01", b"\x20\x01\x0d\xb8", b"\x20\x02")


def parse_ips(values: pa.LargeStringArray) -> Parsed:
    """Bring IPv4 and IPv6 addresses to their one spelling; private and reserved ones are refused.

    A port, brackets and a zone are cut off; IPv4 inside IPv6 becomes IPv4.

    Parameters
    ----------
    values : pyarrow.LargeStringArray
        Trimmed, without nulls.
    """
    short = pc.replace_substring_regex(values, r"^([0-9.]+):[0-9]+$", r"\1")
    short = pc.replace_substring_regex(short, r"^(?i:::ffff:)([0-9]+\.[0-9.]+)$", r"\1")
    is_v4 = matches(short, IPV4)
    parsed = overlay(keep_all(values), is_v4, _parse_v4(pc.filter(short, is_v4)))
    rest = pc.invert(pc.or_(is_v4, is_opaque(values)))
    return overlay(parsed, rest, _parse_v6(pc.filter(short, rest)))


def _parse_v4(values: pa.Array) -> Parsed:
    numbers, whole = _numbers(values)
    reserved = np.zeros(len(numbers), dtype=bool)
    for text in RESERVED:
        network = ipaddress.ip_network(text)
        reserved |= (numbers & int(network.netmask)) == int(network.network_address)
    return refuse_where(refuse(values, pa.array(~whole), MALFORMED), pa.array(reserved), NOT_PUBLIC)


def _numbers(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Addresses as 32-bit numbers, and whether every octet is at most 255."""
    parts = pc.extract_regex(values, pattern=OCTETS)
    octets = [pc.struct_field(parts, name).cast(pa.int64()).to_numpy(zero_copy_only=False) for name in "abcd"]
    whole = np.logical_and.reduce([octet <= 255 for octet in octets])
    number = (octets[0] << 24) + (octets[1] << 16) + (octets[2] << 8) + octets[3]
    return number.astype(np.int64), whole


def _parse_v6(values: pa.Array) -> Parsed:
    names: list[str | None] = []
    reasons: list[str | None] = []
    for value in values.to_pylist():
        name, reason = _unicast(value), None
        if name is None:
            name, reason = _one_v6(value)
        names.append(name)
        reasons.append(reason)
    return Parsed(pa.array(names, TEXT), pa.array(reasons, TEXT))


def _unicast(value: str) -> str | None:
    """Spell an address of the blocks that providers give out; None if it is no such one, or was written with more.

    The C library does it some fifty times as fast as `ipaddress`, which decides on all others.
    """
    try:
        packed = socket.inet_pton(socket.AF_INET6, value)
    except (OSError, ValueError):
        return None
    given_out = GIVEN_OUT[0] <= packed[:2] < GIVEN_OUT[1] and not packed.startswith(SPECIAL)
    return socket.inet_ntop(socket.AF_INET6, packed) if given_out else None


def _one_v6(value: str) -> tuple[str | None, str | None]:
    text = value
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    text = text.partition("%")[0]
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(text)
    except ValueError:
        return None, MALFORMED
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast:
        return None, NOT_PUBLIC
    return address.compressed, None


def subnets_of(names: pa.LargeStringArray) -> pa.LargeStringArray:
    """The /24 of IPv4 and the /64 of IPv6 addresses in their one spelling; null for anything else."""
    is_v4 = pc.fill_null(matches(names, IPV4), False)
    subnets = pc.replace_substring_regex(names, r"\.[0-9]+$", ".0/24")
    subnets = pc.if_else(is_v4, subnets, pa.scalar(None, TEXT))
    is_v6 = pc.fill_null(matches(names, r"^[0-9a-f:]*:[0-9a-f:.]*$"), False)
    packed = [socket.inet_pton(socket.AF_INET6, text) for text in names.filter(is_v6).to_pylist()]
    networks = [f"{socket.inet_ntop(socket.AF_INET6, address[:8] + bytes(8))}/64" for address in packed]
    return pc.replace_with_mask(subnets, is_v6, pa.array(networks, TEXT))
