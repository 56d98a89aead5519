"""Two looks at the session table."""

import dataclasses
import tracemalloc

from orchestrator.analysis.session_diff import diff
from orchestrator.model.flow_session import ChangeKind, FlowSession, Wing
from orchestrator.parsers import session_table
from orchestrator.parsers.source import Source


def wing(direction: str, source: str, destination: str, packets: int = 10, **others) -> Wing:
    address, _, port = source.partition("/")
    other, _, other_port = destination.partition("/")
    given = {"protocol": 6, "interface": "ge-0/0/0.0"} | others
    return Wing(
        direction=direction, source=address, source_port=int(port), destination=other,
        destination_port=int(other_port), packets=packets, **given,
    )  # fmt: skip


def session(number: int = 1, *, port: int = 5000, packets: int = 10, **others) -> FlowSession:
    client, server = f"10.0.0.1/{port}", "192.0.2.8/443"
    wings = (wing("In", client, server, packets), wing("Out", server, client, packets))
    return FlowSession(session_id=number, **({"wings": wings, "policy": "web", "timeout": 1800} | others))


def kinds(before, after) -> list[str]:
    return [change.kind.value for change in diff(before, after)]


def changed(before: FlowSession, after: FlowSession) -> tuple[str, ...]:
    (change,) = diff([before], [after])
    assert change.kind is ChangeKind.CHANGED
    return change.differs


def test_a_session_on_one_side_only_is_new_or_closed():
    new, closed = diff([session(1, port=1)], [session(2, port=2)])
    assert (new.kind, new.before, new.after.session_id) == (ChangeKind.NEW, None, 2)
    assert (closed.kind, closed.before.session_id, closed.after) == (ChangeKind.CLOSED, 1, None)
    assert closed.key.source_port == 1


def test_packets_that_went_on_are_the_same_session():
    (change,) = diff([session(packets=10)], [session(packets=25)])
    assert (change.kind, change.packets) == (ChangeKind.SAME, (20, 50))


def test_the_same_conversation_under_another_id_is_reopened():
    (change,) = diff([session(1)], [session(2, policy="other")])
    assert change.kind is ChangeKind.REOPENED
    assert change.differs == ("policy",)


def test_no_packet_and_a_falling_timeout_is_ageing_and_without_it_stalled():
    assert kinds([session(timeout=1800)], [session(timeout=1700)]) == ["ageing"]
    assert kinds([session(timeout=1800)], [session(timeout=1800)]) == ["stalled"]
    assert kinds([session(timeout=None)], [session(timeout=None)]) == ["stalled"]
    assert kinds([session(packets=1, timeout=1800)], [session(packets=2, timeout=1700)]) == ["same"]


def test_a_stalled_session_gives_its_packets():
    (change,) = diff([session(packets=7)], [session(packets=7)])
    assert change.packets == (14, 14)


def test_counters_that_were_not_printed_stall_nothing():
    silent = session(wings=tuple(dataclasses.replace(each, packets=None) for each in session().wings))
    assert kinds([silent], [silent]) == ["same"]


def test_it_says_what_changed():
    base = session(policy_index=4)
    there, back = base.wings
    assert changed(base, dataclasses.replace(base, policy="other")) == ("policy",)
    assert changed(base, dataclasses.replace(base, policy_index=5)) == ("policy",)
    translated = dataclasses.replace(back, destination="203.0.113.5", destination_port=1024)
    assert changed(base, dataclasses.replace(base, wings=(there, translated))) == ("source NAT",)
    behind = dataclasses.replace(back, source="10.9.9.9")
    assert changed(base, dataclasses.replace(base, wings=(there, behind))) == ("destination NAT",)
    elsewhere = dataclasses.replace(back, interface="ge-0/0/7.0")
    assert changed(base, dataclasses.replace(base, wings=(there, elsewhere))) == ("interface",)
    routed, rerouted = (dataclasses.replace(back, extra={"route": route}) for route in ("0xa0010", "0xb0010"))
    base = dataclasses.replace(base, wings=(there, routed))
    assert changed(base, dataclasses.replace(base, wings=(there, rerouted))) == ("route",)


def test_what_one_table_does_not_print_has_not_changed():
    there, back = session().wings
    routed = session(wings=(there, dataclasses.replace(back, extra={"route": "0xa0010", "gateway": "10.0.0.1"})))
    assert kinds([session()], [routed]) == ["stalled"]


