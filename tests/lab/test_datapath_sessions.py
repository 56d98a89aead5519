from __future__ import annotations

from datapath_bench import T0, Bench, answer, tcp

from orchestrator.lab.datapath.packet import ACK, FIN, RST, SYN, UDP, Packet
from orchestrator.lab.datapath.policy import PREDEFINED
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.scenario import Scenario
from orchestrator.lab.scenario_file import load

CLIENT, SERVER = "10.1.1.10:51000", "192.0.2.80:443"


def only(bench: Bench) -> Session:
    (session,) = bench.datapath.sessions.values()
    return session


def question(time: float = T0) -> Packet:
    return Packet("10.1.1.10", 53000, "192.0.2.53", 53, UDP, "ge-0/0/0.0", time, length=70)


def changed(**sections: object) -> Scenario:
    """The default scenario with some sections replaced."""
    document = load("default").model_dump(mode="json", by_alias=True, exclude={"nat", "traffic"})
    return Scenario.model_validate(document | sections)


def test_each_wing_counts_its_own_packets_and_bytes() -> None:
    bench = Bench()
    opened, *_ = bench.handshake(CLIENT, SERVER)
    bench.send(tcp(CLIENT, SERVER, ACK, T0 + 0.1, length=500))
    bench.send(answer(opened, ACK, T0 + 0.2, length=1400))
    session = only(bench)
    assert session.outgoing is not None
    assert (session.incoming.packets, session.incoming.bytes) == (3, 620)
    assert (session.outgoing.packets, session.outgoing.bytes) == (2, 1460)


def test_source_nat_shows_in_the_out_wing_and_on_the_packet_that_leaves() -> None:
    bench = Bench()
    outcome = bench.send(tcp(CLIENT, SERVER))
    session = only(bench)
    assert session.outgoing is not None
    assert outcome.forwarded is not None
    assert (session.incoming.source, session.outgoing.destination) == ("10.1.1.10", "192.0.2.1")
    assert (outcome.forwarded.source, outcome.forwarded.interface) == ("192.0.2.1", "ge-0/0/1.0")
    assert session.outgoing.destination_port == outcome.forwarded.source_port != 51000
    assert (session.source_rule, session.policy) == ("trust-out", "trust-to-untrust/5")


def test_a_reply_to_the_translated_address_reaches_the_client() -> None:
    bench = Bench()
    _, answered, _ = bench.handshake(CLIENT, SERVER)
    assert answered.fast_path
    assert answered.forwarded is not None
    assert (answered.forwarded.destination, answered.forwarded.destination_port) == ("10.1.1.10", 51000)


def test_destination_nat_shows_in_the_out_wing_and_the_policy_sees_the_real_server() -> None:
    bench = Bench()
    outcome = bench.send(tcp("198.51.100.7:55000", "192.0.2.10:443"))
    session = only(bench)
    assert session.outgoing is not None
    assert (session.incoming.destination, session.outgoing.source) == ("192.0.2.10", "10.2.2.80")
    assert (session.destination_rule, session.policy) == ("web-in", "web-server/7")
    reply = bench.send(answer(outcome, SYN | ACK, T0 + 0.1))
    assert reply.forwarded is not None
    assert (reply.forwarded.source, reply.forwarded.destination) == ("192.0.2.10", "198.51.100.7")


def test_destination_nat_is_for_its_port_only() -> None:
    bench = Bench()
    outcome = bench.send(tcp("198.51.100.7:55000", "192.0.2.10:80"))
    assert (outcome.destination, outcome.to_zone) == (None, "untrust")


def test_static_nat_works_in_both_directions() -> None:
    rule = {"name": "mail", "from": "untrust", "public": "192.0.2.99", "private": "10.1.1.20"}
    opens = {"from": "untrust", "to": "trust", "name": "in", "id": 9, "action": "permit"}
    out = {"from": "trust", "to": "untrust", "name": "out", "id": 10, "action": "permit"}
    bench = Bench(changed(nat={"static": [rule]}, policies=[opens, out]))
    inbound = bench.send(tcp("198.51.100.7:55000", "192.0.2.99:25"))
    outbound = bench.send(tcp("10.1.1.20:40000", SERVER))
    assert inbound.forwarded is not None
    assert inbound.forwarded.destination == "10.1.1.20"
    assert outbound.forwarded is not None
    assert (outbound.forwarded.source, outbound.forwarded.source_port) == ("192.0.2.99", 40000)


