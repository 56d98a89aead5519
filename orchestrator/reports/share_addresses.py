"""Addresses for others to see: consistent, and neighbours stay neighbours.

An IPv4 address becomes one of 10.0.0.0/8, an IPv6 address one of 2001:db8::/32. The part that names a site (16 bits,
48 bits) becomes a number of its own; the bits after it are permuted so that two addresses share as many of them as
before. A /24 stays a /24, a /64 a /64, and no address that was seen is ever used as a replacement.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field

from orchestrator.model.flow import Address, Network

_SITE_BITS = {4: 16, 6: 48}
_SLOT_BITS = {4: 8, 6: 16}
_POOL = {4: ipaddress.ip_network("10.0.0.0/8"), 6: ipaddress.ip_network("2001:db8::/32")}
# Reserved addresses, for more sites than 10.0.0.0/8 has room for; and for yet more, where neighbours are not kept.
_OVERFLOW, _CROWD = ipaddress.IPv4Address("240.0.0.0"), ipaddress.IPv4Address("248.0.0.0")
_SLOTS_IN_ORDER = 2048
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/64")
_SOLICITED = ipaddress.IPv6Network("ff02::1:ff00:0/104")
_CARRIERS = tuple(ipaddress.IPv6Network(each) for each in ("::ffff:0:0/96", "64:ff9b::/96"))
# They name no host: this host, every host, masks, well-known groups.
_SAID_BY_ALL = tuple(
    ipaddress.ip_network(each)
    for each in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/8", "255.0.0.0/8", "::/127", "ff00::/12")
)


@dataclass(slots=True)
class Addresses:
    """Replacements, by one salt; the same salt gives the same ones wherever sites do not collide."""

    salt: bytes
    known: dict[Address, Address] = field(default_factory=dict)
    _slots: dict[tuple[int, int], int] = field(default_factory=dict)
    _taken: set[tuple[int, int]] = field(default_factory=set)
    _crowd: int = 0

    def learn(self, address: Address) -> None:
        """Say that an address occurs, so that it is never a replacement of another."""
        if not _said_by_all(address) and address in _POOL[address.version]:
            self._taken.add((address.version, self._slot_of(address)))

    def replace(self, address: Address) -> Address:
        """The address to show instead."""
        if address not in self.known:
            self.known[address] = self._replace(address)
        return self.known[address]

    def replace_network(self, network: Network) -> Network:
        """The prefix to show instead; one wider than a site becomes all there is."""
        if network.prefixlen == 0 or _said_by_all(network.network_address):
            return network
        if network.prefixlen < _SITE_BITS[network.version]:
            return _POOL[network.version]
        start = self.replace(network.network_address)
        return ipaddress.ip_network((int(start), network.prefixlen), strict=False)

    def _replace(self, address: Address) -> Address:
        if _said_by_all(address) and address not in _SOLICITED:
            return address
        if isinstance(address, ipaddress.IPv6Address):
            return self._replace_v6(address)
        slot = self._slot(4, int(address) >> 16)
        if slot < _SLOTS_IN_ORDER:
            top = (10 << 8 | slot) if slot < 256 else (int(_OVERFLOW) >> 16) + slot
            return ipaddress.IPv4Address(top << 16 | self._permute(int(address), 32, 16))
        self._crowd += 1
        return _CROWD + self._crowd

    def _replace_v6(self, address: ipaddress.IPv6Address) -> ipaddress.IPv6Address:
        number = int(address)
        if any(address in each for each in _CARRIERS):
            inner = int(self.replace(ipaddress.IPv4Address(number & 0xFFFFFFFF)))
            return ipaddress.IPv6Address(number >> 32 << 32 | inner)
        if address in _SOLICITED:
            return ipaddress.IPv6Address(number >> 24 << 24 | self._permute(number, 128, 24))
        if address in _LINK_LOCAL:
            return ipaddress.IPv6Address(number >> 64 << 64 | self._permute(number, 128, 64))
        top = int(_POOL[6].network_address) >> 80 | self._slot(6, number >> 80)
        return ipaddress.IPv6Address(top << 80 | self._permute(number, 128, 80))

    def _slot(self, version: int, site: int) -> int:
        """A number for a site: what its hash says, or the next that is free; beyond the room when none is."""
        if (version, site) not in self._slots:
            room = 1 << _SLOT_BITS[version]
            wanted = int.from_bytes(self._hash(b"site", version, site)[:4], "big") % room
            free = (at % room for at in range(wanted, wanted + room) if (version, at % room) not in self._taken)
            slot = next(free, room + max(len(self._slots) - room, 0))
            while (version, slot) in self._taken:
                slot += 1
            self._taken.add((version, slot))
            self._slots[version, site] = slot
        return self._slots[version, site]

    def _slot_of(self, address: Address) -> int:
        shift = address.max_prefixlen - _SITE_BITS[address.version]
        return int(address) >> shift & ((1 << _SLOT_BITS[address.version]) - 1)

    def _permute(self, number: int, width: int, bits: int) -> int:
        """Flip each of the last bits as the bits before it say: equal beginnings stay equal, others stay apart."""
        result = 0
        for at in range(bits - 1, -1, -1):
            bit = number >> at & 1
            before = number >> (at + 1)
            result = result << 1 | bit ^ (self._hash(b"bit", width, at, before)[0] & 1)
        return result

    def _hash(self, what: bytes, *numbers: int) -> bytes:
        words = ",".join(map(str, numbers)).encode()
        return hmac.new(self.salt, what + b":" + words, hashlib.sha256).digest()


def _said_by_all(address: Address) -> bool:
    """Whether it tells nothing of anybody."""
    return any(address in each for each in _SAID_BY_ALL if each.version == address.version)
