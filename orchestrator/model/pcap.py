"""Packets of a capture file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.model.flow import FlowKey
from orchestrator.model.place import Place

FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")  # from the lowest bit


class Direction(StrEnum):
    """Which way a packet crossed the interface it was captured on, where the file says so."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedPacket:
    """One packet, as far as the captured bytes show it.

    ``number`` counts from 1. ``time`` is UTC. ``length`` is what it had on the wire, ``captured`` what the file holds.
    ``key`` is ``None`` for what is not IP; of a fragment behind the first one it has no ports. ``icmp`` is type and
    code. ``interface`` is empty where the file has none.
    """

    number: int
    time: datetime | None = None
    length: int = 0
    captured: int = 0
    key: FlowKey | None = None
    interface: str = ""
    direction: Direction = Direction.UNKNOWN
    vlan: int | None = None
    ip_id: int | None = None
    ttl: int | None = None
    is_fragment: bool = False
    tcp_flags: int | None = None
    tcp_sequence: int | None = None
    icmp: tuple[int, int] | None = None
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def flags(self) -> str:
        """TCP flags in words, ``syn,ack``; empty for what is not TCP."""
        bits = self.tcp_flags or 0
        return ",".join(name for place, name in enumerate(FLAGS) if bits >> place & 1)
