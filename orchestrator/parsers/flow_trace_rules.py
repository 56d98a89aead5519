"""The wordings of trace records, and what each tells of its packet.

Each wording is one rule: its place in the order in which a packet is handled, and what it fills in. A rule marked soft
is general knowledge of the field without a sample behind it; its name goes to ``packet.soft``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Outcome, TracePacket, Translation
from orchestrator.parsers.values import UNKNOWN_PROTOCOL, integer, ports, protocol_number


class Stage(IntEnum):
    """Order in which the device handles a packet; a packet never goes back before ``LOOKUP``."""

    ANY = 0
    MATCHED = 1
    PACKET = 2
    START = 3
    INGRESS = 4
    TUPLE = 5
    LOOKUP = 6
    FOUND = 7
    DESTINATION_NAT = 8
    ROUTE = 9
    POLICY = 10
    SOURCE_NAT = 11
    SESSION = 12
    EGRESS = 13
    END = 14


class Groups(Protocol):
    """The named parts of a wording: a match, or the same by name; ``None`` where the wording has none."""

    def __getitem__(self, name: str, /) -> str | Any: ...


Fill = Callable[[TracePacket, Groups], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording. ``start`` must match where the body begins; ``fill`` gets that match."""

    name: str
    stage: Stage
    start: str
    fill: Fill | None = None
    soft: bool = False


ADDRESS = r"[0-9a-fA-F:.]{2,45}"
_END = rf"(?P<src>{ADDRESS})(?:/(?P<sp>\d{{1,10}}))?->(?P<dst>{ADDRESS})(?:/(?P<dp>\d{{1,10}}))?"


def key_of(found: Groups) -> FlowKey:
    """Flow key of a match that has addresses, words for ports and a protocol."""
    protocol = protocol_number(found["proto"])
    return FlowKey(found["src"], *_with(ports(protocol, found["sp"] or "", found["dp"] or ""), found["dst"]), protocol)


def _with(both: tuple[int | None, int | None], destination: str) -> tuple[int | None, str, int | None]:
    return both[0], destination, both[1]


def _matched(packet: TracePacket, found: Groups) -> None:
    packet.key = packet.key or key_of(found)
    names = [name for name in (packet.filter, found["filter"]) if name]
    packet.filter = ",".join(dict.fromkeys(names))


def _packet(packet: TracePacket, found: Groups) -> None:
    packet.length, packet.ip_id = integer(found["length"]), integer(found["ipid"])


def _start(packet: TracePacket, found: Groups) -> None:
    packet.mbuf = _pointer(found["mbuf"])


def _host_outbound(packet: TracePacket, found: Groups) -> None:
    packet.host_outbound, packet.mbuf = True, _pointer(found["mbuf"])


def _pointer(text: str | None) -> str:
    return f"0x{text.removeprefix('0x')}" if text else ""


def _ingress(packet: TracePacket, found: Groups) -> None:
    packet.ingress = packet.ingress or found["ifp"]


def _local_ingress(packet: TracePacket, found: Groups) -> None:
    packet.from_zone = packet.from_zone or found["zone"]
    packet.ingress = found["ifp"]


def _tuple(packet: TracePacket, found: Groups) -> None:
    if packet.key is None or packet.key.protocol == UNKNOWN_PROTOCOL:
        packet.key = key_of(found)
    packet.ingress = packet.ingress or found["ifp"]
    if found["flag"]:
        packet.tcp_flags = packet.tcp_flags or found["flag"].strip()
    if found["type"]:
        packet.icmp = packet.icmp or (int(found["type"]), int(found["code"]))


def _lookup(packet: TracePacket, found: Groups) -> None:
    if packet.key is None:
        packet.key = key_of(found)


def _embedded(packet: TracePacket, _found: Groups) -> None:
    packet.embedded_icmp = True


def session_of(hexadecimal: str | None, decimal: str | None) -> int | None:
    """Session identifier: the lookup prints it in hexadecimal, other lines in decimal."""
    if hexadecimal:
        return int(hexadecimal, 16)
    return int(decimal) if decimal else None


