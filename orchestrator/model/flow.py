"""Who talks to whom: addresses, endpoints and flow keys."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from orchestrator.model import protocols

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A prefix (a single address is a /32 or /128) and a port, ``None`` for any port."""

    prefix: Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Read ``192.0.2.8``, ``192.0.2.0/24``, ``192.0.2.8:443``, ``[2001:db8::1]:443``.

        Raises:
            ValueError: it is not an address, a prefix, or one of them with a port.
        """
        address, port = _split_port(text.strip())
        if "%" in address:
            raise ValueError(f"not an address or prefix: {text!r} (a scope means nothing on another machine)")
        try:
            prefix = ipaddress.ip_network(address, strict=True)
        except ValueError as error:
            raise ValueError(f"not an address or prefix: {text!r} ({error})") from error
        return cls(prefix, port)

    @property
    def is_single(self) -> bool:
        """Whether it names one address."""
        return self.prefix.num_addresses == 1

    def holds(self, address: str, port: int | None) -> bool:
        """Whether an address and a port lie inside."""
        try:
            inside = ipaddress.ip_address(address) in self.prefix
        except ValueError:
            return False
        return inside and self.port in (None, port)

    def __str__(self) -> str:
        host = str(self.prefix.network_address) if self.is_single else str(self.prefix)
        if self.port is None:
            return host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"not an endpoint: {text!r} (write [2001:db8::1]:443)")
        return address, _port(rest[1:]) if rest else None
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return address, _port(port)
    return text, None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ValueError(f"not a port: {text!r} (1 to 65535)")
    return int(text)


@dataclass(frozen=True, slots=True, order=True)
class FlowKey:
    """Five values that name one direction of a conversation, as printed by the device.

    Ports are ``None`` where the protocol has none; ICMP identifiers are never ports.
    """

    source: str
    source_port: int | None
    destination: str
    destination_port: int | None
    protocol: int

    def reverse(self) -> FlowKey:
        """The same conversation seen from the other side, without NAT."""
        return FlowKey(self.destination, self.destination_port, self.source, self.source_port, self.protocol)

    def __str__(self) -> str:
        def end(address: str, port: int | None) -> str:
            return address if port is None else f"{address}/{port}"

        source, destination = end(self.source, self.source_port), end(self.destination, self.destination_port)
        return f"{source} -> {destination} {protocols.name_of(self.protocol)}"
