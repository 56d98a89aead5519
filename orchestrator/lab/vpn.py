"""The tunnels of a device: what was negotiated, and when. A reboot negotiates anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from orchestrator.lab.scenario_vpn import Tunnel, Vpn

IKE_SECONDS = 28800
IPSEC_SECONDS = 3600
SOFT_SHARE = 0.8
LOWEST_SPI = 256
SIX_DIGITS = 0x0FFFFFFF  # one SPI is short, so that nobody counts on eight digits


@dataclass(slots=True)
class Negotiated:
    """One tunnel as it stands: cookies and SPIs, and when they were made (lab time). ``None`` SPIs: it is down."""

    index: int
    initiator: str
    responder: str
    ike_made: float
    inbound: int
    outbound: int
    made: float
    up: bool = True
    events: list[str] = field(default_factory=list)

    def ike_left(self, now: float) -> int:
        """Seconds left of the IKE association."""
        return max(1, int(self.ike_made + IKE_SECONDS - now))

    def hard(self, now: float) -> int:
        """Seconds left of the hard lifetime."""
        return max(1, int(self.made + IPSEC_SECONDS - now))

    def soft(self, now: float) -> int:
        """Seconds left of the soft lifetime, 0 when it expired."""
        return max(0, int(self.made + IPSEC_SECONDS * SOFT_SHARE - now))


class Tunnels:
    """All tunnels of one device; ``now`` and ``booted`` are lab time."""

    def __init__(self, scenario: Vpn, now: Callable[[], float], booted: Callable[[], float]) -> None:
        self.scenario = scenario
        self._now = now
        self._booted = booted
        self._boot: float | None = None
        self._state: dict[str, Negotiated] = {}

    def standing(self) -> Iterator[tuple[Tunnel, Negotiated]]:
        """Every tunnel and what was negotiated for it."""
        if self._boot != self._booted():
            self._boot = self._booted()
            self._state = {one.name: self._negotiated(up=one.up) for one in self.scenario.tunnels}
        return ((one, self._state[one.name]) for one in self.scenario.tunnels)

    def clear_ike(self, peer: str) -> None:
        """New cookies for the tunnels with a peer; their IPsec associations go along (facts: events of an SRX)."""
        for one, state in list(self.standing()):
            if self.scenario.obeys_clear and one.type == "dynamic" and peer in {"", one.remote}:
                self._again(one, state)
                state.initiator, state.responder, state.ike_made = _cookie(), _cookie(), self._now()
                state.index += 1
                self._say(state, "User cleared IKE SA from CLI, corresponding IPSec SAs cleared")

    def clear_ipsec(self, index: str = "", remote: str = "") -> None:
        """New SPIs for dynamic tunnels; one that waits for traffic stays down."""
        for one, state in list(self.standing()):
            meant = index in {"", str(one.index)} and remote in {"", one.remote}
            if self.scenario.obeys_clear and one.type == "dynamic" and meant:
                self._again(one, state)

    def _again(self, one: Tunnel, state: Negotiated) -> None:
        fresh = self._negotiated(up=one.up and not one.on_traffic)
        state.inbound, state.outbound, state.made, state.up = fresh.inbound, fresh.outbound, fresh.made, fresh.up

    def _say(self, state: Negotiated, text: str) -> None:
        state.events.insert(0, text)

    def _negotiated(self, *, up: bool) -> Negotiated:
        inbound = random.randrange(LOWEST_SPI, SIX_DIGITS)  # noqa: S311 - not a secret
        outbound = random.randrange(LOWEST_SPI, 2**32)  # noqa: S311 - not a secret
        made = self._now()
        index = random.randrange(1, 10**6)  # noqa: S311 - not a secret
        events = ["IPSec SA negotiation successfully completed"] if up else []
        return Negotiated(index, _cookie(), _cookie(), made, inbound, outbound, made, up, events)


def _cookie() -> str:
    return f"{random.getrandbits(64):016x}"


def key_of(spi: int) -> tuple[str, str]:
    """Authentication and encryption key of an association: made up, and recognisable in whatever they leak into."""
    return f"5ec2e7a0{spi:08x}", f"5ec2e7e0{spi:08x}"