def _session(packet: TracePacket, found: Groups) -> None:
    packet.session_id = session_of(found["hex"], found["id"])


def _found(packet: TracePacket, found: Groups) -> None:
    _session(packet, found)
    _got(packet, found)


def _got(packet: TracePacket, _found: Groups) -> None:
    packet.path = packet.path or "fast"


def _first_path(packet: TracePacket, _found: Groups) -> None:
    packet.path = "first"


def _destination_nat(packet: TracePacket, found: Groups) -> None:
    before_port, after_port = integer(found["bp"]), integer(found["ap"])
    packet.destination_nat = Translation(
        before=found["before"], before_port=before_port, after=found["after"], after_port=after_port,
        rule=(found["rule"] or "").rstrip("."),
    )  # fmt: skip


def _destination_nat_addresses(packet: TracePacket, found: Groups) -> None:
    after = found["after"].rstrip(".")
    if packet.destination_nat is None and after not in {found["before"], "0.0.0.0", "::"}:  # noqa: S104 - no address set
        port = packet.key.destination_port if packet.key else None
        packet.destination_nat = Translation(before=found["before"], before_port=port, after=after, after_port=port)


def _source_nat(packet: TracePacket, found: Groups) -> None:
    rule = packet.source_nat.rule if packet.source_nat else ""
    packet.source_nat = Translation(
        before=found["src"], before_port=integer(found["sp"]), after=found["dst"], after_port=integer(found["dp"]),
        rule=rule,
    )  # fmt: skip


def _source_rule(packet: TracePacket, found: Groups) -> None:
    """A status of 0 says that no rule took the packet."""
    rule = found["rule"].rstrip(".")
    if found["status"] == "0" or rule == "0/0":
        return
    before = packet.source_nat
    key = packet.key
    packet.source_nat = Translation(
        before=before.before if before else (key.source if key else ""),
        before_port=before.before_port if before else (key.source_port if key else None),
        after=before.after if before else "",
        after_port=before.after_port if before else None,
        rule=rule,
    )


def _routed(packet: TracePacket, found: Groups) -> None:
    packet.egress, packet.next_hop = found["egress"], found["hop"]
    packet.from_zone = packet.from_zone or found["zone"]


def _zones(packet: TracePacket, found: Groups) -> None:
    packet.from_zone, packet.to_zone = found["from"], found["to"]


def _policy(packet: TracePacket, found: Groups) -> None:
    packet.policy, packet.policy_id = found["policy"], integer(found["id"])


def _policy_deny(packet: TracePacket, found: Groups) -> None:
    _policy(packet, found)
    packet.outcome = Outcome.DROPPED


def _dropping(packet: TracePacket, _found: Groups) -> None:
    packet.outcome = Outcome.DROPPED


def _out_interface(packet: TracePacket, found: Groups) -> None:
    packet.egress = packet.egress or found["egress"]


def _end(packet: TracePacket, found: Groups) -> None:
    packet.rc = int(found["rc"], 16)
    inner = integer(found["fp"])
    if packet.outcome is Outcome.DROPPED:
        return
    if packet.rc == 0x7 or (inner is not None and inner < 0):
        packet.outcome = Outcome.DROPPED
    elif packet.rc == 0 and inner in {0, None}:
        packet.outcome = Outcome.FORWARDED


