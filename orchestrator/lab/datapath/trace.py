"""The flow trace of one packet, as record bodies in the order a device writes them.

Kinds and shapes are confirmed by published traces (facts: 12.x to 24.4 samples); what is not comes from ``synthetic``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.lab.datapath import synthetic
from orchestrator.lab.datapath.outcome import Outcome, Stage
from orchestrator.lab.datapath.packet import ACK, FIN, ICMP, RST, SYN, TCP
from orchestrator.lab.datapath.policy import PolicyTable
from orchestrator.lab.datapath.routing import LOCAL
from orchestrator.lab.datapath.style import TraceStyle

STATE_READ = "CLI flow status command recvd, subtype =1"  # written when the tracing state is (re)read
FIRST_IFL = 76
FLAG_WORDS = ((SYN, "syn"), (FIN, "fin"), (RST, "rst"))
PROTOCOL_WORDS = {TCP: "tcp", 17: "udp", ICMP: "icmp"}

Writer = Callable[[Outcome], Iterator[str]]


class TraceWriter:
    """Turns outcomes into record bodies."""

    def __init__(self, style: TraceStyle, policies: PolicyTable, interfaces: list[str]) -> None:
        self._style = style
        self._policies = policies
        self._ifl = {name: FIRST_IFL + index for index, name in enumerate(interfaces)}
        self._first_path: tuple[tuple[Stage, Writer], ...] = (
            (Stage.ZONE, _no_session),
            (Stage.SYN_CHECK, _nothing),
            (Stage.ROUTE, self._routing),
            (Stage.SELF, _for_self),
            (Stage.EGRESS, _routed),
            (Stage.POLICY, self._policy),
            (Stage.SOURCE_NAT, synthetic.source_nat),
            (Stage.INSTALL, _nothing),
        )

    def bodies(self, outcome: Outcome, filters: list[str]) -> Iterator[str]:
        """All records of one packet, from ``matched filter`` to ``rc``."""
        buffer = self._buffer(outcome)
        yield from self._opening(outcome, filters, buffer)
        if outcome.cause is not None and outcome.cause.stage is Stage.SCREEN:
            yield from _dropped(outcome)
        else:
            yield self._lookup(outcome)
            yield from _found(outcome) if outcome.fast_path else self._first(outcome, buffer)
        if outcome.cause is None:
            pointer = self._style.pointer(0x45ACE0A0 + outcome.thread * 0x1000)
            yield f" vector bits 0x2 vector {pointer}"
            yield f"mbuf {self._style.pointer(buffer)}, exit nh {self._exit(outcome):#x}"
        end = "0x0 (fp rc 0)" if outcome.cause is None else "0x7 (fp rc -1)"
        yield f" ----- flow_process_pkt rc {end}"

    @staticmethod
    def _buffer(outcome: Outcome) -> int:
        return 0x42000000 + ((outcome.packet.ip_id * 0x480 + outcome.thread * 0x1000000) & 0x03FFFF80)

    def _exit(self, outcome: Outcome) -> int:
        out = outcome.forwarded
        return 0x10 if out is None else (self._ifl.get(out.interface, 0) << 16) | 0x10

    def _opening(self, outcome: Outcome, filters: list[str], buffer: int) -> Iterator[str]:
        packet, pointer = outcome.packet, self._style.pointer(buffer)
        ports = f"{packet.source}/{packet.source_port}->{packet.destination}/{packet.destination_port}"
        if packet.interface == LOCAL:  # packets of the device have no header of their own
            yield f"flow process pak, mbuf {pointer}, ifl 0, ctxt_type 0 inq type 5"
            yield " in_ifp <junos-host:.local..0>"
            yield "host inq check inq_type 0x5"
            return
        tag = ",0x0" if self._style.has_conn_tag else ""
        for name in filters:
            yield f"<{ports};{packet.protocol}{tag}> matched filter {name}:"
        data = self._style.pointer(buffer + 0x21C)
        data = data if self._style.packet_pointer_has_0x else data[2:]
        yield f"packet [{packet.length}] ipid = {packet.ip_id}, @{data}"
        yield (
            f"---- flow_process_pkt: (thd {outcome.thread}): flow_ctxt type 15, common flag 0x0, mbuf {pointer}, "
            "rtbl_idx = 0"
        )
        yield f" flow process pak fast ifl {self._ifl.get(packet.interface, 0)} in_ifp {packet.interface}"
        yield f"  {packet.interface}:{_tuple(outcome)}"

    def _lookup(self, outcome: Outcome) -> str:
        packet = outcome.packet
        tag = ", conn-tag 0x00000000" if self._style.has_conn_tag else ""
        return (
            f" find flow: table {self._style.pointer(0x5258D7B0)}, hash {outcome.hash}(0xffff), sa {packet.source}, "
            f"da {packet.destination}, sp {packet.source_port}, dp {packet.destination_port}, "
            f"proto {packet.protocol}, tok {self._policies.zone_id(outcome.from_zone) + 3}{tag}"
        )

    def _first(self, outcome: Outcome, buffer: int) -> Iterator[str]:
        last = None if outcome.cause is None else outcome.cause.stage
        for stage, lines in self._first_path:
            if not (outcome.to_zone == "junos-host" and stage in (Stage.EGRESS, Stage.POLICY, Stage.SOURCE_NAT)):
                yield from lines(outcome)
            if stage is last:
                yield from _dropped(outcome)
                return
        yield from synthetic.built(outcome, self._style.pointer(0x51000000 | buffer & 0xFFFFFF))
        yield from _got_session(outcome)

    def _routing(self, outcome: Outcome) -> Iterator[str]:
        packet, name = outcome.packet, outcome.packet.interface
        address, _ = outcome.target
        yield (
            f"  flow_first_in_dst_nat: in <{name}>, out <N/A> dst_adr {packet.destination}, "
            f"sp {packet.source_port}, dp {packet.destination_port}"
        )
        yield f"  chose interface {name} as incoming nat if."
        if (rule := outcome.destination) is not None:
            yield (
                f"flow_first_rule_dst_xlate: DST xlate: {packet.destination}({packet.destination_port}) to "
                f"{rule.address}({rule.port}), rule/pool id {rule.number}/{rule.number}."
            )
        yield (
            f"flow_first_routing: vr_id 0, call flow_route_lookup(): src_ip {packet.source}, x_dst_ip {address}, "
            f"in ifp {name}, out ifp N/A sp {packet.source_port}, dp {packet.destination_port}, "
            f"ip_proto {packet.protocol}, tos 0"
        )
        yield "Doing DESTINATION addr route-lookup"

    def _policy(self, outcome: Outcome) -> Iterator[str]:
        packet, (_, port) = outcome.packet, outcome.target
        from_zone, to_zone = outcome.from_zone, outcome.to_zone
        ports = packet.source_port << 16 | packet.destination_port
        zone_id = self._policies.zone_id
        yield (
            f"flow_first_policy_search: policy search from zone {from_zone}-> zone {to_zone} "
            f"(0x110,{ports:#x},{port:#x})"
        )
        yield (
            f"Policy lkup: vsys 0 zone({zone_id(from_zone)}:{from_zone}) -> zone({zone_id(to_zone)}:{to_zone}) scope:0"
        )
        if outcome.cause is None or outcome.cause.stage is not Stage.POLICY:
            yield from synthetic.permitted(outcome)


def _tuple(outcome: Outcome) -> str:
    packet = outcome.packet
    word = PROTOCOL_WORDS.get(packet.protocol, str(packet.protocol))
    if packet.protocol == ICMP:
        return f"{packet.source}->{packet.destination}, icmp, ({packet.icmp[0]}/{packet.icmp[1]})"
    text = f"{packet.source}/{packet.source_port}->{packet.destination}/{packet.destination_port}, {word}"
    if packet.protocol != TCP:
        return text
    words = [name for bit, name in FLAG_WORDS if packet.flags & bit]
    if packet.flags & (SYN | ACK) == SYN | ACK:
        words.append("ack")
    return " ".join([f"{text}, flag {packet.flags:x}", *words])


def _nothing(_: Outcome) -> Iterator[str]:
    return iter(())


def _no_session(_: Outcome) -> Iterator[str]:
    yield "  no session found, start first path. in_tunnel - 0x0, from_cp_flag - 0"
    yield "  flow_first_create_session"


def _for_self(outcome: Outcome) -> Iterator[str]:
    if outcome.hop is not None and outcome.hop.local:
        yield from _routed(outcome)
        yield from synthetic.for_self(outcome)


def _routed(outcome: Outcome) -> Iterator[str]:
    hop, (address, _) = outcome.hop, outcome.target
    assert hop is not None
    out = LOCAL if hop.local else hop.interface
    yield (
        f"  routed (x_dst_ip {address}) from {outcome.from_zone} ({outcome.packet.interface} in 0) to {out}, "
        f"Next-hop: {hop.gateway(address)}"
    )


def _told(outcome: Outcome) -> Iterator[str]:
    """The records of a drop's cause."""
    cause, verdict = outcome.cause, outcome.verdict
    assert cause is not None
    for text in cause.trace:
        yield text if verdict is None else text.format(policy=verdict.name, number=verdict.number)


def _dropped(outcome: Outcome) -> Iterator[str]:
    yield from _told(outcome)
    yield "  flow find session returns error."
    yield "flow_proc_rc: -1."


def _found(outcome: Outcome) -> Iterator[str]:
    session = outcome.session
    assert session is not None
    yield f"Found: session id {session.session_id:#x}. sess tok {session.incoming.token}"
    yield from _got_session(outcome)
    if outcome.cause is None:
        yield from synthetic.post_translation(outcome)
    else:  # what a device adds before the end is in no source
        yield from _told(outcome)


def _got_session(outcome: Outcome) -> Iterator[str]:
    session = outcome.session
    assert session is not None
    yield "  flow got session."
    yield f"  flow session id {session.session_id}"
