from __future__ import annotations

import asyncio

import pytest
from datapath_bench import T0, Bench

from orchestrator.lab.clock import Clock
from orchestrator.lab.datapath.engine import Datapath
from orchestrator.lab.datapath.packet import ACK, FIN, PSH, RST, SYN, Packet
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.datapath.traffic import script
from orchestrator.lab.filesystem import Filesystem
from orchestrator.lab.monitor import Filter, Monitor, TraceFile
from orchestrator.lab.scenario import Conversation
from orchestrator.lab.scenario_file import load

DATA = PSH | ACK
OPENING = [(True, SYN), (False, SYN | ACK), (True, ACK)]
EXCHANGE = [(True, DATA), (False, DATA)]


def conversation(**changes: object) -> Conversation:
    return Conversation.model_validate(
        {"name": "one", "source": "10.1.1.10", "destination": "192.0.2.80:443"} | changes
    )


@pytest.mark.parametrize(
    ("changes", "packets"),
    [
        ({}, [*OPENING, *EXCHANGE, (True, FIN | ACK), (False, FIN | ACK), (True, ACK)]),
        ({"exchanges": 2, "close": "none"}, [*OPENING, *EXCHANGE, *EXCHANGE]),
        ({"close": "client-rst"}, [*OPENING, *EXCHANGE, (True, RST | ACK)]),
        ({"close": "server-rst"}, [*OPENING, *EXCHANGE, (False, RST | ACK)]),
        ({"listening": False}, [(True, SYN), (False, RST | ACK)]),
        ({"reply": False}, [(True, SYN)]),
        ({"syn": False, "reply": False}, [(True, DATA), (True, FIN | ACK)]),
        ({"protocol": "udp", "exchanges": 2}, [(True, 0), (False, 0), (True, 0), (False, 0)]),
        ({"protocol": "udp", "reply": False}, [(True, 0)]),
        ({"protocol": "icmp", "exchanges": 0}, [(True, 0), (False, 0)]),
    ],
)
def test_hosts_say_what_the_conversation_describes(changes: dict[str, object], packets: list[tuple[bool, int]]) -> None:
    assert [(step.from_client, step.flags) for step in script(conversation(**changes))] == packets


def played(*conversations: Conversation, seconds: float = 1) -> tuple[Bench, list[Packet]]:
    """The packets a bench saw, in order."""
    bench = Bench(load("default").model_copy(update={"traffic": list(conversations)}))
    seen: list[Packet] = []
    process = bench.datapath.process
    bench.datapath.process = lambda packet: seen.append(packet) or process(packet)  # type: ignore[method-assign,func-returns-value]
    bench.play(T0, seconds)
    return bench, seen


def test_the_server_answers_to_the_address_it_saw() -> None:
    _, seen = played(conversation())
    assert [packet.destination for packet in seen if packet.source == "192.0.2.80"] == ["192.0.2.1"] * 3
    _, seen = played(conversation(source="198.51.100.7", destination="192.0.2.10:443"))
    assert {(packet.source, packet.destination, packet.interface) for packet in seen} == {
        ("198.51.100.7", "192.0.2.10", "ge-0/0/1.0"),
        ("10.2.2.80", "198.51.100.7", "ge-0/0/2.0"),
    }


def test_packets_carry_the_time_they_were_due_not_the_time_of_the_tick() -> None:
    _, seen = played(conversation(pause=0.03, starts_at=0.01), seconds=0.5)
    assert [round(packet.time - T0, 2) for packet in seen[:4]] == [0.01, 0.04, 0.07, 0.10]


def test_a_conversation_repeats_for_ever_with_the_next_source_port() -> None:
    _, seen = played(conversation(every=1, source_port=51000, source_ports=3), seconds=4.5)
    assert [packet.source_port for packet in seen if packet.flags == SYN] == [51000, 51001, 51002, 51000, 51001]
    _, seen = played(conversation(), seconds=4.5)
    assert sum(packet.flags == SYN for packet in seen) == 1


def test_nobody_talks_on_after_a_drop() -> None:
    _, seen = played(conversation(destination="192.0.2.25:25"))
    assert [packet.flags for packet in seen] == [SYN]


def test_after_a_long_stall_the_missed_packets_are_skipped() -> None:
    bench, seen = played(conversation(every=1), seconds=0)
    assert len(seen) == 1
    bench.datapath.tick(T0 + 1000)
    assert {packet.time >= T0 + 995 for packet in seen[1:]} == {True}
    assert sum(packet.flags == SYN for packet in seen) == 2
    bench.datapath.tick(T0 + 1001)
    assert sum(packet.flags == SYN for packet in seen) == 3


async def live(rate: float) -> tuple[Datapath, Filesystem]:
    clock = Clock(rate)
    filesystem, monitor = Filesystem(clock), Monitor()
    datapath = Datapath(load("default"), clock, monitor, filesystem, DeviceStyle())
    monitor.set_file(TraceFile("trace", size_bytes=10_000_000))
    monitor.set_filter(Filter("WEB", {"destination-port": "443"}))
    datapath.start()
    await clock.sleep(1.0)
    monitor.start()
    await clock.sleep(2.2)
    monitor.stop()
    stopped = len(filesystem.files["/var/log/trace"].data)
    await clock.sleep(1.2)
    assert len(filesystem.files["/var/log/trace"].data) > stopped
    settled = len(filesystem.files["/var/log/trace"].data)
    await clock.sleep(1.0)
    assert len(filesystem.files["/var/log/trace"].data) == settled
    await datapath.stop()
    return datapath, filesystem


def test_a_live_device_traces_its_own_traffic_and_the_rest_arrives_within_a_second_of_stop() -> None:
    datapath, filesystem = asyncio.run(live(rate=4))
    text = filesystem.files["/var/log/trace"].data.decode()
    assert text.count("matched filter WEB:") == text.count("flow_process_pkt rc") > 10
    assert datapath.sessions


def test_a_stopped_device_is_silent() -> None:
    async def run() -> tuple[int, int]:
        clock = Clock(rate=10)
        datapath = Datapath(load("default"), clock, Monitor(), Filesystem(clock), DeviceStyle())
        datapath.start()
        await clock.sleep(1)
        await datapath.stop()
        before = datapath.counters.packets
        await clock.sleep(2)
        return before, datapath.counters.packets

    before, after = asyncio.run(run())
    assert before == after > 0
