"""Port blocks of carrier-grade NAT: what one log says, and who held a block when."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.model.flow_trace import Line


class BlockEvent(StrEnum):
    """What happened to the block. ``active`` is the interim log: one port at least had traffic."""

    ALLOC = "alloc"
    ACTIVE = "active"
    RELEASE = "release"


class LogForm(StrEnum):
    """Who writes the line."""

    MICROKERNEL = "microkernel"  # MS-DPC, MS-100, MS-400, MS-500: ASP_
    EXTENSION = "extension-provider"  # MS-MPC, MS-MIC: JSERVICES_
    STRUCTURED = "structured"  # SRX and MX-SPC3, RFC 5424
    TEXT = "text"  # SRX and MX-SPC3


class Rung(StrEnum):
    """How far the logs carry an answer, the best first."""

    CERTAIN = "certain"  # logs before and after the moment name the same lease
    LIKELY = "likely"  # the lease was there before, and nothing says that it ended
    GAP = "gap"  # no log speaks of the moment
    CONFLICT = "conflict"  # two subscribers at once: a wrong zone, a clock, or a second device


@dataclass(frozen=True, slots=True, kw_only=True)
class PortBlockLog:
    """One log. ``created`` is the hexadecimal creation time, ``None`` where the line has none or means another.

    ``subscriber`` is an address or, for softwires from 19.3R1, a prefix, both in canonical form. ``device`` has the
    slot of the card behind the host's name where the line prints it. ``scope`` is the service set or the pool.
    ``time`` is UTC. ``epoch`` is the number as printed: that of a RELEASE of an SRX is not the creation (facts: the
    only published sample is 2101 s later than ALLOC and INTERIM).
    """

    event: BlockEvent
    form: LogForm
    time: datetime
    subscriber: str
    external: str
    low: int
    high: int
    created: datetime | None = None
    epoch: int | None = None
    device: str = ""
    scope: str = ""
    line: Line = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A block in the hands of one subscriber, as far as the logs tell; all times are UTC.

    ``created`` is ``None`` when only a RELEASE without a creation time is left; ``exact`` says that it was read from
    the hexadecimal field and not from the stamp of the ALLOC. ``released`` is ``None`` when no RELEASE is left, and
    ``until`` is then the creation of the next lease of the block, ``None`` without one. ``since`` is the end of the
    lease before, for a lease without creation. ``subscribers`` has more than one text when the logs of one lease do
    not agree. ``lines`` are the first and the last line of each day, with empty text.
    """

    device: str
    scope: str
    external: str
    low: int
    high: int
    subscribers: tuple[str, ...]
    created: datetime | None
    exact: bool
    allocated: bool
    first_log: datetime
    last_log: datetime
    released: datetime | None
    until: datetime | None = None
    since: datetime | None = None
    paired: bool = False
    logged_hours: tuple[datetime, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def subscriber(self) -> str:
        """The subscriber; several texts of one lease stand side by side."""
        return " or ".join(self.subscribers)

    def evidence(self) -> str:
        """Which logs are left of the lease, in words."""
        logs = self.first_log != self.last_log or self.released is None
        parts = [
            "ALLOC" if self.allocated else "",
            "ACTIVE with the creation time" if self.exact and self.released is None and not self._alloc_only else "",
            "the creation time of a later log" if self.exact and not self.allocated and self.released else "",
            "RELEASE" if self.released else "",
        ]
        words = " + ".join(part for part in parts if part)
        if self.released is None and logs:
            words += ", no RELEASE"
        if self.paired:
            words += " (paired by order: this form names no creation in RELEASE)"
        return words

    @property
    def _alloc_only(self) -> bool:
        return self.allocated and self.first_log == self.last_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The answer to "who had this address and port at that time".

    ``leases`` are those the rung rests on; for a gap, the ones before and after. ``why`` is one sentence.
    """

    external: str
    port: int
    at: datetime
    rung: Rung
    why: str
    subscriber: str = ""
    leases: tuple[Lease, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentPeriod:
    """An archive period in which a held block has no log; half open, UTC."""

    lease: Lease
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBlock:
    """A row of ``show security nat source port-block``; ``left`` is the time left in seconds as printed."""

    pool: str
    subscriber: str
    external: str
    low: int
    high: int
    ports_used: int | None
    ports_total: int | None
    status: str
    left: int | None
    node: str = ""


def canonical(address: str) -> str:
    """An address, or a prefix, in the one form it is stored and compared in.

    Raises:
        ValueError: it is neither.
    """
    if "/" in address:
        return str(ipaddress.ip_network(address, strict=False))
    return str(ipaddress.ip_address(address))


def as_printed(address: str) -> str:
    """An address or a prefix as services cards print it, and as the index stores it: no ``::``, no leading zeros.

    Raises:
        ValueError: it is neither.
    """
    text, slash, length = canonical(address).partition("/")
    if ":" in text:
        groups = ipaddress.IPv6Address(text).exploded.split(":")
        text = ":".join(f"{int(group, 16):x}" for group in groups)
    return f"{text}{slash}{length}"


def covering(address: str) -> list[str]:
    """An address and every prefix it lies in, longest first: how a B4 address is found under its prefix."""
    one = ipaddress.ip_address(address)
    return [
        str(one),
        *(str(ipaddress.ip_network((one, bits), strict=False)) for bits in range(one.max_prefixlen, 0, -1)),
    ]
