"""Capture files: what they say, and what becomes of those that are cut, damaged or made to harm."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pcap_maker import (
    ACK,
    SYN,
    block,
    classic,
    ethernet,
    interface,
    ip,
    juniper,
    packet,
    section,
    tcp,
)

from orchestrator.errors import ParseError
from orchestrator.model.flow import FlowKey
from orchestrator.model.pcap import CapturedPacket, Direction
from orchestrator.parsers import pcap
from orchestrator.parsers.kinds import kind_of
from orchestrator.parsers.source import Source

THERE = ethernet(tcp("10.1.1.10", 51000, "192.0.2.80", 443))
KEY = FlowKey("10.1.1.10", 51000, "192.0.2.80", 443, 6)
WHEN = datetime.fromtimestamp(1_790_000_000, UTC)


def read(data: bytes) -> tuple[list[CapturedPacket], Source, int]:
    source = Source.of_bytes(data, "x.pcap")
    reading = pcap.parse(source)
    packets = list(reading)
    return packets, source, reading.unrecognised


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_both_byte_orders_and_both_clocks_are_read(order: str, *, nano: bool) -> None:
    packets, source, _ = read(classic(THERE, THERE, order=order, nano=nano))
    assert [(one.number, one.key, one.time) for one in packets] == [
        (1, KEY, WHEN), (2, KEY, WHEN.replace(microsecond=500_000)),
    ]  # fmt: skip
    assert (packets[0].flags, packets[0].ttl, packets[0].ip_id, packets[0].tcp_sequence) == ("syn", 64, 7, 1000)
    assert source.damage == ""


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_names_the_interface_and_keeps_its_own_clock(order: str) -> None:
    ticks = 1_790_000_000 * 10**9 + 250_000_000
    data = section(order) + interface("ge-0/0/0.0", order=order) + interface("ge-0/0/1.0", resolution=9, order=order)
    data += block(0x0BAD, bytes(40), order) + packet(THERE, ticks, 1, order)
    packets, _, _ = read(data)
    assert [(one.interface, one.time, one.length) for one in packets] == [
        ("ge-0/0/1.0", WHEN.replace(microsecond=250_000), len(THERE) + 100)
    ]


def test_a_second_section_begins_anew() -> None:
    data = section() + interface("one") + packet(THERE, 0) + section(">") + interface("two", order=">")
    packets, _, _ = read(data + packet(THERE, 0, order=">"))
    assert [one.interface for one in packets] == ["one", "two"]


def test_a_juniper_frame_tells_interface_and_direction() -> None:
    frames = (
        juniper(THERE, "ge-0/0/0", 0, arrives=True),
        juniper(THERE, "reth1", 20, arrives=False),
        juniper(bytes(4) + tcp("10.1.1.10", 51000, "192.0.2.80", 443), "st0", 1, arrives=True, no_l2=True),
    )
    packets, _, _ = read(classic(*frames, link=178))
    assert [(one.interface, one.direction, one.key) for one in packets] == [
        ("ge-0/0/0.0", Direction.IN, KEY), ("reth1.20", Direction.OUT, KEY), ("st0.1", Direction.IN, KEY),
    ]  # fmt: skip


def test_vlan_tags_are_passed_and_the_inner_one_is_told() -> None:
    packets, _, _ = read(classic(ethernet(THERE[14:], 100, 20)))
    assert (packets[0].vlan, packets[0].key) == (20, KEY)


def test_ipv6_headers_before_the_ports_are_passed() -> None:
    segment = tcp("2001:db8::1", 5000, "2001:db8::2", 80, flags=SYN | ACK)[40:]
    options = struct.pack(">BB6x", 6, 0) + segment
    packets, _, _ = read(classic(ethernet(ip("2001:db8::1", "2001:db8::2", 0, options))))
    assert packets[0].key == FlowKey("2001:db8::1", 5000, "2001:db8::2", 80, 6)
    assert packets[0].flags == "syn,ack"


def test_a_later_fragment_has_no_ports() -> None:
    first = ethernet(ip("10.1.1.10", "192.0.2.80", 17, struct.pack(">HHHH", 53, 99, 8, 0), more=0x2000))
    later = ethernet(ip("10.1.1.10", "192.0.2.80", 17, bytes(8), more=0x0010))
    packets, _, _ = read(classic(first, later))
    assert [(one.is_fragment, one.key.source_port) for one in packets if one.key] == [(True, 53), (True, None)]


def test_an_icmp_identifier_is_no_port() -> None:
    packets, _, _ = read(classic(ethernet(ip("10.1.1.10", "192.0.2.80", 1, struct.pack(">BBHHH", 8, 0, 0, 77, 1)))))
    assert (packets[0].icmp, packets[0].key) == ((8, 0), FlowKey("10.1.1.10", None, "192.0.2.80", None, 1))


def test_a_packet_cut_behind_its_addresses_still_names_them() -> None:
    packets, _, unknown = read(classic(THERE[:34]))
    assert (packets[0].key, unknown) == (FlowKey("10.1.1.10", None, "192.0.2.80", None, 6), 0)


def test_what_is_not_ip_is_counted_not_dropped() -> None:
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    packets, _, unknown = read(classic(arp, THERE, THERE[:20]))
    assert ([one.key for one in packets], unknown) == ([None, KEY, None], 2)


@pytest.mark.parametrize("cut", [1, 15, 20, 60])
def test_a_cut_file_gives_what_comes_before_and_says_so(cut: int) -> None:
    packets, source, _ = read(classic(THERE, THERE)[:-cut])
    assert (len(packets), "cut" in source.damage) == (1, True)


def test_a_cut_pcapng_gives_what_comes_before_and_says_so() -> None:
    packets, source, _ = read((section() + interface("x") + packet(THERE, 0) + packet(THERE, 1))[:-7])
    assert (len(packets), "cut" in source.damage) == (1, True)


@pytest.mark.parametrize(
    "damage",
    [
        struct.pack("<IIII", 1, 0, 0xFFFFFFF0, 60),  # a packet as large as memory
        struct.pack("<IIII", 1, 2_000_000, 10, 10) + bytes(10),  # more than a second in a second
    ],
)
def test_a_length_that_cannot_be_ends_the_reading_and_is_told(damage: bytes) -> None:
    packets, source, _ = read(classic(THERE) + damage + bytes(100))
    assert (len(packets), "behind packet 1" in source.damage) == (1, True)


@pytest.mark.parametrize(
    "damage",
    [
        struct.pack("<III", 6, 0xFFFFFFFC, 0),
        struct.pack("<II", 6, 13) + bytes(20),
        packet(THERE, 0, number=9),
        packet(THERE, 0)[:-4] + bytes(4),
        block(1, b""),
        block(6, bytes(8)),
    ],
)
def test_a_block_that_cannot_be_ends_the_reading_and_is_told(damage: bytes) -> None:
    packets, source, _ = read(section() + interface("x") + packet(THERE, 0) + damage)
    assert (len(packets), bool(source.damage)) == (1, True)


def test_a_gzip_file_is_read_as_it_is() -> None:
    packets, _, _ = read(gzip.compress(classic(THERE)))
    assert packets[0].key == KEY


@pytest.mark.parametrize("data", [b"hello world\n", b"<rpc-reply/>", b"\xd4\xc3"])
def test_what_is_no_capture_is_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        read(data)


def test_a_capture_is_known_by_its_first_bytes_and_not_by_its_name() -> None:
    assert kind_of(Source.of_bytes(classic(THERE), "orc-x")) == "pcap"
    assert kind_of(Source.of_bytes(section(), "orc-x")) == "pcap"


def test_memory_does_not_grow_with_the_file(tmp_path) -> None:
    path = tmp_path / "large.pcap"
    frame = THERE + bytes(1400)
    with path.open("wb") as file:
        file.write(classic())
        one = struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame
        for _ in range(20):
            file.write(one * 500)
    tracemalloc.start()
    count = sum(1 for _ in pcap.parse(Source.of_path(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, peak < 3_000_000) == (10_000, True)


VALID = classic(THERE, juniper(THERE, "ge-0/0/0", 0, arrives=True)), section() + interface("x") + packet(THERE, 5)


@settings(max_examples=200, deadline=None)
@given(
    which=st.sampled_from(VALID),
    link=st.sampled_from([0, 1, 12, 101, 108, 113, 178, 228, 276, 9999]),
    place=st.integers(0, 200),
    junk=st.binary(min_size=1, max_size=40),
)
def test_no_damage_makes_the_reader_crash(which: bytes, link: int, place: int, junk: bytes) -> None:
    at = place % len(which)
    data = bytearray(which[:at] + junk + which[at + len(junk) :])
    if data[:4] == which[:4] == b"\xd4\xc3\xb2\xa1":
        data[20:24] = struct.pack("<I", link)
    try:
        packets, _, _ = read(bytes(data))
    except ParseError:
        return
    assert all(one.captured <= len(data) for one in packets)
