"""Capture files as libpcap defines them: addresses, ports, flags and checksums are right, data is zeros.

TCP acknowledges nothing: the hosts of the lab do not play it.
"""

from __future__ import annotations

import ipaddress
import struct
import zlib
from typing import Final, Literal

from orchestrator.lab.datapath.packet import ICMP, TCP, UDP, Packet

Link = Literal["ethernet", "juniper-ethernet"]
LINKS: Final[dict[Link, int]] = {"ethernet": 1, "juniper-ethernet": 178}
MAGIC_MICROSECONDS: Final = 0xA1B2C3D4
ICMP6: Final = 58
ETHER_TYPES: Final = {4: 0x0800, 6: 0x86DD}
NO_OPERATION: Final = 1  # the TCP option that fills
FROM_WIRE, EXTENDED = 0x01, 0x80  # flags of a Juniper frame (facts: decoders of tcpdump and Wireshark)
EXT_IFD_NAME, EXT_IFL_UNIT = 2, 5


def file_header(link: Link, snap: int) -> bytes:
    """The first 24 bytes."""
    return struct.pack("<IHHiIII", MAGIC_MICROSECONDS, 2, 4, 0, 0, snap, LINKS[link])


def record(packet: Packet, link: Link, snap: int, *, arrives: bool) -> bytes:
    """One packet as it crossed its interface. ``snap`` bounds the packet, not the device's own header before it."""
    inner = _ethernet(packet, arrives=arrives)
    mark = _mark(packet.interface, arrives=arrives) if link == "juniper-ethernet" else b""
    kept = mark + inner[:snap]
    seconds, micros = divmod(int(packet.time * 1_000_000), 1_000_000)
    return struct.pack("<IIII", seconds, micros, len(kept), len(mark) + len(inner)) + kept


def _mark(interface: str, *, arrives: bool) -> bytes:
    """The header of a Juniper frame: direction, and the interface as extensions."""
    device, _, unit = interface.partition(".")
    name = device.encode()
    extensions = struct.pack("BB", EXT_IFD_NAME, len(name)) + name
    extensions += struct.pack("<BBI", EXT_IFL_UNIT, 4, int(unit or 0))
    return b"MGC" + struct.pack(">BH", EXTENDED | (FROM_WIRE if arrives else 0), len(extensions)) + extensions


def _ethernet(packet: Packet, *, arrives: bool) -> bytes:
    ours, theirs = _mac(packet.interface), _mac(f"beyond {packet.interface}")
    addresses = ours + theirs if arrives else theirs + ours
    version = ipaddress.ip_address(packet.source).version
    return addresses + struct.pack(">H", ETHER_TYPES[version]) + _ip(packet, version)


def _mac(name: str) -> bytes:
    return b"\x02\x00" + struct.pack(">I", zlib.crc32(name.encode()))


def _ip(packet: Packet, version: int) -> bytes:
    source, destination = (ipaddress.ip_address(one).packed for one in (packet.source, packet.destination))
    body = _transport(packet, source + destination)
    if version == 6:
        return (
            struct.pack(">IHBB", 6 << 28, len(body), packet.protocol, max(packet.ttl, 0)) + source + destination + body
        )
    fragment = 0x4000 if packet.dont_fragment else 0
    fields = (0x45, 0, 20 + len(body), packet.ip_id, fragment, max(packet.ttl, 0), packet.protocol)
    head = struct.pack(">BBHHHBBH", *fields, 0) + source + destination
    return head[:10] + struct.pack(">H", _checksum(head)) + head[12:] + body


def _transport(packet: Packet, addresses: bytes) -> bytes:
    """What follows the IP header; the rest of the packet's length is zeros."""
    ports = (packet.source_port & 0xFFFF, packet.destination_port & 0xFFFF)
    size = max(0, packet.length - 20)
    if packet.protocol == TCP:
        words = min(15, max(5, (size - packet.data_bytes) // 4))
        numbers = ((packet.sequence or 0) & 0xFFFFFFFF, 0, words << 4, packet.flags, packet.window & 0xFFFF)
        options = bytes([NO_OPERATION]) * (words * 4 - 20)
        head, place = struct.pack(">HHIIBBHHH", *ports, *numbers, 0, 0) + options, 16
    elif packet.protocol == UDP:
        head, place = struct.pack(">HHHH", *ports, max(8, size), 0), 6
    elif packet.protocol in {ICMP, ICMP6}:
        head, place = struct.pack(">BBHHH", *packet.icmp, 0, *ports), 2
    else:
        return bytes(size)
    body = head + bytes(max(0, size - len(head)))
    pseudo = b"" if packet.protocol == ICMP else addresses + struct.pack(">II", len(body), packet.protocol)
    return body[:place] + struct.pack(">H", _checksum(pseudo + body) or 0xFFFF) + body[place + 2 :]


def _checksum(data: bytes) -> int:
    """The Internet checksum."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
