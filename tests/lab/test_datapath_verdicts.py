"""Every conversation of the symptoms scenarios shows the symptom it is named after."""

from __future__ import annotations

import re

import pytest
from datapath_bench import T0, Bench, tcp

from orchestrator.lab.datapath.logs import MESSAGES
from orchestrator.lab.datapath.packet import FIN, SYN
from orchestrator.lab.datapath.style import DeviceStyle, TraceStyle
from orchestrator.lab.monitor import TraceFile
from orchestrator.lab.scenario_file import load

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

# What is on record for each conversation of the second scenario, and how RT_FLOW ends its sessions, in nine seconds.
MORE = {
    "out-of-window": ({"FLOW:TCP sequence check failed"}, {"idle Timeout"}),
    "ttl-expired": ({"FLOW:TTL expired"}, set()),
    "too-large": ({"FLOW:Fragmentation needed but DF set"}, {"idle Timeout"}),
    "same-server": ({"FLOW:First path nsp2 install failed"}, {"TCP FIN"}),
    "source-limit": ({"IDS:Src IP session limit"}, set()),
    "rerouted": ({"FLOW:Re-route failed"}, {"idle Timeout"}),
    "asymmetric": (set(), {"TCP FIN"}),
    "asymmetric-zone": ({"FLOW:First path TCP SYN check failed"}, {"idle Timeout"}),
    "nat-missing": (set(), {"idle Timeout"}),
    "lease-changes": (set(), {"other"}),
    "idle": (set(), {"idle Timeout"}),
    "cleared": ({"FLOW:First path TCP SYN check failed"}, {"CLI"}),
    "closed-by-idp": (set(), {"IDP"}),
    "policy-deleted": ({"FLOW:First path TCP SYN check failed"}, {"policy delete"}),
    "application-denied": ({"discarded by dynapp policy deny-http"}, set()),
    "ftp-silent": (set(), {"idle Timeout"}),
    "sip-silent": (set(), set()),
}


@pytest.fixture(scope="module")
def played() -> Bench:
    bench = Bench(load("symptoms"))
    bench.play(T0, 2.2)
    return bench


@pytest.fixture(scope="module")
def played_more() -> Bench:
    bench = Bench(load("symptoms-more"))
    bench.play(T0, 9)
    bench.datapath.flush(T0 + 9, everything=True)
    return bench


def source_of(name: str, scenario: str = "symptoms") -> str:
    return next(one.source for one in load(scenario).traffic if one.name == name)


def ends_of(played: Bench, address: str) -> tuple[set[str], set[str]]:
    """What the drop records and RT_FLOW say of a client: its packets, and those to where it is translated."""
    text = played.text(MESSAGES)
    outside = re.findall(rf"created {address}/\d+->\S+ 0x0 \S+ (\S+)/(\d+)->", text)
    mine = {(there, int(port)) for there, port in outside}
    drops = {
        f"{one.module}:{one.detail}"
        for one in played.datapath.drops
        if one.source == address or (one.destination, one.destination_port) in mine
    }
    return drops, set(re.findall(rf"session closed ([\w ]+): {address}/", text))


def test_every_conversation_has_an_expectation() -> None:
    assert {one.name for one in load("symptoms").traffic} == {*DROPS, *ENDS, "pool-exhausted"}


@pytest.mark.parametrize("name", DROPS)
def test_a_drop_is_recorded_with_its_reason_and_makes_no_session(played: Bench, name: str) -> None:
    reasons = {f"{one.module}:{one.detail}" for one in played.datapath.drops if one.source == source_of(name)}
    assert reasons == {DROPS[name]}
    assert not [one for one in played.datapath.sessions.values() if one.incoming.source == source_of(name)]


def test_every_conversation_of_the_second_scenario_has_an_expectation() -> None:
    assert {one.name for one in load("symptoms-more").traffic} == {*MORE, "session-conflict"}  # same-server's client


@pytest.mark.parametrize("name", MORE)
def test_drop_records_and_session_logs_agree_on_a_conversation(played_more: Bench, name: str) -> None:
    drops, ends = MORE[name]
    found = ends_of(played_more, source_of(name, "symptoms-more"))
    if name == "application-denied":  # before the application is known the session is not logged
        found = ({one.detail for one in played_more.datapath.drops if one.source_port == 80}, found[1])
    assert found == (drops, ends)


def test_the_gateways_sessions_bear_their_applications(played_more: Bench) -> None:
    names = {one.incoming.source: one.application for one in played_more.datapath.sessions.values()}
    assert names[source_of("ftp-silent", "symptoms-more")] == "junos-ftp"
    assert names[source_of("sip-silent", "symptoms-more")] == "junos-sip"


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
