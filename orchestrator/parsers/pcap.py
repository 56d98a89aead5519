"""Capture files: pcap and pcapng, plain or gzip, read as a stream.

The bytes come from outside: every length is checked before it is believed, a packet is at most 256 KiB as in libpcap,
and a file that is cut or damaged gives what comes before and says so in ``Source.damage``. A reader of our own: the
libraries that fit are unmaintained (dpkt, python-pcapng) or heavier than this program (scapy).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from orchestrator.errors import ParseError
from orchestrator.model.flow_trace import Line
from orchestrator.model.pcap import CapturedPacket
from orchestrator.model.place import Place
from orchestrator.parsers import pcap_frame
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source

KIND = "a packet capture"
LARGEST_PACKET = 256 * 1024
LARGEST_BLOCK = 1 << 20  # of those whose content matters
MOST_INTERFACES = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Magic numbers as they lie in the file: byte order, and parts of a second.
_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
}
_SECTION = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_IF_NAME, _IF_TSRESOL, _IF_TSOFFSET = 2, 9, 14
_CUT = "the capture is cut in the middle of a packet: its end is missing"


class _CutError(Exception):
    """The bytes end before what was begun."""


class _DamagedError(Exception):
    """What the bytes say cannot be."""


def is_capture(source: Source) -> bool:
    """Whether it begins as a capture file does."""
    first = next(iter(source.blocks()), b"")[:4]
    return first in _MAGICS or first == _SECTION


def parse(source: Source) -> Reading[CapturedPacket]:
    """Read the packets in the order of the file. What is no IP packet is counted as not recognised.

    Raises:
        ParseError: at the first packet, when it is no capture file.
    """
    tally = Tally()
    return Reading(KIND, source.name, tally, _packets(source, tally))


@dataclass(slots=True)
class _Interface:
    """One interface of a pcapng section: link type, name, ticks a second and where its clock begins."""

    link: int
    name: str = ""
    ticks: int = 10**6
    offset: int = 0


@dataclass(slots=True)
class _Record:
    """One packet as the container holds it."""

    interface: _Interface
    ticks: int | None
    length: int
    data: bytes
    start: int
    end: int


class _Bytes:
    """The bytes of a source, taken in order and counted."""

    def __init__(self, source: Source) -> None:
        self._blocks = source.blocks()
        self._held = b""
        self._at = 0
        self.taken = 0

    def take(self, count: int) -> bytes:
        """The next bytes; nothing at all at the very end.

        Raises:
            _CutError: some are there, and not enough.
        """
        parts, missing = [], count
        while missing:
            if self._at >= len(self._held):
                self._held, self._at = next(self._blocks, b""), 0
                if not self._held:
                    break
            part = self._held[self._at : self._at + missing]
            self._at += len(part)
            missing -= len(part)
            parts.append(part)
        self.taken += count - missing
        if missing and missing != count:
            raise _CutError
        return b"".join(parts)

    def need(self, count: int) -> bytes:
        """The next bytes, all of them."""
        data = self.take(count)
        if len(data) < count:
            raise _CutError
        return data

    def skip(self, count: int) -> None:
        """Pass over bytes without keeping them."""
        while count:
            count -= len(self.need(min(count, LARGEST_BLOCK)))


def _packets(source: Source, tally: Tally) -> Iterator[CapturedPacket]:
    stream = _Bytes(source)
    try:
        magic = stream.take(4)
    except _CutError:
        magic = b"?"
    if magic not in _MAGICS and magic != _SECTION:
        if any(True for _ in source.lines()):
            raise ParseError(f"nothing here is {KIND}", path=source.name, line=1,
                             hint=f"it begins with: {_said(source)!r}")  # fmt: skip
        return
    tally.recognised += 1
    number = 0
    try:
        for record in _sections(stream) if magic == _SECTION else _classic(stream, *_MAGICS[magic]):
            number += 1
            tally.lines += 1
            yield _packet(record, number, source.name, tally)
    except _CutError:
        source.damage = source.damage or _CUT
    except _DamagedError as error:
        source.damage = source.damage or f"the capture is damaged behind packet {number}: {error}"


def _said(source: Source) -> str:
    """What stands there instead: often a device's answer in place of a file."""
    return " ".join(source.head().split())[:80]


def _packet(record: _Record, number: int, name: str, tally: Tally) -> CapturedPacket:
    time = _time(record)
    place = Place(name, record.start, record.end)
    try:
        frame = pcap_frame.read(record.interface.link, record.data)
    except pcap_frame.NotIpError as error:
        tally.unknown(Line(name, number, f"packet {number}: {error}"))
        frame = pcap_frame.Frame()
    else:
        tally.recognised += 1
    return CapturedPacket(
        number=number, time=time, length=record.length, captured=len(record.data), key=frame.key,
        interface=frame.interface or record.interface.name, direction=frame.direction, vlan=frame.vlan,
        ip_id=frame.ip_id, ttl=frame.ttl, is_fragment=frame.is_fragment, tcp_flags=frame.tcp_flags,
        tcp_sequence=frame.tcp_sequence, icmp=frame.icmp, place=place,
    )  # fmt: skip


