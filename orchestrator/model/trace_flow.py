"""What the packets of one flow told in a trace, without the packets: one record per five values, however big the trace.

Everything here adds up the same in any order and from any parts: counts, the earliest and latest time, and of what may
be many the few that sort first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Outcome, TracePacket, Translation

KEPT = 16  # session identifiers, filters, flags, interfaces, reasons
KEPT_PATHS = 4
KEPT_EXTENTS = 2  # packets that can be read again: the first so many, and the first so many of each reason
NO_REASON = "no reason given"

_Item = TypeVar("_Item", int, str)


# Where a packet stands: its first and its last line, the line from which its lane must be read to find the same packet,
# the lane's name, and whether two packets had been open in it at once before. A line is ``file << 40 | line``, with
# files counted from 0 and lines from 1. A plain tuple: millions are made.
Extent = tuple[int, int, int, str, bool]
LINE_BITS = 40


@dataclass(frozen=True, slots=True)
class FirstPath:
    """What the first-path bracket of a flow says: zones, policy, interfaces and translations."""

    from_zone: str
    to_zone: str
    policy: str
    policy_id: int | None
    ingress: str
    egress: str
    source_nat: Translation | None
    destination_nat: Translation | None

    @classmethod
    def of(cls, packet: TracePacket) -> FirstPath | None:
        """What this packet says; ``None`` when it says nothing beyond where it arrived."""
        zones = packet.from_zone or packet.to_zone
        if not (zones or packet.policy or packet.egress or packet.source_nat or packet.destination_nat):
            return None
        return cls(
            packet.from_zone, packet.to_zone, packet.policy, packet.policy_id, packet.ingress, packet.egress,
            packet.source_nat, packet.destination_nat,
        )  # fmt: skip

    def rank(self) -> tuple[int, str]:
        """Sorts the fuller one first, and equally full ones by their text."""
        said = (self.from_zone, self.to_zone, self.policy, self.ingress, self.egress)
        return -sum(map(bool, (*said, self.source_nat, self.destination_nat))), repr(self)


class Facts(NamedTuple):
    """What one packet tells of its flow, beside its time."""

    key: FlowKey | None
    outcome: Outcome
    reason: str
    session_id: int | None
    filters: str  # joined by commas
    tcp_flags: str
    ingress: str
    host_outbound: bool
    path: FirstPath | None

    @classmethod
    def of(cls, packet: TracePacket) -> Facts:
        """What the packet tells."""
        return cls(
            packet.key, packet.outcome, packet.reason, packet.session_id, packet.filter, packet.tcp_flags,
            packet.ingress, packet.host_outbound, FirstPath.of(packet),
        )  # fmt: skip


@dataclass(slots=True)
class Alike:
    """Packets of one flow and one end: how many, when, and where the first few and the last of them stand."""

    outcome: Outcome
    reason: str
    amount: int = 0
    first: datetime | None = None
    last: datetime | None = None
    early: tuple[Extent, ...] = ()
    late: Extent | None = None

    def add(self, time: datetime | None, extent: Extent | None) -> None:
        """Count one."""
        self.amount += 1
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
        if extent is not None:
            if len(self.early) < KEPT_EXTENTS:
                self.early = (*self.early, extent)
            self.late = extent


@dataclass(slots=True)
class TraceFlow:
    """One flow as its packets arrived.

    ``reasons`` counts what drops say. Of session identifiers, filters, TCP flags, interfaces and reasons the first
    ``KEPT`` in sorting order are kept; ``paths`` holds different stories of first-path brackets, the fullest first.
    ``first`` and ``last`` are data-plane times. An ambiguous packet is counted and tells nothing else.
    """

    key: FlowKey
    forwarded: int = 0
    dropped: int = 0
    unknown: int = 0
    ambiguous: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    session_ids: tuple[int, ...] = ()
    filters: tuple[str, ...] = ()
    tcp_flags: tuple[str, ...] = ()
    ingresses: tuple[str, ...] = ()
    paths: tuple[FirstPath, ...] = ()
    host_outbound: bool = False
    early: tuple[Extent, ...] = field(default=(), compare=False)
    drops: tuple[tuple[str, tuple[Extent, ...]], ...] = field(default=(), compare=False)
    late: Extent | None = field(default=None, compare=False)

    @property
    def packets(self) -> int:
        """How many packets there were."""
        return self.forwarded + self.dropped + self.unknown + self.ambiguous

    @property
    def path(self) -> FirstPath | None:
        """The fullest story of a first-path bracket."""
        return self.paths[0] if self.paths else None

    def extents(self) -> set[Extent]:
        """Where its telling packets stand: the first few, the first few drops of each reason, the last."""
        found = {*self.early, *(each for _, some in self.drops for each in some)}
        return found | ({self.late} if self.late else set())

    def add(self, packet: TracePacket, extent: Extent | None = None) -> None:
        """Take a packet in."""
        if packet.ambiguous:
            self.ambiguous += 1
            return
        self.learn(Facts.of(packet))
        alike = Alike(packet.outcome, packet.reason)
        alike.add(packet.time, extent)
        self.count(alike)

    def learn(self, facts: Facts) -> None:
        """Take in what a packet tells beside its end."""
        if facts.session_id is not None and facts.session_id not in self.session_ids:
            self.session_ids = _least((*self.session_ids, facts.session_id))
        self.hear(facts.filters, facts.tcp_flags)
        if facts.ingress and facts.ingress not in self.ingresses:
            self.ingresses = _least((*self.ingresses, facts.ingress))
        self.host_outbound = self.host_outbound or facts.host_outbound
        if facts.path is not None and facts.path not in self.paths:
            self.paths = _fullest((*self.paths, facts.path))

    def hear(self, filters: str, tcp_flags: str) -> None:
        """Take in the filters that matched, joined by commas, and the TCP flags of a packet."""
        if filters and filters not in self.filters:
            self.filters = (
                _least((*self.filters, *filters.split(","))) if self.filters or "," in filters else (filters,)
            )
        if tcp_flags and tcp_flags not in self.tcp_flags:
            self.tcp_flags = _least((*self.tcp_flags, tcp_flags))

    def count(self, alike: Alike) -> None:
        """Count packets of one end, of which one was learned from."""
        self._span(alike.first, alike.last)
        self._stand(alike.early, alike.late)
        if alike.outcome is Outcome.FORWARDED:
            self.forwarded += alike.amount
        elif alike.outcome is Outcome.DROPPED:
            self.dropped += alike.amount
            self._drop(alike.reason or NO_REASON, alike.amount, alike.early)
        else:
            self.unknown += alike.amount

    def merge(self, other: TraceFlow) -> None:
        """Take in what another part of the trace told of the same flow."""
        self.forwarded += other.forwarded
        self.dropped += other.dropped
        self.unknown += other.unknown
        self.ambiguous += other.ambiguous
        self._span(other.first, other.last)
        self._stand(other.early, other.late)
        self.session_ids = _least((*self.session_ids, *other.session_ids))
        self.filters = _least((*self.filters, *other.filters))
        self.tcp_flags = _least((*self.tcp_flags, *other.tcp_flags))
        self.ingresses = _least((*self.ingresses, *other.ingresses))
        self.paths = _fullest((*self.paths, *other.paths))
        self.host_outbound = self.host_outbound or other.host_outbound
        drops = dict(other.drops)
        for reason, count in other.reasons.items():
            self._drop(reason, count, drops.get(reason, ()))

    def __reduce__(self) -> tuple[object, ...]:
        """Cross to another process as plain values: a third of the time that the objects themselves take."""
        key = self.key
        ends = key.source, key.source_port, key.destination, key.destination_port, key.protocol
        return _restored, (ends, _PLAIN(self), [_plain_path(path) for path in self.paths])

    def _span(self, first: datetime | None, last: datetime | None) -> None:
        if first is not None and (self.first is None or first < self.first):
            self.first = first
        if last is not None and (self.last is None or last > self.last):
            self.last = last

    def _stand(self, early: tuple[Extent, ...], late: Extent | None) -> None:
        if not self.early:
            self.early = early
        elif early and (len(self.early) < KEPT_EXTENTS or early[0] < self.early[-1]):
            self.early = _earliest((*self.early, *early))
        if late is not None and (self.late is None or late > self.late):
            self.late = late

    def _drop(self, reason: str, count: int, extents: tuple[Extent, ...]) -> None:
        if reason in self.reasons:
            self.reasons[reason] += count
        else:
            self.reasons[reason] = count
            if len(self.reasons) > KEPT:
                worst = max(self.reasons)
                del self.reasons[worst]
                self.drops = tuple(each for each in self.drops if each[0] != worst)
                if worst == reason:
                    return
        known = next((some for each, some in self.drops if each == reason), ())
        if extents and (len(known) < KEPT_EXTENTS or extents[0] < known[-1]):
            others = (each for each in self.drops if each[0] != reason)
            self.drops = (*others, (reason, _earliest((*known, *extents)) if known else extents))


_PLAIN_NAMES = (
    "forwarded", "dropped", "unknown", "ambiguous", "reasons", "first", "last", "session_ids", "filters", "tcp_flags",
    "ingresses", "host_outbound", "early", "drops", "late",
)  # fmt: skip
_PLAIN = attrgetter(*_PLAIN_NAMES)
_NAT = attrgetter("before", "before_port", "after", "after_port", "rule")
_PATH = attrgetter("from_zone", "to_zone", "policy", "policy_id", "ingress", "egress")


def _plain_path(path: FirstPath) -> tuple[object, ...]:
    nat = (path.source_nat, path.destination_nat)
    return (*_PATH(path), *(each and _NAT(each) for each in nat))


def _restored(ends: tuple[Any, ...], plain: tuple[Any, ...], paths: list[tuple[Any, ...]]) -> TraceFlow:
    source, source_port, destination, destination_port, protocol = ends
    flow = TraceFlow(FlowKey(source, source_port, destination, destination_port, protocol))
    for name, value in zip(_PLAIN_NAMES, plain, strict=True):
        setattr(flow, name, value)
    flow.paths = tuple(FirstPath(*path[:-2], *map(_restored_nat, path[-2:])) for path in paths)
    return flow


def _restored_nat(plain: tuple[Any, ...] | None) -> Translation | None:
    if plain is None:
        return None
    before, before_port, after, after_port, rule = plain
    return Translation(before=before, before_port=before_port, after=after, after_port=after_port, rule=rule)


def fold(packets: Iterable[TracePacket]) -> dict[FlowKey, TraceFlow]:
    """Packets by flow; a packet without a tuple belongs to none."""
    flows: dict[FlowKey, TraceFlow] = {}
    for packet in packets:
        if packet.key is not None:
            flow = flows.get(packet.key)
            if flow is None:
                flow = flows[packet.key] = TraceFlow(packet.key)
            flow.add(packet)
    return flows


def _least(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    return tuple(sorted(set(items))[:KEPT]) if len(items) > 1 else items


def _fullest(paths: tuple[FirstPath, ...]) -> tuple[FirstPath, ...]:
    return tuple(sorted(dict.fromkeys(paths), key=FirstPath.rank)[:KEPT_PATHS]) if len(paths) > 1 else paths


def _earliest(extents: tuple[Extent, ...]) -> tuple[Extent, ...]:
    return tuple(sorted(set(extents))[:KEPT_EXTENTS])
