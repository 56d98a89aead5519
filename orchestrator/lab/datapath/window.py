"""TCP sequence numbers: where each side is, and what the other one would take.

The window is not scaled, and a gap is allowed up to its size: how exactly a device checks is in no source.
"""

from __future__ import annotations

from orchestrator.lab.datapath.packet import FIN, SYN, TCP, Packet
from orchestrator.lab.datapath.sessions import Found

MODULUS = 2**32


def is_outside(found: Found, packet: Packet) -> bool:
    """Whether a packet's sequence number lies beyond what the other side takes, or before what it ever asked again."""
    expected = found.wing.next_sequence
    if packet.protocol != TCP or packet.sequence is None or expected is None:
        return False
    return abs(_distance(expected, packet.sequence)) > found.other.window


def advance(found: Found, packet: Packet) -> None:
    """Remember where the sender is now."""
    if packet.protocol != TCP or packet.sequence is None:
        return
    wing, counted = found.wing, packet.data_bytes + bool(packet.flags & SYN) + bool(packet.flags & FIN)
    end = (packet.sequence + counted) % MODULUS
    if wing.next_sequence is None or _distance(wing.next_sequence, end) > 0:
        wing.next_sequence = end
    wing.window = packet.window


def _distance(here: int, there: int) -> int:
    """How far ``there`` is ahead, on a ring of 32 bits."""
    ahead = (there - here) % MODULUS
    return ahead - MODULUS if ahead >= MODULUS // 2 else ahead
