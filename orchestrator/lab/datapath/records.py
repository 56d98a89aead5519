"""What the forwarding plane keeps and the operational commands print."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Wing:
    """One direction of a session: addresses and ports as the packet arrives in it."""

    source: str
    source_port: int  # for ICMP the identifier (In) or sequence, as the persona's release prints it
    destination: str
    destination_port: int
    protocol: int
    interface: str
    packets: int = 0
    bytes: int = 0
    token: int = 0x8
    flag: int = 0x21
    route: int = 0x0
    gateway: str = ""
    finished: bool = False  # a FIN was seen in this direction
    next_sequence: int | None = None  # TCP: what the sender of this direction sends next
    window: int = 65535  # TCP: what the sender of this direction takes


@dataclass(slots=True)
class Session:
    """One session; times are lab time in epoch seconds."""

    session_id: int
    incoming: Wing
    outgoing: Wing | None
    policy: str  # name/index, as printed
    from_zone: str
    to_zone: str
    created: float
    last_packet: float
    timeout_seconds: int
    configured_timeout_seconds: int
    application: str = ""
    application_value: int = 0
    source_pool: str = ""
    source_rule: str = ""
    destination_rule: str = ""
    state: str = "Valid"
    logical_system: str = "root-logical-system"
    fpc_pic: tuple[int, int] = (0, 0)
    thread: int = 1
    closing: str = ""  # the close reason once an end was seen
    log_close: bool = False
    service: str = "None"  # what RT_FLOW calls service-name
    static_source: bool = False  # the source rule is a static one
    static_destination: bool = False
    awaits_application: bool = False  # the policy is settled once the payload is identified
    dynamic_application: str = ""
    kinds: tuple[str, ...] = ()  # keywords of ``show security flow session`` it answers to
    multicast: str = ""  # template or leaf of a stream
    routes_seen: int = 0  # the generation of the routing table that its wings were checked against

    def remaining_seconds(self, now: float) -> int:
        """Seconds until it ages out, as ``Timeout:`` prints them."""
        return max(0, int(self.timeout_seconds - (now - self.last_packet)))


@dataclass(slots=True)
class Drop:
    """One packet-drop record."""

    time: float
    logical_system: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: int
    ip_id: int
    interface: str
    module: str
    detail: str


@dataclass(slots=True)
class Counters:
    """Counts for the session summary."""

    failed: int = 0
    max_sessions: int = 524288
    by_reason: dict[str, int] = field(default_factory=dict)
    invalidated: int = 0  # ended sessions that still linger, as of the last scan
    created: int = 0
    packets: int = 0
    dropped: int = 0
    trace_lines: int = 0
    trace_lines_lost: int = 0