RULES: tuple[Rule, ...] = (
    Rule(
        "matched", Stage.MATCHED,
        rf"<{_END};(?P<proto>[\w-]{{1,16}})(?:,0x[0-9a-f]+)?> matched filter (?P<filter>[^\s:]+)",
        _matched,
    ),
    Rule(
        "packet", Stage.PACKET,
        r"packet \[(?P<length>\d{1,10})\] ipid = (?P<ipid>\d{1,10}), @(?:0x)?(?P<pointer>[0-9a-f]+)",
        _packet,
    ),
    Rule(
        "start", Stage.START,
        r"-+ ?flow_process_pkt: \(thd (?P<thd>\d+)\)(?:[^\n]*?mbuf (?P<mbuf>0x[0-9a-f]+))?",
        _start,
    ),
    Rule("host outbound", Stage.START, r"flow process pak, mbuf (?P<mbuf>0x[0-9a-f]+)", _host_outbound),
    Rule("exception", Stage.ANY, r"flow_process_pkt_exception"),
    Rule("ingress", Stage.INGRESS, r"flow process pak fast ifl \d+ in_ifp (?P<ifp>[^\s,]+)", _ingress),
    Rule("local ingress", Stage.INGRESS, r"in_ifp <(?P<zone>[^:>]+):(?P<ifp>[^>]+)>", _local_ingress),
    Rule("host queue", Stage.INGRESS, r"host inq check|Using vr id from|Changing lpak|Over-riding lpak"),
    Rule(
        "tuple", Stage.TUPLE,
        rf"(?P<ifp>[^\s:<>]+):{_END}, (?P<proto>[\w-]{{1,16}})"
        r"(?:, flag (?P<flag>[0-9a-f]+(?: [a-z]+)*)|, \((?P<type>\d{1,3})/(?P<code>\d{1,3})\))?",
        _tuple,
    ),
    Rule(
        "lookup", Stage.LOOKUP,
        rf"find flow: table \S+ hash \S+ sa (?P<src>{ADDRESS}), da (?P<dst>{ADDRESS}), sp (?P<sp>\d{{1,10}}), "
        r"dp (?P<dp>\d{1,10}), proto (?P<proto>\d{1,3})",
        _lookup,
    ),
    Rule("embedded", Stage.LOOKUP, r"flow_find_session: This an Embedded ICMP", _embedded),
    Rule("found", Stage.FOUND, r"Found: session id (?:0x(?P<hex>[0-9a-f]{1,16})|(?P<id>\d{1,20}))", _found),
    Rule("got session", Stage.FOUND, r"flow got session", _got),
    Rule("session id", Stage.FOUND, r"flow session id (?:0x(?P<hex>[0-9a-f]{1,16})|(?P<id>\d{1,20}))", _session),
    Rule("first path", Stage.FOUND, r"no session found, start first path|flow_first_create_session", _first_path),
    Rule(
        "no session", Stage.FOUND,
        r"flow_initiate_first_path: first pak no session|flow find session returns error|flow_proc_rc: -?\d+",
    ),
    Rule(
        "destination nat lookup", Stage.DESTINATION_NAT,
        r"flow_first_in_dst_nat:|chose interface \S+ as incoming nat if",
    ),
    Rule(
        "destination nat", Stage.DESTINATION_NAT,
        rf"(?:flow_first_rule_dst_xlate: )?DST xlate: (?P<before>{ADDRESS})\((?P<bp>\d{{1,5}})\) "
        rf"to (?P<after>{ADDRESS})"
        r"\((?P<ap>\d{1,5})\)(?:, rule/pool id (?P<rule>[\d/]+))?",
        _destination_nat,
    ),
    Rule(
        "destination nat addresses", Stage.DESTINATION_NAT,
        rf"flow_first_rule_dst_xlate: packet {ADDRESS}->(?P<before>{ADDRESS}) nsp2 {ADDRESS}->(?P<after>{ADDRESS})",
        _destination_nat_addresses, soft=True,
    ),
    Rule("vxlan", Stage.ANY, r"nat_lookup_session_all: Do vxlan|vxlan_decap_vector|flow_get_vrf_zone_id_by_vrf_id"),
    Rule("routing", Stage.ROUTE, r"flow_first_routing:|Doing DESTINATION addr route-lookup"),
    Rule(
        "routed", Stage.ROUTE,
        r"routed \(x_dst_ip \S+\) from (?P<zone>\S+) \([^)]*\) to (?P<egress>\S+?), Next-hop: (?P<hop>\S+)",
        _routed,
    ),
    Rule(
        "policy search", Stage.POLICY,
        r"(?:flow_first_policy_search: )?policy search from zone (?P<from>\S+?) ?-> zone (?P<to>\S+)",
        _zones,
    ),
    Rule(
        "policy lookup", Stage.POLICY,
        r"Policy lkup: vsys \d+ zone\(\d+:(?P<from>[^)]+)\) -> zone\(\d+:(?P<to>[^)]+)\)",
        _zones,
    ),
    Rule("reroute failed", Stage.ANY, r"route lookup failed: dest-ip"),
    Rule("vector", Stage.EGRESS, r"vector bits|mbuf (?P<mbuf>0x[0-9a-f]+), exit nh"),
    Rule(
        "end", Stage.END,
        r"-+ ?flow_process_pkt rc (?:0x)?(?P<rc>[0-9a-f]{1,8})(?: \(fp rc (?P<fp>-?\d{1,10})\))?",
        _end,
    ),
    # From here on: general knowledge of the field, no sample.
    Rule("policy permit", Stage.POLICY, r"permitted by policy (?P<policy>\S+?)\((?P<id>\d+)\)", _policy, soft=True),
    Rule("policy deny", Stage.POLICY, r"denied by policy (?P<policy>\S+?)\((?P<id>\d+)\)", _policy_deny, soft=True),
    Rule("policy passed", Stage.POLICY, r"packet passed, Permitted by policy", soft=True),
    Rule(
        "policy details", Stage.POLICY,
        r"app \d+, timeout|policy has timeout|policy is NULL|sm_flow_interest_check",
        soft=True,
    ),
    Rule(
        "source nat", Stage.SOURCE_NAT,
        rf"dip id = \S+, {_END}",
        _source_nat, soft=True,
    ),
    Rule(
        "source nat rule", Stage.SOURCE_NAT,
        r"(?:flow_first_src_xlate:\s+)?src nat [^\n]{0,120}?returns status: (?P<status>\d+), "
        r"rule/pool id:? (?P<rule>[\d/]+)",
        _source_rule, soft=True,
    ),
    Rule("source nat state", Stage.SOURCE_NAT, r"flow_first_src_xlate:", soft=True),
    Rule("source nat exhausted", Stage.SOURCE_NAT, r"[^\n]{0,60}?(?:failed to allocate|dip alloc)", soft=True),
    Rule("no route", Stage.ROUTE, r"DEST route-lookup failed, dropping pkt[^\n]*", _dropping, soft=True),
    Rule("self traffic", Stage.ROUTE, r"check self-traffic on|pak_for_self", soft=True),
    Rule(
        "outgoing interface", Stage.SOURCE_NAT,
        r"choose interface (?P<egress>\S+) as outgoing phy if",
        _out_interface, soft=True,
    ),
    Rule("loop check", Stage.SOURCE_NAT, r"is_loop_pak:", soft=True),
    Rule("service lookup", Stage.SESSION, r"flow_first_service_lookup|service lookup identified", soft=True),
    Rule(
        "final check", Stage.SESSION,
        r"flow_first_final_check: in <[^>]*>, out <(?P<egress>[^>]*)>",
        _out_interface, soft=True,
    ),
    Rule(
        "session created", Stage.SESSION,
        r"Session \(id:(?:0x(?P<hex>[0-9a-f]{1,16})|(?P<id>\d{1,20}))\) created for first pak",
        _session, soft=True,
    ),
    Rule(
        "session install", Stage.SESSION,
        r"existing vector list|flow_first_install_session|make_nsp_ready_no_resolve|"
        r"Installing (?:c2s|s2c) NP session|nsp 0x",
        soft=True,
    ),
    Rule("return route", Stage.SESSION, r"route lookup: dest-ip|route to ", soft=True),
    Rule("tcp state", Stage.ANY, r"tcp flags 0x|Got syn|Got fin|Got rst|tcp seq|TCP seq", soft=True),
    Rule(
        "encapsulation", Stage.EGRESS,
        r"post addr xlation:|encap vector|no more encapping|going into tunnel",
        soft=True,
    ),
)  # fmt: skip
