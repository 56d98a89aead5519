"""Static, destination and source NAT, and the ports that source NAT lends."""

from __future__ import annotations

import ipaddress
import zlib
from dataclasses import dataclass

from orchestrator.lab.datapath.packet import ICMP, Packet
from orchestrator.lab.scenario import Nat, Scenario, SourceRule

INTERFACE_PORTS = (1024, 63487)


@dataclass(frozen=True, slots=True)
class Translation:
    """An address and port that replace others, and the rule that said so; ``number`` is the rule's place."""

    address: str
    port: int
    rule: str
    number: int
    pool: str = ""
    static: bool = False


class ExhaustedError(Exception):
    """The pool has no free port."""


class Lender:
    """Lends (address, port) pairs of one pool, round robin."""

    def __init__(self, name: str, addresses: list[str], ports: tuple[int, int]) -> None:
        self.addresses = addresses
        self._low, high = ports
        self._span = high - self._low + 1
        self._size = self._span * len(addresses)
        self._next = zlib.crc32(name.encode()) % self._size  # deterministic, and not always the first port
        self.lent: set[tuple[str, int]] = set()

    def lend(self) -> tuple[str, int]:
        """The next free pair.

        Raises:
            ExhaustedError: every pair is lent.
        """
        if len(self.lent) >= self._size:
            raise ExhaustedError
        while True:
            address = self.addresses[self._next // self._span]
            pair = (address, self._low + self._next % self._span)
            self._next = (self._next + 1) % self._size
            if pair not in self.lent:
                self.lent.add(pair)
                return pair


class Translator:
    """All NAT of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._nat: Nat = scenario.nat
        self._lenders = {
            name: Lender(name, [str(one) for one in ipaddress.ip_network(pool.addresses)], pool.ports)
            for name, pool in scenario.nat.pools.items()
        }
        self._owner: dict[tuple[str, int], Lender] = {}
        self._interface_address = {
            name: str(ipaddress.ip_interface(one.addresses[0]).ip)
            for name, one in scenario.interfaces.items()
            if one.addresses
        }

    def destination(self, zone: str, packet: Packet) -> Translation | None:
        """The real server behind the address a client used; static NAT goes first."""
        for number, static in enumerate(self._nat.static, 1):
            if (static.from_zone, static.public) == (zone, packet.destination):
                return Translation(static.private, packet.destination_port, static.name, number, static=True)
        for number, rule in enumerate(self._nat.destination, 1):
            if (rule.from_zone, rule.match.address) != (zone, packet.destination):
                continue
            if rule.match.port in (0, packet.destination_port):
                port = rule.to.port or packet.destination_port
                return Translation(rule.to.address, port, rule.name, number)
        return None

    def source(self, zones: tuple[str, str], packet: Packet, destination: str, egress: str) -> Translation | None:
        """What the server will see as the client.

        Raises:
            ExhaustedError: the pool of the rule has no free port.
        """
        for number, static in enumerate(self._nat.static, 1):
            if (static.from_zone, static.private) == (zones[1], packet.source):
                return Translation(static.public, packet.source_port, static.name, number, static=True)
        for number, rule in enumerate(self._nat.source, 1):
            if (rule.from_zone, rule.to_zone) == zones and _applies(rule, packet.source, destination):
                return self._borrow(rule, number, packet, egress)
        return None

    def _borrow(self, rule: SourceRule, number: int, packet: Packet, egress: str) -> Translation | None:
        pool = rule.pool or ""
        name = pool or self._interface_address.get(egress, "")
        if not name:
            return None
        lender = self._lenders.get(name)
        if lender is None:
            lender = self._lenders[name] = Lender(name, [name], INTERFACE_PORTS)
        if packet.protocol == ICMP:  # synthetic: identifier and sequence stay, only the address changes
            return Translation(lender.addresses[0], packet.source_port, rule.name, number, pool)
        address, port = lender.lend()
        self._owner[address, port] = lender
        return Translation(address, port, rule.name, number, pool)

    def renumber(self, interface: str, address: str) -> None:
        """Interface NAT lends the new address from now on."""
        self._interface_address[interface] = address

    def give_back(self, address: str, port: int) -> None:
        """End a loan; no loan is fine."""
        lender = self._owner.pop((address, port), None)
        if lender is not None:
            lender.lent.discard((address, port))

    def wipe(self) -> None:
        """A reboot: no loan is left."""
        for lender in self._lenders.values():
            lender.lent.clear()
        self._owner.clear()


def _applies(rule: SourceRule, source: str, destination: str) -> bool:
    return all(
        prefix is None or ipaddress.ip_address(address) in ipaddress.ip_network(prefix)
        for prefix, address in ((rule.source, source), (rule.destination, destination))
    )
