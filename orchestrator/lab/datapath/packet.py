"""One packet, as it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.lab.monitor import PacketView

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
ECHO_REQUEST: Final = (8, 0)
ECHO_REPLY: Final = (0, 0)

Key = tuple[str, int, str, int, int]


@dataclass(slots=True)
class Packet:
    """Addresses and ports; for ICMP the ports are identifier and sequence in the order the release prints them.

    ``sequence`` is TCP's, ``None`` when nobody looks at it; ``data_bytes`` is what it counts besides SYN and FIN, and
    ``window`` what its sender still takes. ``payload`` is what application identification makes of the packet.
    """

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: int
    interface: str
    time: float
    flags: int = 0
    length: int = 64
    ip_id: int = 0
    icmp: tuple[int, int] = ECHO_REQUEST
    logical_system: str = "root-logical-system"
    ttl: int = 64
    dont_fragment: bool = False
    sequence: int | None = None
    data_bytes: int = 0
    window: int = 65535
    payload: str = ""

    @property
    def key(self) -> Key:
        """What the session lookup hashes."""
        return (self.source, self.source_port, self.destination, self.destination_port, self.protocol)

    def view(self) -> PacketView:
        """What a monitor filter sees."""
        return PacketView(
            self.source,
            self.destination,
            self.source_port,
            self.destination_port,
            self.protocol,
            self.interface,
            self.logical_system,
        )


def reverse(key: Key) -> Key:
    """The same conversation seen from the other end."""
    return (key[2], key[3], key[0], key[1], key[4])
