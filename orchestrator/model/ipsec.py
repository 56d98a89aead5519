"""Security associations of IKE and IPsec, one model for all platforms.

The ES PIC and the routing engine (``show ike|ipsec security-associations``), the SRX (``show security ike|ipsec ...``)
and the services cards of an MX (``show services ipsec-vpn ...``) print the same things under other headings. What only
one of them prints stands in ``others``, under the name the device gives it. Keys are never in here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.flow_trace import Line


class Direction(StrEnum):
    """Which way an IPsec security association protects."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Protocol(StrEnum):
    """What protects the packets; ``UNKNOWN`` for a word that is in no source."""

    AH = "AH"
    ESP = "ESP"
    BOTH = "AH+ESP"
    UNKNOWN = ""


class Facility(StrEnum):
    """Which part of a device holds an association: each has commands of its own."""

    SECURITY = "security"  # SRX, and inline IPsec of an MX
    ROUTING_ENGINE = "routing-engine"  # encryption PICs and what the routing engine protects for itself
    SERVICES = "services"  # services cards
    UNKNOWN = ""


Others = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """What is left of a lifetime: seconds, kilobytes, or both.

    ``None`` is a measure the device did not print; ``expired`` is its word ``Expired``; ``unlimited_kilobytes`` its
    ``unlim`` or ``Unlimited``.
    """

    seconds: int | None = None
    kilobytes: int | None = None
    expired: bool = False
    unlimited_kilobytes: bool = False

    def __str__(self) -> str:
        """``120 s``, ``4608 KB``, ``expired``; empty when nothing was said."""
        if self.expired:
            return "expired"
        said = [] if self.seconds is None else [f"{self.seconds} s"]
        return " ".join(said if self.kilobytes is None else [*said, f"{self.kilobytes} KB"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One end of what an association protects, as the identity names it.

    ``text`` is the identity as printed. The rest is read from the documented form
    ``id-type(proto:port,[0..len]=data)``; empty or ``None`` where it has another form.
    """

    text: str
    kind: str = ""
    protocol: str = ""
    port: int | None = None
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase2:
    """One phase-2 negotiation under way."""

    kind: str = ""
    role: str = ""
    message_id: int | None = None
    local_address: str = ""
    local_port: int | None = None
    remote_address: str = ""
    remote_port: int | None = None
    local_identity: Selector | None = None
    remote_identity: Selector | None = None
    flags: tuple[str, ...] = ()
    others: Others = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeTraffic:
    """Bytes and packets of one IKE association, retransmissions included."""

    input_bytes: int | None = None
    output_bytes: int | None = None
    input_packets: int | None = None
    output_packets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IkeSa:
    """One IKE security association.

    ``state`` is the device's word: ``Matured``/``Not matured`` on ES PIC, routing engine and services cards,
    ``UP``/``DOWN`` on SRX. Cookies are lower-case hexadecimal digits and are the same at both ends. ``flags`` are in
    the device's words, lower case. A count is ``None`` when the device did not print it.
    """

    remote_address: str
    state: str = ""
    initiator_cookie: str = ""
    responder_cookie: str = ""
    exchange: str = ""
    index: int | None = None
    gateway: str = ""
    role: str = ""
    authentication_method: str = ""
    local_address: str = ""
    local_port: int | None = None
    remote_port: int | None = None
    interface: str = ""
    routing_instance: str = ""
    lifetime: Lifetime | None = None
    authentication: str = ""
    encryption: str = ""
    pseudo_random_function: str = ""
    dh_group: str = ""
    traffic: IkeTraffic | None = None
    flags: tuple[str, ...] = ()
    ipsec_created: int | None = None
    ipsec_deleted: int | None = None
    phase2_in_progress: int | None = None
    phase2: tuple[Phase2, ...] = ()
    node: str = ""
    facility: Facility = Facility.UNKNOWN
    others: Others = ()
    line: Line | None = field(default=None, compare=False, repr=False)

    @property
    def established(self) -> bool | None:
        """Whether the negotiation is complete; ``None`` for a word that is in no source."""
        return {"matured": True, "mature": True, "up": True, "not matured": False, "down": False}.get(
            " ".join(self.state.lower().split())
        )

    @property
    def cookies(self) -> tuple[str, str]:
        """What tells one association from the next with the same peer."""
        return self.initiator_cookie, self.responder_cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecDirection:
    """One direction of an IPsec security association.

    SPIs are integers, whatever base the device prints them in. ``state`` is printed in detail only. ``replay_window``
    is in packets; 0 means no protection. ``soft`` and ``hard`` are what is left.
    """

    direction: Direction
    spi: int
    aux_spi: int | None = None
    state: str = ""
    mode: str = ""
    type: str = ""
    protocol: Protocol = Protocol.UNKNOWN
    authentication: str = ""
    encryption: str = ""
    soft: Lifetime | None = None
    hard: Lifetime | None = None
    anti_replay: bool | None = None
    replay_window: int | None = None
    others: Others = ()
    line: Line | None = field(default=None, compare=False, repr=False)

    @property
    def installed(self) -> bool | None:
        """Whether it is in the database of the kernel; ``None`` when the device did not print it."""
        return None if not self.state else self.state.lower() == "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelRedundancy:
    """Primary and backup remote gateway of a services tunnel, as ``extensive`` prints them."""

    primary: str = ""
    primary_state: str = ""
    backup: str = ""
    backup_state: str = ""
    counter: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecSa:
    """One IPsec security association or tunnel with its directions; two pairs of them during a rekey.

    ``name`` is the configured name (ES PIC, routing engine) or the VPN (SRX); ``state`` the ``Interface family`` there
    (``Up``, ``Down``, ``No reference``, empty for transport mode) or ``up`` and ``down`` on SRX. A services card names
    a service set, rule and term. ``events`` are the tunnel events of an SRX, newest first.
    """

    name: str = ""
    state: str = ""
    index: int | None = None
    service_set: str = ""
    rule: str = ""
    term: str = ""
    virtual_system: str = ""
    local_gateway: str = ""
    remote_gateway: str = ""
    port: int | None = None
    interface: str = ""
    local_identity: Selector | None = None
    remote_identity: Selector | None = None
    directions: tuple[IpsecDirection, ...] = ()
    redundancy: TunnelRedundancy | None = None
    events: tuple[str, ...] = ()
    node: str = ""
    facility: Facility = Facility.UNKNOWN
    others: Others = ()
    line: Line | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """How to speak of it: its name, else its index, else its peer."""
        words = self.name or " ".join(part for part in (self.service_set, self.rule, self.term) if part)
        return words or (f"tunnel {self.index}" if self.index is not None else self.remote_gateway)

    @property
    def spis(self) -> frozenset[tuple[Direction, int]]:
        """What changes when the association is negotiated anew."""
        return frozenset((one.direction, one.spi) for one in self.directions)

    @property
    def types(self) -> frozenset[str]:
        """``manual``, ``dynamic``: more than one when the directions do not agree, empty when none was printed."""
        return frozenset(one.type.lower() for one in self.directions if one.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class IpsecStatistics:
    """Counters of one device, PIC, service set or tunnel, under the names of the reply's leaves.

    ``counters`` holds every number printed; names are those of YANG 24.4R1 (``esp-encrypted-bytes``).
    """

    pic: str = ""
    service_set: str = ""
    local_gateway: str = ""
    remote_gateway: str = ""
    tunnel_index: int | None = None
    counters: tuple[tuple[str, int], ...] = ()
    node: str = ""
    others: Others = ()

    def counter(self, name: str) -> int | None:
        """One of them, ``None`` when it was not printed."""
        return dict(self.counters).get(name)

    @property
    def errors(self) -> tuple[tuple[str, int], ...]:
        """The error counters that are not zero."""
        bytes_and_packets = ("-bytes", "-packets", "-pkts", "-sess")
        return tuple((name, value) for name, value in self.counters if value and not name.endswith(bytes_and_packets))