def test_fin_from_both_ends_closes_the_session_soon_after() -> None:
    bench = Bench()
    opened, *_ = bench.handshake(CLIENT, SERVER)
    bench.send(tcp(CLIENT, SERVER, FIN | ACK, T0 + 1))
    assert only(bench).closing == ""
    bench.send(answer(opened, FIN | ACK, T0 + 1.1))
    assert only(bench).closing == "TCP FIN"
    bench.datapath.age(T0 + 2)
    assert only(bench).remaining_seconds(T0 + 2.2) <= 1
    bench.datapath.age(T0 + 4)
    assert not bench.datapath.sessions
    assert bench.datapath.counters.by_reason == {"TCP FIN": 1}
    assert bench.datapath.counters.invalidated == 1
    bench.datapath.age(T0 + 9)
    assert bench.datapath.counters.invalidated == 0


def test_a_reset_names_the_end_that_sent_it() -> None:
    bench = Bench()
    opened, *_ = bench.handshake(CLIENT, SERVER)
    bench.send(answer(opened, RST, T0 + 1))
    bench.handshake("10.1.1.10:51001", SERVER)
    bench.send(tcp("10.1.1.10:51001", SERVER, RST, T0 + 1))
    assert [one.closing for one in bench.datapath.sessions.values()] == ["TCP SERVER RST", "TCP CLIENT RST"]


def test_tcp_lives_20_s_before_the_handshake_and_1800_s_after() -> None:
    bench = Bench()
    bench.send(tcp(CLIENT, SERVER))
    bench.handshake("10.1.1.10:51001", SERVER)
    assert [one.timeout_seconds for one in bench.datapath.sessions.values()] == [20, 1800]
    bench.datapath.age(T0 + 21)
    assert [one.incoming.source_port for one in bench.datapath.sessions.values()] == [51001]
    bench.datapath.age(T0 + 1799)
    assert bench.datapath.sessions
    bench.datapath.age(T0 + 1801)
    assert bench.datapath.counters.by_reason == {"aged out": 2}


def test_every_packet_of_udp_starts_the_60_s_anew() -> None:
    bench = Bench()
    bench.send(question())
    bench.send(question(T0 + 50))
    bench.datapath.age(T0 + 100)
    assert only(bench).remaining_seconds(T0 + 100) == 10
    bench.datapath.age(T0 + 111)
    assert not bench.datapath.sessions


def test_an_aged_session_is_not_found_even_before_the_table_is_scanned() -> None:
    bench = Bench()
    first = bench.send(question())
    second = bench.send(question(T0 + 61))
    assert first.session is not None
    assert second.session is not None
    assert not second.fast_path
    assert second.session.session_id > first.session.session_id
    assert bench.datapath.counters.by_reason == {"aged out": 1}


def test_a_syn_on_a_closing_session_starts_a_new_one() -> None:
    bench = Bench()
    first, *_ = bench.handshake(CLIENT, SERVER)
    bench.send(tcp(CLIENT, SERVER, RST, T0 + 0.5))
    second = bench.send(tcp(CLIENT, SERVER, SYN, T0 + 1))
    assert first.session is not None
    assert only(bench) is second.session is not first.session


def test_echoes_with_one_identifier_are_sessions_by_sequence() -> None:
    bench = Bench()
    bench.play(T0, 1.5)
    wings = [one.incoming for one in bench.datapath.sessions.values() if one.incoming.protocol == 1]
    assert [(one.source_port, one.destination_port) for one in wings] == [(4711, 0), (4711, 1)]


def test_an_older_release_puts_the_sequence_first() -> None:
    bench = Bench(style=DeviceStyle(icmp_words="sequence-id"))
    bench.play(T0, 1.5)
    wings = [one.incoming for one in bench.datapath.sessions.values() if one.incoming.protocol == 1]
    assert [(one.source_port, one.destination_port) for one in wings] == [(0, 4711), (1, 4711)]


def test_clear_closes_what_it_names_and_counts_it() -> None:
    bench = Bench()
    bench.handshake(CLIENT, SERVER)
    bench.send(question())
    assert bench.datapath.clear(lambda one: one.incoming.protocol == UDP) == 1
    assert only(bench).incoming.destination == "192.0.2.80"
    assert bench.datapath.counters.by_reason == {"CLI": 1}
    late = bench.send(tcp(CLIENT, SERVER, ACK, T0 + 1))
    assert late.fast_path
    assert bench.datapath.clear(lambda _: True) == 1
    assert bench.send(tcp(CLIENT, SERVER, ACK, T0 + 2)).cause is not None


