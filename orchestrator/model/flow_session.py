"""The session table."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.flow import FlowKey
from orchestrator.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Wing:
    """One direction of a session, as the packet arrives in that direction.

    For ICMP the two words that the device prints in place of ports are in ``icmp_words`` in the order printed
    (older releases print sequence then id, newer ones id then sequence); ports are ``None``. Others without
    ports keep the two words in ``extra`` as ``source-port`` and ``destination-port`` unless they are 0: ESP its SPI.
    """

    direction: str
    source: str
    destination: str
    protocol: int
    source_port: int | None = None
    destination_port: int | None = None
    icmp_words: tuple[int, int] | None = None
    interface: str = ""
    packets: int | None = None
    bytes: int | None = None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> FlowKey:
        """Name of this direction."""
        return FlowKey(self.source, self.source_port, self.destination, self.destination_port, self.protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSession:
    """One session. A tunnel session has only an ``In`` wing; a multicast leaf may have timeout -1.

    ``policy`` is the name, ``policy_index`` the number after the slash. ``timeout`` and ``configured_timeout`` are
    seconds, ``None`` where the device prints ``N/A``. ``start_time`` is what the device prints: seconds since boot
    up to 20.3, epoch seconds in 24.4. ``node`` and ``fpc_pic`` say which part of the device printed it. ``place`` is
    where it was read, ``None`` when it was not read from a file.
    """

    session_id: int
    wings: tuple[Wing, ...]
    policy: str = ""
    policy_index: int | None = None
    state: str = ""
    ha_state: str = ""
    status: str = ""
    flag: str = ""
    timeout: int | None = None
    configured_timeout: int | None = None
    start_time: int | None = None
    duration: int | None = None
    application: str = ""
    dynamic_application: str = ""
    source_pool: str = ""
    logical_system: str = ""
    node: str = ""
    fpc_pic: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def is_copy(self) -> bool:
        """Whether a node only keeps it for another: then it counts no packets (live cluster, MNHA outputs)."""
        return self.ha_state in {"Backup", "Warm"}

    def wing(self, direction: str) -> Wing | None:
        """The wing called ``In`` or ``Out``."""
        return next((wing for wing in self.wings if wing.direction == direction), None)

    @property
    def source_nat(self) -> tuple[str, int | None] | None:
        """Translated source, when the ``Out`` wing answers to another address or port than ``In`` came from."""
        arrives, returns = self.wing("In"), self.wing("Out")
        if arrives is None or returns is None:
            return None
        after = (returns.destination, returns.destination_port)
        return after if after != (arrives.source, arrives.source_port) else None

    @property
    def destination_nat(self) -> tuple[str, int | None] | None:
        """Translated destination, when the ``Out`` wing comes from another address or port than ``In`` went to."""
        arrives, returns = self.wing("In"), self.wing("Out")
        if arrives is None or returns is None:
            return None
        after = (returns.source, returns.source_port)
        return after if after != (arrives.destination, arrives.destination_port) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """One summary block (``counters`` by the leaf name of the device): a device, a node, or one SPU."""

    counters: dict[str, int]
    node: str = ""
    fpc_pic: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)


class ChangeKind(StrEnum):
    """What became of a session between two looks at the table."""

    NEW = "new"
    CLOSED = "closed"
    REOPENED = "reopened"  # the same conversation under another session id
    CHANGED = "changed"  # policy, NAT, route or interface
    AGEING = "ageing"  # no packet, and the timeout fell
    STALLED = "stalled"  # no packet, and nothing says that time passed
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChange:
    """One conversation before and after; ``None`` on the side that does not have it.

    ``differs`` names what changed: ``policy``, ``source NAT``, ``destination NAT``, ``interface``, ``route``.
    """

    kind: ChangeKind
    key: FlowKey
    before: FlowSession | None = None
    after: FlowSession | None = None
    differs: tuple[str, ...] = ()
    node: str = ""
    logical_system: str = ""

    @property
    def packets(self) -> tuple[int | None, int | None]:
        """Packets of all wings before and after; ``None`` where the table does not have them."""
        return counted(self.before), counted(self.after)


def counted(session: FlowSession | None) -> int | None:
    """Packets of all wings of a session together, ``None`` when none was printed."""
    printed = [wing.packets for wing in session.wings if wing.packets is not None] if session else []
    return sum(printed) if printed else None
