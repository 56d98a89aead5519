"""What may end a packet that has a way out: its session's route moved, its TTL is used up, it is too large.

Where on its way a device makes these checks is in no source: here the new route comes before TTL and size, and all of
them before the packet is counted in its session.
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator.lab.datapath import synthetic, window
from orchestrator.lab.datapath.outcome import Cause
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.datapath.policy import PolicyTable
from orchestrator.lab.datapath.routing import LOCAL, Hop, RoutingTable
from orchestrator.lab.datapath.sessions import Found
from orchestrator.lab.scenario import Scenario


class Transit:
    """The checks of packets that pass through."""

    def __init__(self, scenario: Scenario, routes: RoutingTable, policies: PolicyTable) -> None:
        self._mtu = {name: interface.mtu for name, interface in scenario.interfaces.items()}
        self._zones = {name: interface.zone or "" for name, interface in scenario.interfaces.items()}
        self._checks_sequence = scenario.flow.tcp_sequence_check
        self._routes = routes
        self._policies = policies

    def leaves(self, packet: Packet, interface: str) -> Cause | None:
        """Why a packet cannot leave by an interface."""
        if packet.ttl <= 1:
            return synthetic.TTL_EXPIRED
        if packet.dont_fragment and packet.length > self._mtu.get(interface, packet.length):
            return synthetic.TOO_LARGE
        return None

    def stays(self, found: Found, packet: Packet) -> Cause | None:
        """Why a packet of a session ends after all."""
        if self._checks_sequence and window.is_outside(found, packet):
            return synthetic.OUT_OF_WINDOW
        if LOCAL in {found.other.interface, packet.interface}:
            return None
        cause = self._follow_route(found) or self.leaves(packet, found.other.interface)
        return replace(cause, trace=synthetic.in_session(cause.trace)) if cause else None

    def _follow_route(self, found: Found) -> Cause | None:
        """After the routes changed, the session takes the new way if that is in the same zone (facts: published trace).

        Only the way to the server is followed; replies go where they went (the lab's simplification).
        """
        session, other = found.session, found.other
        if not found.is_incoming or session.routes_seen == self._routes.generation:
            return None
        hop = self._routes.lookup(other.source)
        if hop is None or hop.local or hop.reject:
            return synthetic.reroute_failed("")
        if self._zones.get(hop.interface) != self._zones.get(other.interface):
            return self._failed(found, hop)
        other.interface, other.gateway = hop.interface, hop.gateway(other.source)
        session.routes_seen = self._routes.generation
        return None

    def _failed(self, found: Found, hop: Hop) -> Cause:
        old, new = found.other.interface, hop.interface
        zone_ids = [self._policies.zone_id(self._zones.get(name, "")) for name in (old, new)]
        return synthetic.reroute_failed(
            f"route lookup failed: dest-ip {found.other.source} orig ifp {old} output_ifp {new} fto 0x0 "
            f"orig-zone {zone_ids[0]} out-zone {zone_ids[1]} vsd 0"
        )
