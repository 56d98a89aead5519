"""Every conversation of the symptoms scenario shows the symptom it is named after."""

from __future__ import annotations

import pytest
from datapath_bench import T0, Bench, tcp

from orchestrator.lab.datapath.packet import FIN, SYN
from orchestrator.lab.datapath.style import DeviceStyle, TraceStyle
from orchestrator.lab.monitor import TraceFile
from orchestrator.lab.scenario import load

DROPS = {
    "policy-deny": "POLICY:Denied by Policy  deny-smtp",
    "default-deny": "POLICY:Denied by Policy  default-policy-logical-system-00",
    "policy-reject": "POLICY:Rejected by Policy  no-telnet",
    "no-route": "FLOW:First path No route",
    "reject-route": "FLOW:First path Route reject",
    "out-of-state": "FLOW:First path TCP SYN check failed",
    "self-refused": "FLOW:First path Self but not interested",
    "spoofed": "IDS:IP spoofing",
    "land": "IDS:Land attack",
    "null-zone": "FLOW:First path Ifp in Null Zone",
    "to-null-zone": "FLOW:First path Invalid zone",
}
ENDS = {
    "permitted": "TCP FIN",
    "port-closed": "TCP SERVER RST",
    "server-reset": "TCP SERVER RST",
    "client-reset": "TCP CLIENT RST",
    "self-ping": "response received",
    "no-reply": "",
    "left-open": "",
}


@pytest.fixture(scope="module")
def played() -> Bench:
    bench = Bench(load("symptoms"))
    bench.play(T0, 2.2)
    return bench


def source_of(name: str) -> str:
    return next(one.source for one in load("symptoms").traffic if one.name == name)


def test_every_conversation_has_an_expectation() -> None:
    assert {one.name for one in load("symptoms").traffic} == {*DROPS, *ENDS, "pool-exhausted"}


@pytest.mark.parametrize("name", DROPS)
def test_a_drop_is_recorded_with_its_reason_and_makes_no_session(played: Bench, name: str) -> None:
    reasons = {f"{one.module}:{one.detail}" for one in played.datapath.drops if one.source == source_of(name)}
    assert reasons == {DROPS[name]}
    assert not [one for one in played.datapath.sessions.values() if one.incoming.source == source_of(name)]


@pytest.mark.parametrize("name", ENDS)
def test_a_session_ends_as_its_hosts_end_it(played: Bench, name: str) -> None:
    ends = {one.closing for one in played.datapath.sessions.values() if one.incoming.source == source_of(name)}
    assert ENDS[name] in ends
    assert not [drop for drop in played.datapath.drops if drop.source == source_of(name)]


def test_a_silent_server_leaves_an_out_wing_without_packets(played: Bench) -> None:
    sessions = [one for one in played.datapath.sessions.values() if one.incoming.source == source_of("no-reply")]
    assert [(one.incoming.packets, one.outgoing.packets) for one in sessions if one.outgoing] == [(1, 0)]


def test_the_third_session_finds_the_pool_exhausted() -> None:
    bench = Bench(load("symptoms"))
    bench.play(T0, 6.0)
    source = source_of("pool-exhausted")
    lent = {
        one.outgoing.destination_port
        for one in bench.datapath.sessions.values()
        if one.incoming.source == source and one.outgoing
    }
    assert lent == {2000, 2001}
    assert [one.module for one in bench.datapath.drops if one.source == source] == ["NAT"]
    assert bench.datapath.counters.failed == 1


def test_a_release_without_drop_records_keeps_none() -> None:
    bench = Bench(load("symptoms"), DeviceStyle(record_drops=False))
    bench.play(T0, 2)
    assert not bench.datapath.drops
    assert bench.datapath.counters.dropped > 5


def test_the_trace_ends_in_rc_7_for_every_drop_and_rc_0_for_the_rest() -> None:
    bench = Bench(load("symptoms"))
    bench.arm(file=TraceFile("trace", size_bytes=10_000_000))
    bench.play(T0, 4)
    bodies = bench.bodies()
    assert sum(body.endswith("rc 0x7 (fp rc -1)") for body in bodies) == bench.datapath.counters.dropped > 10
    forwarded = bench.datapath.counters.packets - bench.datapath.counters.dropped
    assert sum(body.endswith("rc 0x0 (fp rc 0)") for body in bodies) == forwarded > 20


@pytest.mark.parametrize(
    ("flags", "detail"), [(0, "TCP no flag"), (SYN | FIN, "TCP SYN FIN"), (FIN, "TCP FIN no ACK"), (SYN, None)]
)
def test_a_screen_stops_impossible_tcp_flags_before_the_session_lookup(flags: int, detail: str | None) -> None:
    bench = Bench(load("symptoms"), DeviceStyle(trace=TraceStyle(threads=1)))
    bench.arm()
    bench.send(tcp("192.0.2.90:40000", "10.1.1.10:80", flags))
    (drop,) = bench.datapath.drops
    assert (drop.module, drop.detail) == (("IDS", detail) if detail else ("POLICY", drop.detail))
    (bracket,) = bench.brackets()
    assert any(line.startswith(" find flow:") for line in bracket) is (detail is None)


def test_a_zone_without_screens_lets_strange_flags_reach_the_syn_check() -> None:
    bench = Bench(load("symptoms"))
    bench.send(tcp("10.1.1.10:40000", "192.0.2.80:80", 0))
    assert [one.detail for one in bench.datapath.drops] == ["First path TCP SYN check failed"]
