"""Screens: the checks that come before the session lookup."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.lab.datapath import synthetic
from orchestrator.lab.datapath.outcome import Cause
from orchestrator.lab.datapath.packet import ACK, FIN, SYN, TCP, Packet
from orchestrator.lab.datapath.records import Session
from orchestrator.lab.datapath.routing import RoutingTable
from orchestrator.lab.scenario import Scenario


class Screens:
    """The screens of every zone."""

    def __init__(self, scenario: Scenario, routes: RoutingTable) -> None:
        self._screens = {name: frozenset(zone.screens) for name, zone in scenario.zones.items() if zone.screens}
        self._limits = {name: zone.session_limit for name, zone in scenario.zones.items() if zone.session_limit}
        self._zone_of = {name: interface.zone for name, interface in scenario.interfaces.items()}
        self._routes = routes

    def check(self, zone: str, packet: Packet) -> Cause | None:
        """The screen that stops a packet."""
        screens = self._screens.get(zone)
        if screens is None:
            return None
        if "land" in screens and packet.source == packet.destination:
            return synthetic.LAND
        if "ip-spoofing" in screens and self._is_spoofed(zone, packet.source):
            return synthetic.IP_SPOOFING
        return _check_flags(screens, packet.flags) if packet.protocol == TCP else None

    def is_full(self, zone: str, source: str, sessions: Iterable[Session]) -> bool:
        """Whether a source has as many sessions as its zone lets it have."""
        limit = self._limits.get(zone)
        return limit is not None and sum(one.incoming.source == source for one in sessions) >= limit

    def _is_spoofed(self, zone: str, source: str) -> bool:
        """Whether the way back to the source leaves by another zone than the packet came from."""
        back = self._routes.lookup(source)
        return back is None or back.local or self._zone_of.get(back.interface) != zone


def _check_flags(screens: frozenset[str], flags: int) -> Cause | None:
    if "tcp-no-flag" in screens and flags == 0:
        return synthetic.NO_FLAG
    if "syn-fin" in screens and flags & (SYN | FIN) == SYN | FIN:
        return synthetic.SYN_FIN
    if "fin-no-ack" in screens and flags & (FIN | ACK) == FIN:
        return synthetic.FIN_NO_ACK
    return None
