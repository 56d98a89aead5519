"""Longest-prefix match over connected and static routes, and those that a routing protocol moves."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from orchestrator.lab.scenario import Route, Scenario

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOCAL = ".local..0"
CACHE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a destination lies. ``local`` is the device itself; ``next_hop`` is empty on a connected network."""

    interface: str
    next_hop: str = ""
    local: bool = False
    reject: bool = False

    def gateway(self, destination: str) -> str:
        """The neighbour that gets the packet."""
        return self.next_hop or destination


class RoutingTable:
    """One table for all logical systems: their prefixes are expected not to overlap (the lab's simplification).

    ``generation`` grows with every change, so that sessions know when to look again.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._addresses = {name: list(interface.addresses) for name, interface in scenario.interfaces.items()}
        self._given = {route.prefix: route for route in reversed(scenario.routes)}
        self._cache: dict[str, Hop | None] = {}
        self.generation = 0
        self._build()

    def _build(self) -> None:
        self._local: dict[str, Hop] = {}
        routes: list[tuple[Network, Hop]] = []
        for name, addresses in self._addresses.items():
            for text in addresses:
                address = ipaddress.ip_interface(text)
                self._local[str(address.ip)] = Hop(name, local=True)
                routes.append((address.network, Hop(name)))
        connected = list(routes)
        for route in self._given.values():
            via = route.interface or _interface_towards(connected, route.next_hop)
            network = ipaddress.ip_network(route.prefix)
            routes.append((network, Hop(via, route.next_hop or "", reject=route.reject)))
        self._routes = sorted(routes, key=lambda one: one[0].prefixlen, reverse=True)
        self._cache.clear()

    def move(self, route: Route) -> None:
        """Take a route into the table, in the place of one for the same prefix."""
        self._given[route.prefix] = route
        self._changed()

    def renumber(self, interface: str, address: str) -> None:
        """Give an interface another address; its first one goes."""
        self._addresses[interface] = [address, *self._addresses[interface][1:]]
        self._changed()

    def _changed(self) -> None:
        self.generation += 1
        self._build()

    def lookup(self, address: str) -> Hop | None:
        """The way to an address, ``None`` when no route covers it."""
        if address in self._cache:
            return self._cache[address]
        if len(self._cache) >= CACHE_LIMIT:
            self._cache.clear()
        self._cache[address] = found = self._local.get(address) or self._search(address)
        return found

    def _search(self, address: str) -> Hop | None:
        wanted = ipaddress.ip_address(address)
        return next((hop for network, hop in self._routes if wanted in network), None)


def _interface_towards(connected: list[tuple[Network, Hop]], next_hop: str | None) -> str:
    if next_hop is None:
        return ""
    wanted = ipaddress.ip_address(next_hop)
    return next((hop.interface for network, hop in connected if wanted in network), "")