def test_a_lent_port_comes_back_when_its_session_ends() -> None:
    pool = {
        "pools": {"one": {"addresses": "192.0.2.200/32", "ports": [3000, 3000]}},
        "source": [{"name": "r", "from": "trust", "to": "untrust", "pool": "one"}],
    }
    bench = Bench(changed(nat=pool))
    assert bench.send(question()).cause is None
    refused = bench.send(tcp(CLIENT, SERVER))
    assert refused.cause is not None
    assert refused.cause.module == "NAT"
    bench.datapath.age(T0 + 61)
    assert bench.send(tcp(CLIENT, SERVER, SYN, T0 + 62)).cause is None


def test_a_full_table_refuses_the_next_session() -> None:
    bench = Bench(changed(flow={"max_sessions": 1}))
    assert bench.send(question()).cause is None
    assert bench.send(tcp(CLIENT, SERVER)).cause is not None
    assert (len(bench.datapath.sessions), bench.datapath.counters.failed) == (1, 1)


def test_without_the_syn_check_a_packet_in_the_middle_makes_a_session() -> None:
    assert Bench().send(tcp(CLIENT, SERVER, ACK)).cause is not None
    assert Bench(changed(flow={"tcp_syn_check": False})).send(tcp(CLIENT, SERVER, ACK)).cause is None


def test_the_first_policy_that_matches_decides_and_any_comes_last() -> None:
    rules = [
        {"from": "any", "to": "any", "name": "last", "id": 4, "action": "deny"},
        {
            "from": "trust",
            "to": "untrust",
            "name": "host",
            "id": 5,
            "action": "permit",
            "match": {"source": ["10.1.1.10/32"], "application": ["junos-https"]},
        },
    ]
    bench = Bench(changed(policies=rules))
    assert bench.send(tcp(CLIENT, SERVER)).verdict is not None
    assert only(bench).policy == "host/5"
    for source, destination in (("10.1.1.11:51000", SERVER), (CLIENT, "192.0.2.80:80")):
        refused = bench.send(tcp(source, destination))
        assert refused.verdict is not None
        assert (refused.verdict.name, refused.cause is None) == ("last", False)


def test_a_service_the_zone_lets_in_gets_the_self_traffic_policy() -> None:
    bench = Bench()
    outcome = bench.send(tcp("10.1.1.10:40000", "10.1.1.1:22"))
    assert outcome.delivered
    session = only(bench)
    assert session.outgoing is not None
    assert (session.policy, session.to_zone) == ("self-traffic-policy/1", "junos-host")
    assert session.outgoing.interface == ".local..0"


def test_longer_prefixes_win_and_the_gateway_is_the_next_hop() -> None:
    routes = [{"prefix": "0.0.0.0/0", "next_hop": "192.0.2.254"}, {"prefix": "203.0.113.0/24", "reject": True}]
    bench = Bench(changed(routes=routes))
    assert bench.send(tcp(CLIENT, "8.8.8.8:443")).cause is None
    session = only(bench)
    assert session.outgoing is not None
    assert (session.outgoing.gateway, session.incoming.gateway) == ("192.0.2.254", "10.1.1.10")
    refused = bench.send(tcp(CLIENT, "203.0.113.5:443"))
    assert refused.cause is not None
    assert "reject" in refused.cause.detail


def test_ipv6_takes_the_same_way() -> None:
    interfaces = {
        "ge-0/0/0.0": {"addresses": ["2001:db8:1::1/64"], "zone": "trust"},
        "ge-0/0/1.0": {"addresses": ["2001:db8:2::1/64"], "zone": "untrust"},
    }
    scenario = Scenario.model_validate(
        {"name": "v6", "interfaces": interfaces, "zones": {"trust": {}, "untrust": {}}, "default_policy": "permit"}
    )
    bench = Bench(scenario)
    packet = Packet("2001:db8:1::10", 50000, "2001:db8:2::80", 443, 6, "ge-0/0/0.0", T0, SYN)
    outcome = bench.send(packet)
    assert outcome.forwarded is not None
    assert outcome.forwarded.interface == "ge-0/0/1.0"
    assert outcome.session is not None
    assert outcome.session.application == PREDEFINED[6, 443]