def test_a_copy_on_the_other_node_counts_nothing_and_is_not_stalled():
    assert kinds([session(packets=0, ha_state="Backup")], [session(packets=0, ha_state="Backup")]) == ["same"]


def test_node_and_logical_system_are_part_of_the_name():
    assert kinds([session(node="node0")], [session(node="node1")]) == ["new", "closed"]
    assert kinds([session(logical_system="a")], [session(logical_system="b")]) == ["new", "closed"]
    assert kinds([session(node="node0"), session(node="node1")], [session(node="node0")]) == ["stalled", "closed"]


def test_two_pings_of_one_host_are_two_conversations():
    def ping(number: int, words: tuple[int, int]) -> FlowSession:
        one = Wing(direction="In", source="10.0.0.1", destination="192.0.2.8", protocol=1, icmp_words=words, packets=1)
        return FlowSession(session_id=number, wings=(one,))

    assert kinds([ping(1, (7, 1))], [ping(2, (7, 2))]) == ["new", "closed"]
    assert kinds([ping(1, (7, 1)), ping(2, (7, 2))], [ping(2, (7, 2)), ping(1, (7, 1))]) == ["stalled", "stalled"]


def test_two_tunnels_between_the_same_ends_are_two_conversations():
    def tunnel(number: int, spi: str) -> FlowSession:
        one = Wing(direction="In", source="198.51.100.1", destination="198.51.100.2", protocol=50,
                   extra={"source-port": "2482", "destination-port": spi})  # fmt: skip
        return FlowSession(session_id=number, wings=(one,))

    assert kinds([tunnel(1, "7"), tunnel(2, "8")], [tunnel(2, "8"), tunnel(3, "9")]) == ["same", "new", "closed"]


def test_of_several_sessions_of_one_conversation_the_same_ids_belong_together():
    changes = diff([session(1), session(2)], [session(3), session(2)])
    assert [(each.kind.value, each.before.session_id, each.after.session_id) for each in changes] == [
        ("reopened", 1, 3),
        ("stalled", 2, 2),
    ]
    assert kinds([session(1)], [session(1), session(2)]) == ["stalled", "new"]
    assert kinds([session(1), session(2)], [session(2)]) == ["stalled", "closed"]


def test_a_session_without_an_in_wing_is_left_out():
    assert kinds([session(wings=())], [session(wings=())]) == []


def test_text_and_xml_of_the_same_moment_agree_on_nat_and_policy():
    text = (
        "Session ID: 7, Policy name: web/4, Timeout: 1800, Valid\n"
        "  In: 10.0.0.1/5000 --> 192.0.2.8/443;tcp, If: ge-0/0/1.0, Pkts: 4, Bytes: 300\n"
        "  Out: 192.0.2.8/443 --> 203.0.113.5/1024;tcp, If: ge-0/0/0.0, Pkts: 4, Bytes: 300\n"
    )
    xml = (
        "<rpc-reply><flow-session-information><flow-session><session-identifier>7</session-identifier>"
        "<policy>web/4</policy><timeout>1700</timeout><flow-information><direction>In</direction>"
        "<source-address>10.0.0.1</source-address><source-port>5000</source-port>"
        "<destination-address>192.0.2.8</destination-address><destination-port>443</destination-port>"
        "<protocol>tcp</protocol><interface-name>ge-0/0/1.0</interface-name><pkt-cnt>4</pkt-cnt></flow-information>"
        "<flow-information><direction>Out</direction><source-address>192.0.2.8</source-address>"
        "<source-port>443</source-port><destination-address>203.0.113.5</destination-address>"
        "<destination-port>1024</destination-port><protocol>tcp</protocol>"
        "<interface-name>ge-0/0/0.0</interface-name><pkt-cnt>4</pkt-cnt></flow-information></flow-session>"
        "</flow-session-information></rpc-reply>"
    )
    before, after = (list(session_table.parse(Source.of_text(each))) for each in (text, xml))
    assert kinds(before, after) == ["ageing"]


def test_memory_is_that_of_one_table_and_what_is_said():
    tracemalloc.start()
    before = [session(number, port=number) for number in range(1, 4001)]
    table = tracemalloc.get_traced_memory()[0]
    changes = diff(iter(before), (session(number, port=number) for number in range(4001, 8001)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(changes) == 8000
    assert peak < table * 4
