"""Capture files made by hand, byte by byte, so that they share nothing with what reads them."""

from __future__ import annotations

import ipaddress
import struct

SECTION, INTERFACE, SIMPLE, PACKET = 0x0A0D0D0A, 1, 3, 6
SYN, ACK = 0x02, 0x10


def tcp(
    source: str, sport: int, destination: str, dport: int, flags: int = SYN, ttl: int = 64, ident: int = 7
) -> bytes:
    """An IP packet with a bare TCP header."""
    segment = struct.pack(">HHIIBBHHH", sport, dport, 1000, 0, 5 << 4, flags, 1024, 0, 0)
    return ip(source, destination, 6, segment, ttl=ttl, ident=ident)


def ip(
    source: str, destination: str, protocol: int, body: bytes, ttl: int = 64, ident: int = 7, more: int = 0
) -> bytes:
    """An IP packet; ``more`` are the fragment bits and offset of IPv4."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    if ":" in source:
        return struct.pack(">IHBB", 6 << 28, len(body), protocol, ttl) + ends + body
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), ident, more, ttl, protocol, 0) + ends + body


def ethernet(packet: bytes, *tags: int) -> bytes:
    """A frame, with VLAN tags."""
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    vlans = b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags)
    return bytes(6) + bytes(6) + vlans + struct.pack(">H", kind) + packet


def juniper(frame: bytes, name: str, unit: int, *, arrives: bool, no_l2: bool = False) -> bytes:
    """A frame as Junos' own captures wrap it."""
    extensions = bytes([2, len(name)]) + name.encode() + struct.pack("<BBI", 5, 4, unit)
    flags = 0x80 | (1 if arrives else 0) | (2 if no_l2 else 0)
    return b"MGC" + bytes([flags]) + struct.pack(">H", len(extensions)) + extensions + frame


def classic(*frames: bytes, order: str = "<", nano: bool = False, link: int = 1, seconds: int = 1_790_000_000) -> bytes:
    """A pcap file; packets are half a second apart."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    ticks = 10**9 if nano else 10**6
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for number, frame in enumerate(frames):
        stamp = seconds * ticks + number * ticks // 2
        data += struct.pack(f"{order}IIII", *divmod(stamp, ticks), len(frame), len(frame)) + frame
    return data


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(SECTION, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(name: str, link: int = 1, resolution: int | None = None, order: str = "<") -> bytes:
    options = _option(2, name.encode(), order)
    if resolution is not None:
        options += _option(9, bytes([resolution]), order)
    return block(INTERFACE, struct.pack(f"{order}HHI", link, 0, 65535) + options + bytes(4), order)


def _option(code: int, value: bytes, order: str) -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def packet(frame: bytes, ticks: int, number: int = 0, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame) + 100)
    return block(PACKET, head + frame, order)
