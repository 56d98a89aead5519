"""What a flow trace tells of each packet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.model.flow import FlowKey


class Outcome(StrEnum):
    """How the device's bracket around a packet ended."""

    FORWARDED = "forwarded"
    DROPPED = "dropped"
    UNKNOWN = "unknown"  # the bracket was cut: never read as a drop


@dataclass(frozen=True, slots=True)
class Line:
    """Where a record was read: file name, line number from 1, and its text."""

    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One address translation seen in the trace; ``rule`` is as printed, empty when the line has none."""

    before: str
    before_port: int | None
    after: str
    after_port: int | None
    rule: str = ""


@dataclass(slots=True, kw_only=True)
class TracePacket:
    """One packet: from its ``matched filter`` (or host-outbound ``flow process pak``) line to its ``rc`` line.

    ``key`` is the packet as it arrived. ``time`` is the data-plane stamp (no zone: the device's own clock).
    ``thread`` is the header between the stamps and ``RT``. ``soft`` names the patterns it rests on that are general
    knowledge only, not confirmed by a sample. ``ambiguous`` says that lines of several threads were interleaved and
    could not be told apart: no verdict may rest on such a packet.
    """

    key: FlowKey | None = None
    time: datetime | None = None
    written: datetime | None = None
    thread: str = ""
    filter: str = ""
    length: int | None = None
    ip_id: int | None = None
    mbuf: str = ""
    tcp_flags: str = ""
    icmp: tuple[int, int] | None = None
    embedded_icmp: bool = False
    ingress: str = ""
    egress: str = ""
    next_hop: str = ""
    path: str = ""  # "first" or "fast", empty when the bracket does not say
    session_id: int | None = None
    from_zone: str = ""
    to_zone: str = ""
    policy: str = ""
    policy_id: int | None = None
    source_nat: Translation | None = None
    destination_nat: Translation | None = None
    host_outbound: bool = False
    outcome: Outcome = Outcome.UNKNOWN
    reason: str = ""
    rc: int | None = None
    ambiguous: bool = False
    soft: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class TraceStats:
    """What a trace held: lines read, lines not recognised, control lines, damaged stretches.

    ``truncated`` counts packets whose ``rc`` line is missing, ``orphans`` records that belong to no packet (its first
    lines are missing), ``unread`` records of a packet whose wording has no meaning here: they are kept with it.
    """

    lines: int = 0
    packets: int = 0
    control: int = 0
    unrecognised: int = 0
    truncated: int = 0
    ambiguous: int = 0
    orphans: int = 0
    unread: int = 0
    samples: list[Line] = field(default_factory=list)  # the first few lines that were not recognised
