"""One walk through the session list: how many sessions of which kind, whatever the size of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from orchestrator.model.flow_session import FlowSession, Wing
from orchestrator.model.session_health import SessionCounts

_TCP = 6
_GRE = 47
_IPSEC = {50, 51}
_LIVING = {"", "valid", "pending"}
# Ours: a client that got no answer to its SYN has sent another one by then (RFC 6298: after 1 s, then 2 s more).
HANDSHAKE_SECONDS = 3
NEAR_SHARE = 10  # ours: a tenth of the timeout is left
_ADDRESSES_KEPT = 10_000  # a flood has no end of them; who has most of the sessions is among the first seen


@dataclass(slots=True)
class Census:
    """Counts sessions as they go by; ``initial`` and ``early`` are seconds."""

    initial: int
    early: int
    timeouts: Counter[tuple[str, int, int]] = field(default_factory=Counter)  # application, protocol, seconds
    nodes: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)  # where unfinished TCP sessions go
    tunnels: set[str] = field(default_factory=set)  # ``ipsec``, ``gre``
    untimed: int = 0  # sessions whose configured timeout is not printed
    _counted: Counter[str] = field(default_factory=Counter)

    def take(self, session: FlowSession) -> None:
        """Count one session."""
        self._counted["listed"] += 1
        self.nodes[session.node] += 1
        self.tunnels |= {kind for wing in session.wings if (kind := _tunnel(session, wing))}
        if session.is_copy:
            self._counted["copies"] += 1
            return
        left, arrives = session.timeout, session.wing("In")
        if left is not None and 0 <= left < self.early:
            self._counted["early"] += 1
        if arrives is None or session.wing("Out") is None:
            return  # a tunnel has no timeout of an application
        _count(self.sources, arrives.source)
        self._note_timeout(session, arrives)
        if arrives.protocol == _TCP:
            self._counted["tcp"] += 1
            self._note_handshake(session, arrives)

    def counts(self) -> SessionCounts:
        """What was counted so far."""
        return SessionCounts(**self._counted)

    def _note_timeout(self, session: FlowSession, arrives: Wing) -> None:
        configured, left = session.configured_timeout, session.timeout
        if configured is None or configured < 0:
            self.untimed += 1
            return
        self.timeouts[session.application, arrives.protocol, configured] += 1
        if left is None or left < 0 or left * NEAR_SHARE > configured:
            return
        # Younger than the time it would have idled: it is opening or closing, and counts from a shorter timeout.
        if session.duration is None or session.duration + left >= configured:
            self._counted["near_timeout"] += 1

    def _note_handshake(self, session: FlowSession, arrives: Wing) -> None:
        if not is_unfinished(session, self.initial):
            return
        self._counted["unfinished"] += 1
        _count(self.targets, f"{arrives.destination}/{arrives.destination_port}")


def is_unfinished(session: FlowSession, initial: int) -> bool:
    """Whether a TCP session should have left the initial timeout (seconds), and cannot have.

    A handshake takes two packets of the client and one of the server. Nothing is said of a session whose packets or
    timeout are not printed.
    """
    arrives, returns, left = session.wing("In"), session.wing("Out"), session.timeout
    if arrives is None or returns is None or left is None or not 0 <= left <= initial:
        return False
    if arrives.packets is None or returns.packets is None or session.state.casefold() not in _LIVING:
        return False
    age = session.duration if session.duration is not None else initial - left
    return age >= HANDSHAKE_SECONDS and (returns.packets == 0 or arrives.packets <= 1)


def _count(addresses: Counter[str], address: str) -> None:
    if address in addresses or len(addresses) < _ADDRESSES_KEPT:
        addresses[address] += 1


def _tunnel(session: FlowSession, wing: Wing) -> str:
    """The kind of tunnel that a wing shows; a tunnel that ends here has only an ``In`` wing."""
    ends_here = session.wing("Out") is None
    if wing.interface.startswith("st0") or (ends_here and wing.protocol in _IPSEC):
        return "ipsec"
    if wing.interface.startswith("gr-") or (ends_here and wing.protocol == _GRE):
        return "gre"
    return ""
