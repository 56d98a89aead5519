"""What a router with two encryption PICs remembers: which side is active, how often it moved, and the associations.

A reboot begins anew: interfaces Offline, peers Standby, counters zero (facts: documentation of ES PIC redundancy).
There is no preemption: whoever is active stays so until a switch.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.lab.scenario_es_pic import Association, EsPic

LIFETIME_SECONDS = 28800
SOFT_SECONDS = 23040
ACTIVE, STANDBY, OFFLINE = "Active", "Standby", "Offline"
LOWEST_SPI = 256


class NotSwitchedError(Exception):
    """The device refuses a switch; ``args[0]`` names the reason."""


@dataclass(slots=True)
class Keys:
    """One negotiated association: its SPIs, the cookies of the exchange, and when it was made (lab time)."""

    inbound: int
    outbound: int
    initiator: str
    responder: str
    made: float

    def soft(self, now: float) -> int:
        """Seconds left of the soft lifetime, 0 when expired."""
        return max(0, int(self.made + SOFT_SECONDS - now))

    def hard(self, now: float) -> int:
        """Seconds left of the hard lifetime."""
        return max(0, int(self.made + LIFETIME_SECONDS - now))


@dataclass(slots=True)
class Pair:
    """Which of two sides is active, and how often that changed."""

    counter: int
    on_backup: bool = False


@dataclass(slots=True)
class Memory:
    """State of one boot."""

    booted: float
    pics: Pair
    failed: set[str] = field(default_factory=set)  # interfaces
    peers: dict[str, Pair] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)


class Encryption:
    """The encryption PICs of one device; ``now`` and ``booted`` are lab time."""

    def __init__(self, scenario: EsPic, now: Callable[[], float], booted: Callable[[], float]) -> None:
        self.scenario = scenario
        self._now = now
        self._booted = booted
        self._memory: Memory | None = None

    @property
    def memory(self) -> Memory:
        """The state, made anew after a boot."""
        booted = self._booted()
        if self._memory is None or self._memory.booted != booted:
            count = self.scenario.counter if self._memory is None else 0
            names = [one.name for one in self.scenario.associations]
            self._memory = Memory(booted, Pair(count), peers={name: Pair(count) for name in names})
            self._memory.keys = {name: self._negotiated() for name in names}
            if self.scenario.pics is not None and self.scenario.pics.backup_offline:
                self._memory.failed.add(self.scenario.pics.backup)
        for name, keys in self._memory.keys.items():
            if not keys.hard(self._now()):
                self._memory.keys[name] = self._negotiated()
        return self._memory

    @property
    def up_seconds(self) -> float:
        """How long the device has been up."""
        return self._now() - self._booted()

    def pic_states(self) -> tuple[str, str]:
        """State of the primary and of the backup interface."""
        pics, memory = self.scenario.pics, self.memory
        if pics is None or self.up_seconds < pics.online_after:
            return OFFLINE, OFFLINE
        primary, backup = (STANDBY, ACTIVE) if memory.pics.on_backup else (ACTIVE, STANDBY)
        return (
            OFFLINE if pics.primary in memory.failed else primary,
            OFFLINE if pics.backup in memory.failed else backup,
        )

    def fail(self, interface: str) -> None:
        """Take an interface away; when it was the active one, the other takes over with every association."""
        pics, memory = self.scenario.pics, self.memory
        if pics is None:
            return
        was = dict(zip((pics.primary, pics.backup), self.pic_states(), strict=True)).get(interface)
        memory.failed.add(interface)
        if was == ACTIVE and STANDBY in self.pic_states():
            memory.pics.on_backup = not memory.pics.on_backup
            memory.pics.counter += 1

    def repair(self, interface: str) -> None:
        """Bring an interface back, into standby: there is no preemption."""
        self.memory.failed.discard(interface)

    def peer_states(self, one: Association) -> tuple[str, str]:
        """State of the primary and of the backup peer."""
        if one.peers is None or self.up_seconds < one.peers.connected_after:
            return STANDBY, STANDBY
        return (STANDBY, ACTIVE) if self.memory.peers[one.name].on_backup else (ACTIVE, STANDBY)

    def active_peer(self, one: Association) -> str:
        """The remote gateway in use, empty when there is none."""
        if one.peers is None:
            return ""
        return one.peers.backup if self.memory.peers[one.name].on_backup else one.peers.primary

    def association(self, name: str) -> Association | None:
        """An association by name."""
        return next((one for one in self.scenario.associations if one.name == name), None)

    def switch_pics(self, name: str) -> None:
        """Swap the interfaces; the associations go along.

        Raises:
            NotSwitchedError: no such pair, or nobody stands by.
        """
        pics = self.scenario.pics
        if pics is None or name not in {"", pics.primary, pics.backup}:
            raise NotSwitchedError("unknown")
        if STANDBY not in self.pic_states():
            raise NotSwitchedError("offline")
        if self._moved(self.memory.pics) and not self.scenario.inherits:
            self.renew()

    def switch_peers(self, name: str) -> None:
        """Swap the peers of a tunnel; it is negotiated anew with the other one.

        Raises:
            NotSwitchedError: no such tunnel, or it is not connected.
        """
        redundant = [one for one in self.scenario.associations if one.peers and name in {"", one.name}]
        if not redundant:
            raise NotSwitchedError("unknown")
        if ACTIVE not in self.peer_states(redundant[0]):
            raise NotSwitchedError("offline")
        if self._moved(self.memory.peers[redundant[0].name]) and self.scenario.renews:
            self.renew(redundant[0].name)

    def renew(self, name: str = "") -> None:
        """Negotiate dynamic associations anew, one or all; manual ones have nothing to negotiate."""
        for one in self.scenario.associations:
            if one.type == "dynamic" and name in {"", one.name}:
                self.memory.keys[one.name] = self._negotiated()

    def _moved(self, pair: Pair) -> bool:
        if self.scenario.obeys_switch:
            pair.on_backup = not pair.on_backup
            pair.counter += self.scenario.counter_moves
        return self.scenario.obeys_switch

    def _negotiated(self) -> Keys:
        inbound, outbound = (random.randrange(LOWEST_SPI, 2**32) for _ in range(2))  # noqa: S311 - not a secret
        initiator, responder = (f"{random.getrandbits(64):016x}" for _ in range(2))
        return Keys(inbound, outbound, initiator, responder, self._now())
