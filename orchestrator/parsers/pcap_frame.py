"""One captured frame: the link layers a firewall's capture can have, IP, and the ports behind it.

Sources: the tcpdump group's list of link types; for Juniper Ethernet (178) the decoders of tcpdump and Wireshark: the
three letters ``MGC``, flags (1 in, 2 no layer 2, 128 extensions), then extensions as type, length and value, numbers
below type 128 with the lowest byte first.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.model.flow import FlowKey
from orchestrator.model.pcap import Direction
from orchestrator.model.protocols import ICMP, WITH_PORTS

ETHERNET, JUNIPER_ETHERNET = 1, 178
_IP4, _IP6 = 0x0800, 0x86DD
_VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
_MOST_TAGS = 4
_MOST_HEADERS = 8  # of IPv6, before the payload
_TCP = 6
_HOP, _ROUTING, _FRAGMENT, _OPTIONS, _AUTHENTICATION = 0, 43, 44, 60, 51
_MAGIC = b"MGC"
_FROM_WIRE, _NO_LAYER_2, _EXTENDED = 0x01, 0x02, 0x80
_IFD_NAME, _IFL_UNIT = 2, 5


class NotIpError(ValueError):
    """The frame holds no IP packet that can be read."""


@dataclass(slots=True)
class Frame:
    """What one frame tells; a field keeps its first value where the bytes do not reach."""

    key: FlowKey | None = None
    interface: str = ""
    direction: Direction = Direction.UNKNOWN
    vlan: int | None = None
    ip_id: int | None = None
    ttl: int | None = None
    is_fragment: bool = False
    tcp_flags: int | None = None
    tcp_sequence: int | None = None
    icmp: tuple[int, int] | None = None


def read(link: int, data: bytes) -> Frame:
    """Take a frame apart.

    Raises:
        NotIpError: it is not IP, of a link type we do not know, or cut before its addresses.
    """
    frame = Frame()
    reader = _LINKS.get(link)
    if reader is None:
        raise NotIpError(f"link type {link} is not known here")
    try:
        reader(frame, data)
    except (struct.error, IndexError) as error:
        raise NotIpError("cut before its addresses") from error
    return frame


def _ethernet(frame: Frame, data: bytes) -> None:
    _of_type(frame, struct.unpack_from(">H", data, 12)[0], data, 14)


def _of_type(frame: Frame, kind: int, data: bytes, at: int) -> None:
    for _ in range(_MOST_TAGS):
        if kind not in _VLAN_TAGS:
            break
        tag, kind = struct.unpack_from(">HH", data, at)
        frame.vlan, at = tag & 0x0FFF, at + 4
    if kind not in {_IP4, _IP6}:
        raise NotIpError(f"ether type 0x{kind:04x}")
    _ip(frame, data[at:])


def _juniper(frame: Frame, data: bytes) -> None:
    if data[:3] != _MAGIC:
        raise NotIpError("a Juniper frame without its mark")
    flags, at = data[3], 4
    frame.direction = Direction.IN if flags & _FROM_WIRE else Direction.OUT
    if flags & _EXTENDED:
        length = struct.unpack_from(">H", data, 4)[0]
        frame.interface = _interface(data[6 : 6 + length])
        at = 6 + length
    if flags & _NO_LAYER_2:
        at += 4  # a protocol number of the device's own; the version of IP tells what follows
        _ip(frame, data[at:])
    else:
        _ethernet(frame, data[at:])


def _interface(extensions: bytes) -> str:
    name, unit, at = "", "", 0
    while at + 2 <= len(extensions):
        kind, length = extensions[at], extensions[at + 1]
        value = extensions[at + 2 : at + 2 + length]
        if kind == _IFD_NAME:
            name = value.split(b"\0")[0].decode("ascii", "replace")
        elif kind == _IFL_UNIT:
            unit = str(int.from_bytes(value, "little"))
        at += 2 + length
    return f"{name}.{unit}" if name and unit and "." not in name else name


def _null(frame: Frame, data: bytes) -> None:
    _ip(frame, data[4:])  # the family's number differs between systems; the version of IP tells


def _cooked(frame: Frame, data: bytes) -> None:
    frame.direction = Direction.OUT if struct.unpack_from(">H", data, 0)[0] == 4 else Direction.IN
    _of_type(frame, struct.unpack_from(">H", data, 14)[0], data, 16)


def _cooked_2(frame: Frame, data: bytes) -> None:
    frame.direction = Direction.OUT if data[10] == 4 else Direction.IN
    _of_type(frame, struct.unpack_from(">H", data, 0)[0], data, 20)


def _ip(frame: Frame, data: bytes) -> None:
    version = data[0] >> 4
    if version == 4:
        _ip4(frame, data)
    elif version == 6:
        _ip6(frame, data)
    else:
        raise NotIpError(f"IP version {version}")


def _ip4(frame: Frame, data: bytes) -> None:
    header = (data[0] & 0x0F) * 4
    if header < 20:
        raise NotIpError("an IPv4 header shorter than it can be")
    frame.ip_id, fragment, frame.ttl, protocol = struct.unpack_from(">HHBB", data, 4)
    source, destination = (str(ipaddress.IPv4Address(struct.unpack_from(">I", data, at)[0])) for at in (12, 16))
    offset = fragment & 0x1FFF
    frame.is_fragment = bool(offset or fragment & 0x2000)
    _transport(frame, source, destination, protocol, b"" if offset else data[header:])


def _ip6(frame: Frame, data: bytes) -> None:
    protocol, frame.ttl = data[6], data[7]
    source, destination = (str(ipaddress.IPv6Address(struct.unpack_from(">16s", data, at)[0])) for at in (8, 24))
    rest, first = data[40:], True
    for _ in range(_MOST_HEADERS):
        if protocol in {_HOP, _ROUTING, _OPTIONS} and len(rest) >= 2:
            protocol, rest = rest[0], rest[8 + rest[1] * 8 :]
        elif protocol == _AUTHENTICATION and len(rest) >= 2:
            protocol, rest = rest[0], rest[8 + rest[1] * 4 :]
        elif protocol == _FRAGMENT and len(rest) >= 8:
            offset = struct.unpack_from(">H", rest, 2)[0]
            frame.is_fragment, first = True, offset >> 3 == 0
            protocol, rest = rest[0], rest[8:]
        else:
            break
    _transport(frame, source, destination, protocol, rest if first else b"")


def _transport(frame: Frame, source: str, destination: str, protocol: int, data: bytes) -> None:
    ports: tuple[int | None, int | None] = (None, None)
    if protocol in WITH_PORTS and len(data) >= 4:
        ports = struct.unpack_from(">HH", data)
    frame.key = FlowKey(source, ports[0], destination, ports[1], protocol)
    if protocol == _TCP and len(data) >= 14:
        frame.tcp_sequence = struct.unpack_from(">I", data, 4)[0]
        frame.tcp_flags = data[13]
    elif protocol in ICMP and len(data) >= 2:
        frame.icmp = (data[0], data[1])


_LINKS: dict[int, Callable[[Frame, bytes], None]] = {
    0: _null,
    ETHERNET: _ethernet,
    12: _ip,
    101: _ip,
    108: _null,
    113: _cooked,
    JUNIPER_ETHERNET: _juniper,
    228: _ip,
    229: _ip,
    276: _cooked_2,
}
