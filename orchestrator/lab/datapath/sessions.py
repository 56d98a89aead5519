"""The session table: lookup by either wing, TCP and ICMP endings, ageing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from orchestrator.lab.datapath.packet import ACK, FIN, ICMP, RST, SYN, TCP, UDP, Key, Packet
from orchestrator.lab.datapath.records import Session, Wing
from orchestrator.lab.datapath.style import DeviceStyle
from orchestrator.lab.scenario import Flow

SCAN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """A session and the wing a packet arrived in."""

    session: Session
    wing: Wing
    is_incoming: bool

    @property
    def other(self) -> Wing:
        """The wing of the opposite direction."""
        other = self.session.outgoing if self.is_incoming else self.session.incoming
        assert other is not None
        return other


def key_of(wing: Wing) -> Key:
    """The lookup key of packets that arrive in a wing."""
    return (wing.source, wing.source_port, wing.destination, wing.destination_port, wing.protocol)


class SessionTable:
    """Sessions by id and by wing. Ended ones stay counted as invalidated for a few seconds."""

    def __init__(self, style: DeviceStyle, flow: Flow) -> None:
        self._style = style
        self._timeouts = {TCP: flow.tcp_timeout, UDP: flow.udp_timeout, ICMP: flow.icmp_timeout}
        self._initial_timeout = flow.tcp_initial_timeout  # until the three-way handshake is complete
        self.by_id: dict[int, Session] = {}
        self._wings: dict[Key, Found] = {}
        self._serial = 0
        self._invalidated: deque[float] = deque()
        self._next_scan = 0.0

    def next_id(self, spu: int) -> int:
        """A session id as the platform numbers them: SPUs are a stride apart."""
        self._serial += 1
        return self._style.session_id_base + spu * self._style.session_id_stride + self._serial

    def timeouts(self, protocol: int, of_application: int | None = None) -> tuple[int, int]:
        """The timeout of a new session and the one it is configured for, in seconds."""
        configured = of_application or self._timeouts.get(protocol, self._timeouts[UDP])
        return (self._initial_timeout if protocol == TCP else configured), configured

    def find(self, key: Key) -> Found | None:
        """The session of a packet, which may be past its time: ask ``expired``."""
        return self._wings.get(key)

    def install(self, session: Session) -> bool:
        """Add a session; ``False`` when one of its wings belongs to another."""
        assert session.outgoing is not None
        keys = (key_of(session.incoming), key_of(session.outgoing))
        if any(key in self._wings for key in keys):
            return False
        self._wings[keys[0]] = Found(session, session.incoming, is_incoming=True)
        self._wings[keys[1]] = Found(session, session.outgoing, is_incoming=False)
        self.by_id[session.session_id] = session
        return True

    def remove(self, session: Session, now: float) -> None:
        """Take a session out of the table; it counts as invalidated for a while."""
        assert session.outgoing is not None
        del self.by_id[session.session_id]
        for wing in (session.incoming, session.outgoing):
            self._wings.pop(key_of(wing), None)
        session.state = "Invalidated"
        self._invalidated.append(now + self._style.invalidated_seconds)

    def invalidated(self, now: float) -> int:
        """How many ended sessions still linger."""
        while self._invalidated and self._invalidated[0] <= now:
            self._invalidated.popleft()
        return len(self._invalidated)

    def due(self, now: float) -> list[Session]:
        """Sessions past their time; looks at most once a second, because most calls find nothing."""
        if now < self._next_scan:
            return []
        self._next_scan = now + SCAN_SECONDS
        return [session for session in self.by_id.values() if is_past(session, now)]

    def wipe(self) -> None:
        """A reboot: all gone, no trace left."""
        self.by_id.clear()
        self._wings.clear()
        self._invalidated.clear()

    def follow(self, found: Found, packet: Packet) -> None:
        """Count a packet and see what it does to the life of the session."""
        session = found.session
        found.wing.packets += 1
        found.wing.bytes += packet.length
        session.last_packet = packet.time
        if packet.protocol == TCP:
            self._follow_tcp(found, packet.flags)
        elif packet.protocol == ICMP and not found.is_incoming:
            self._close(session, "response received")

    def _follow_tcp(self, found: Found, flags: int) -> None:
        session = found.session
        if flags & RST:
            self._close(session, "TCP CLIENT RST" if found.is_incoming else "TCP SERVER RST")
        elif flags & FIN:
            found.wing.finished = True
            if found.other.finished:
                self._close(session, "TCP FIN")
        elif found.is_incoming and flags & ACK and not session.closing and found.other.packets:
            session.timeout_seconds = session.configured_timeout_seconds

    def _close(self, session: Session, reason: str) -> None:
        session.closing = session.closing or reason
        session.timeout_seconds = int(self._style.closed_seconds)


def is_past(session: Session, now: float) -> bool:
    """Whether a session has outlived its timeout."""
    return now - session.last_packet >= session.timeout_seconds


def is_reopened(found: Found, packet: Packet) -> bool:
    """Whether the packet starts a new connection on the addresses of one that was closing."""
    return bool(found.session.closing) and packet.protocol == TCP and packet.flags & (SYN | ACK) == SYN