def _time(record: _Record) -> datetime | None:
    if record.ticks is None:
        return None
    seconds, rest = divmod(record.ticks, record.interface.ticks)
    try:
        return _EPOCH + timedelta(
            seconds=seconds + record.interface.offset, microseconds=rest * 10**6 // record.interface.ticks
        )
    except OverflowError:
        return None


def _classic(stream: _Bytes, order: str, ticks: int) -> Iterator[_Record]:
    major, _minor, _zone, _digits, _snap, link = struct.unpack(f"{order}HHiIII", stream.need(20))
    if major != 2:
        raise _DamagedError(f"version {major} of the format")
    interface = _Interface(link & 0x0FFFFFFF, ticks=ticks)
    while True:
        start = stream.taken
        head = stream.take(16)
        if not head:
            return
        seconds, part, captured, length = struct.unpack(f"{order}IIII", head)
        if captured > LARGEST_PACKET or part >= ticks:
            raise _DamagedError(f"a packet of {captured} bytes")
        data = stream.need(captured)
        yield _Record(interface, seconds * ticks + part, length, data, start, stream.taken)


@dataclass(slots=True)
class _Section:
    """What the blocks of one pcapng section share."""

    order: str
    interfaces: list[_Interface] = field(default_factory=list)

    def interface(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise _DamagedError(f"interface {number}, which the file does not describe")
        return self.interfaces[number]


def _sections(stream: _Bytes) -> Iterator[_Record]:
    """Blocks of pcapng; the first four bytes, a section's mark, are read already."""
    kind_bytes = _SECTION
    section = _Section("<")
    while kind_bytes:
        start = stream.taken - 4
        if kind_bytes == _SECTION:
            section = _new_section(stream)
        else:
            kind = struct.unpack(f"{section.order}I", kind_bytes)[0]
            body = _body(stream, section, kind)
            if kind == _INTERFACE and body is not None:
                _describe(section, body)
            elif body is not None and (record := _record(section, kind, body)) is not None:
                record.start, record.end = start, stream.taken
                yield record
        kind_bytes = stream.take(4)


def _new_section(stream: _Bytes) -> _Section:
    length_bytes, magic = stream.need(4), stream.need(4)
    order = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}.get(magic)
    if order is None:
        raise _DamagedError("a section without byte order")
    length = struct.unpack(f"{order}I", length_bytes)[0]
    if length < 28 or length % 4 or length > LARGEST_BLOCK:
        raise _DamagedError(f"a section header of {length} bytes")
    stream.skip(length - 12)
    return _Section(order)


def _body(stream: _Bytes, section: _Section, kind: int) -> bytes | None:
    """What lies inside a block; ``None`` for one that has no meaning here, however long it is."""
    length = struct.unpack(f"{section.order}I", stream.need(4))[0]
    if length < 12 or length % 4:
        raise _DamagedError(f"a block of {length} bytes")
    if kind not in {_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET}:
        stream.skip(length - 8)
        return None
    if length > LARGEST_BLOCK:
        raise _DamagedError(f"a block of {length} bytes")
    body = stream.need(length - 12)
    if struct.unpack(f"{section.order}I", stream.need(4))[0] != length:
        raise _DamagedError("a block whose two lengths differ")
    return body


def _describe(section: _Section, body: bytes) -> None:
    if len(body) < 8 or len(section.interfaces) >= MOST_INTERFACES:
        raise _DamagedError("a description of an interface that cannot be")
    interface = _Interface(struct.unpack_from(f"{section.order}H", body)[0])
    for code, value in _options(section.order, body[8:]):
        if code == _IF_NAME:
            interface.name = value.decode("utf-8", "replace")
        elif code == _IF_TSRESOL and value:
            power = value[0] & 0x7F
            if power > 63:
                raise _DamagedError("a clock finer than any")
            interface.ticks = 2**power if value[0] & 0x80 else 10 ** min(power, 20)
        elif code == _IF_TSOFFSET and len(value) == 8:
            interface.offset = struct.unpack(f"{section.order}q", value)[0]
    section.interfaces.append(interface)


def _options(order: str, data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(f"{order}HH", data, at)
        if code == 0:
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def _record(section: _Section, kind: int, body: bytes) -> _Record | None:
    order = section.order
    if kind == _SIMPLE_PACKET:
        if len(body) < 4:
            raise _DamagedError("a packet without a length")
        length = struct.unpack_from(f"{order}I", body)[0]
        return _Record(section.interface(0), None, length, body[4 : 4 + length], 0, 0)
    if kind == _INTERFACE or len(body) < 20:
        raise _DamagedError("a packet shorter than its header")
    form = f"{order}HHIIII" if kind == _OLD_PACKET else f"{order}IIIII"
    number, *_, high, low, captured, length = struct.unpack_from(form, body)
    if captured > min(LARGEST_PACKET, len(body) - 20):
        raise _DamagedError(f"a packet of {captured} bytes")
    return _Record(section.interface(number), high << 32 | low, length, body[20 : 20 + captured], 0, 0)
