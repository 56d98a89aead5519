"""One packet's way through the device: screens, session lookup, first path or fast path, out."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Callable

from orchestrator.lab.datapath import synthetic
from orchestrator.lab.datapath.logs import SessionLog
from orchestrator.lab.datapath.nat import ExhaustedError, Translator
from orchestrator.lab.datapath.outcome import SELF_NOT_INTERESTED, Cause, Outcome
from orchestrator.lab.datapath.packet import ACK, ICMP, SYN, TCP, Packet, reverse
from orchestrator.lab.datapath.policy import SELF_POLICY, VALUES, PolicyTable
from orchestrator.lab.datapath.records import Counters, Session, Wing
from orchestrator.lab.datapath.routing import LOCAL, RoutingTable
from orchestrator.lab.datapath.screens import Screens
from orchestrator.lab.datapath.sessions import Found, SessionTable, is_past, is_reopened
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.datapath.transit import Transit
from orchestrator.lab.datapath.window import advance
from orchestrator.lab.scenario import Scenario

JUNOS_HOST = "junos-host"


class Forwarder:
    """The tables of the device and the walk of a packet through them."""

    def __init__(self, scenario: Scenario, style: DeviceStyle, log: SessionLog, counters: Counters) -> None:
        self._style = style
        self._log = log
        self._counters = counters
        self._zones = {name: interface.zone or "" for name, interface in scenario.interfaces.items()}
        self._zones[LOCAL] = JUNOS_HOST
        self._syn_check = scenario.flow.tcp_syn_check
        self._max_sessions = scenario.flow.max_sessions
        self.routes = RoutingTable(scenario)
        self.policies = PolicyTable(scenario, style.default_policy, style.default_policy_id)
        self.sessions = SessionTable(style, scenario.flow)
        self._translator = Translator(scenario)
        self._transit = Transit(scenario, self.routes, self.policies)
        self._screens = Screens(scenario, self.routes)

    def walk(self, packet: Packet) -> Outcome:
        """Take one packet to its end."""
        outcome = Outcome(packet)
        outcome.from_zone = self._zones.get(packet.interface, "")
        outcome.cause = self._screens.check(outcome.from_zone, packet)
        found = None if outcome.cause else self._find(packet)
        if found is None:
            self._spread(outcome)
            outcome.cause = outcome.cause or self._first_path(outcome)
        else:
            outcome.session, outcome.fast_path = found.session, True
            outcome.thread, outcome.fpc_pic = found.session.thread, found.session.fpc_pic
            outcome.hash = found.session.session_id * 2654435761 & 0xFFFF
            outcome.cause = self._transit.stays(found, packet) or self._identify(outcome, found)
            if outcome.cause is None:
                self._pass(outcome, found)
        return outcome

    def end(self, session: Session, now: float, reason: str = "") -> None:
        """Close a session: log it, give back what it had."""
        session.closing = session.closing or reason
        name = session.closing or "aged out"
        self._counters.by_reason[name] = self._counters.by_reason.get(name, 0) + 1
        if session.log_close:
            self._log.closed(session, now)
        assert session.outgoing is not None
        self._translator.give_back(session.outgoing.destination, session.outgoing.destination_port)
        self.sessions.remove(session, now)

    def close(self, predicate: Callable[[Session], bool], now: float, reason: str) -> int:
        """Close the sessions that somebody chose; returns how many."""
        chosen = [session for session in self.sessions.by_id.values() if predicate(session)]
        for session in chosen:
            session.closing = ""  # this ends it, whatever it was about to die of
            self.end(session, now, reason)
        return len(chosen)

    def refresh(self, interface: str, address: str, now: float) -> None:
        """Give an interface another address; sessions with interface NAT to the old one end.

        The next packets set up new ones (documentation).
        """
        self.routes.renumber(interface, address)
        self._translator.renumber(interface, str(ipaddress.ip_interface(address).ip))
        self.close(lambda one: _lends(one, interface), now, synthetic.RENEWED)

    def delete_policy(self, name: str, now: float, *, deleted: bool) -> None:
        """Take a policy out with its sessions (documentation: policy delete), or put it back."""
        self.policies.delete(name, deleted=deleted)
        if deleted:
            self.close(lambda one: one.policy.rpartition("/")[0] == name, now, "policy delete")

    def forget(self) -> None:
        """A reboot: no session and no lent port is left."""
        self.sessions.wipe()
        self._translator.wipe()

    def _find(self, packet: Packet) -> Found | None:
        """The living session of a packet; one past its time is closed on the way."""
        found = self.sessions.find(packet.key)
        if found is None or self._zones.get(packet.interface) != self._zones.get(found.wing.interface):
            return None  # the token in the lookup names the zone
        if not (is_past(found.session, packet.time) or is_reopened(found, packet)):
            return found
        self.end(found.session, packet.time)
        return None

    def _spread(self, outcome: Outcome) -> None:
        """Choose the SPU and the flow thread of a new packet by hashing its tuple."""
        style, packet = self._style, outcome.packet
        text = f"{packet.source}{packet.source_port}{packet.destination}{packet.destination_port}{packet.protocol}"
        digest = zlib.crc32(text.encode())
        outcome.hash = digest & 0xFFFF
        outcome.thread = 1 + (digest >> 4) % style.trace.threads
        outcome.fpc_pic = style.fpc_pics[(digest >> 12) % len(style.fpc_pics)]

    def _pass(self, outcome: Outcome, found: Found) -> None:
        """Count the packet in its session and send it on."""
        packet, other = outcome.packet, found.other
        self.sessions.follow(found, packet)
        advance(found, packet)
        if other.interface == LOCAL:
            outcome.delivered = True
            return
        outcome.forwarded = Packet(
            source=other.destination,
            source_port=other.destination_port,
            destination=other.source,
            destination_port=other.source_port,
            protocol=packet.protocol,
            interface=other.interface,
            time=packet.time,
            flags=packet.flags,
            length=packet.length,
            ip_id=packet.ip_id,
            icmp=packet.icmp,
            logical_system=packet.logical_system,
            ttl=packet.ttl - 1,
            dont_fragment=packet.dont_fragment,
        )

    def _identify(self, outcome: Outcome, found: Found) -> Cause | None:
        """Settle the policy of a session by the application that the server's answer shows."""
        session, packet, wing = found.session, outcome.packet, found.session.outgoing
        if not session.awaits_application or not packet.payload or found.is_incoming:
            return None
        assert wing is not None
        session.awaits_application, session.dynamic_application = False, packet.payload
        flow = (session.from_zone, session.to_zone, session.incoming.source, wing.source, wing.protocol)
        verdict = self.policies.search((*flow, wing.source_port), packet.payload)
        if verdict.action == "permit":
            session.policy, session.log_close = f"{verdict.name}/{verdict.number}", verdict.log_close
            return None
        outcome.verdict, outcome.rejected = verdict, verdict.action == "reject"
        if verdict.log_init or verdict.log_close:
            self._log.denied_late(session, verdict, packet.time)
        session.log_close = False  # it was denied instead
        self.end(session, packet.time, synthetic.APPLICATION_DENIED)
        return synthetic.DYNAMIC_APPLICATION

    def _first_path(self, outcome: Outcome) -> Cause | None:
        if (cause := self._admit(outcome) or self._route(outcome)) is not None:
            return cause
        assert outcome.hop is not None
        if outcome.hop.local:
            return self._to_self(outcome)
        outcome.to_zone = self._zones.get(outcome.hop.interface, "")
        if not outcome.to_zone:
            return synthetic.INVALID_ZONE
        cause = self._transit.leaves(outcome.packet, outcome.hop.interface) or self._ask_policy(outcome)
        return cause or self._translate_source(outcome) or self._install(outcome)

    def _admit(self, outcome: Outcome) -> Cause | None:
        packet = outcome.packet
        if not outcome.from_zone:
            return synthetic.NULL_ZONE
        if self._screens.is_full(outcome.from_zone, packet.source, self.sessions.by_id.values()):
            return synthetic.SOURCE_LIMIT
        if self._syn_check and packet.protocol == TCP and packet.flags & (SYN | ACK) != SYN:
            return synthetic.NOT_SYN
        return None

    def _route(self, outcome: Outcome) -> Cause | None:
        outcome.destination = self._translator.destination(outcome.from_zone, outcome.packet)
        outcome.hop = hop = self.routes.lookup(outcome.target[0])
        if hop is None:
            return synthetic.NO_ROUTE
        return synthetic.ROUTE_REJECT if hop.reject else None

    def _to_self(self, outcome: Outcome) -> Cause | None:
        packet = outcome.packet
        outcome.to_zone = JUNOS_HOST
        if not self.policies.lets_in(outcome.from_zone, packet.protocol, packet.destination_port):
            return SELF_NOT_INTERESTED
        return self._install(outcome)

    def _ask_policy(self, outcome: Outcome) -> Cause | None:
        packet, (address, port) = outcome.packet, outcome.target
        zones = (outcome.from_zone, outcome.to_zone)
        flow = (*zones, packet.source, address, packet.protocol, 0 if packet.protocol == ICMP else port)
        outcome.verdict = verdict = self.policies.search(flow)
        if verdict.action == "permit":
            return None
        outcome.rejected = verdict.action == "reject"
        if verdict.log_init or verdict.log_close:
            self._log.denied(outcome, self._service(outcome))
        return synthetic.REJECTED if outcome.rejected else synthetic.DENIED

    def _translate_source(self, outcome: Outcome) -> Cause | None:
        assert outcome.hop is not None
        zones = (outcome.from_zone, outcome.to_zone)
        try:
            outcome.source = self._translator.source(zones, outcome.packet, outcome.target[0], outcome.hop.interface)
        except ExhaustedError:
            self._counters.failed += 1
            return synthetic.POOL_EXHAUSTED
        return None

    def _install(self, outcome: Outcome) -> Cause | None:
        if len(self.sessions.by_id) >= self._max_sessions:
            self._counters.failed += 1
            return self._undone(outcome, synthetic.TABLE_FULL)
        session = self._session(outcome)
        if not self.sessions.install(session):
            self._counters.failed += 1
            return self._undone(outcome, synthetic.WING_TAKEN)
        outcome.session = session
        self._counters.created += 1
        if outcome.verdict is not None and outcome.verdict.log_init:
            self._log.created(session, outcome.packet.time)
        self._pass(outcome, Found(session, session.incoming, is_incoming=True))
        return None

    def _undone(self, outcome: Outcome, cause: Cause) -> Cause:
        if outcome.source is not None:
            self._translator.give_back(outcome.source.address, outcome.source.port)
        return cause

    def _session(self, outcome: Outcome) -> Session:
        packet, verdict = outcome.packet, outcome.verdict
        incoming, outgoing = self._wings(outcome)
        application = "" if packet.protocol == ICMP else self.policies.application(packet.protocol, outcome.target[1])
        timeout, configured = self.sessions.timeouts(packet.protocol, self.policies.inactivity_timeout(application))
        source, destination = outcome.source, outcome.destination
        return Session(
            session_id=self.sessions.next_id(self._style.fpc_pics.index(outcome.fpc_pic)),
            incoming=incoming,
            outgoing=outgoing,
            policy=f"{verdict.name}/{verdict.number}" if verdict else SELF_POLICY,
            from_zone=outcome.from_zone,
            to_zone=outcome.to_zone,
            created=packet.time,
            last_packet=packet.time,
            timeout_seconds=timeout,
            configured_timeout_seconds=configured,
            application=application,
            application_value=VALUES.get(application, 0),
            source_pool=source.pool if source else "",
            source_rule=source.rule if source else "",
            destination_rule=destination.rule if destination else "",
            logical_system=packet.logical_system,
            fpc_pic=outcome.fpc_pic,
            thread=outcome.thread,
            log_close=verdict is not None and verdict.log_close,
            service=self._service(outcome),
            awaits_application=verdict is not None and verdict.awaits_application,
            routes_seen=self.routes.generation,
            static_source=source is not None and source.static,
            static_destination=destination is not None and destination.static,
        )

    def _wings(self, outcome: Outcome) -> tuple[Wing, Wing]:
        packet, hop, source = outcome.packet, outcome.hop, outcome.source
        assert hop is not None
        zone_id = self.policies.zone_id
        incoming = Wing(*packet.key, packet.interface, token=zone_id(outcome.from_zone) + 3, gateway=packet.source)
        back = self.routes.lookup(packet.source)
        if back is not None:
            incoming.gateway = back.gateway(packet.source)
        client = (source.address, source.port) if source else (packet.source, packet.source_port)
        interface = LOCAL if hop.local else hop.interface
        outgoing = Wing(*reverse((*client, *outcome.target, packet.protocol)), interface)
        outgoing.token = 2 if hop.local else zone_id(outcome.to_zone) + 3
        outgoing.flag, outgoing.gateway = 0x20, hop.gateway(outcome.target[0])
        return incoming, outgoing

    def _service(self, outcome: Outcome) -> str:
        protocol = outcome.packet.protocol
        return "icmp" if protocol == ICMP else self.policies.application(protocol, outcome.target[1]) or "None"


def _lends(session: Session, interface: str) -> bool:
    """Whether a session goes by an interface's own address."""
    by_rule = session.source_rule and not session.source_pool and not session.static_source
    return bool(by_rule) and session.outgoing is not None and session.outgoing.interface == interface
