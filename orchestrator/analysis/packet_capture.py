"""What a packet capture says of a conversation: did its packets arrive, did they leave.

A capture is counted by flow as it is read, so that its size costs no memory. Where the file says which way a packet
crossed its interface, that is taken. Else a packet that comes again with a smaller TTL has been through the device,
and so has one that bears a translated name. A packet that is not in the file proves nothing: the capture's filter, its
interface, or its packet count may have kept it out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orchestrator.analysis.conversations import Conversation
from orchestrator.errors import ParseError
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.pcap import CapturedPacket, Direction
from orchestrator.model.protocols import WITH_PORTS
from orchestrator.model.verdict import Finding
from orchestrator.parsers import pcap
from orchestrator.parsers.source import Source

MOST_FLOWS = 200_000
REMEMBERED = 4096  # packets that may come again
THROUGH = timedelta(milliseconds=100)  # the longest way through a device
SYMPTOM = "packet-capture"


@dataclass(slots=True)
class CapturedFlow:
    """Packets of one name that crossed an interface one way; ``first`` stands for them."""

    first: CapturedPacket
    packets: int = 0


@dataclass(slots=True)
class Capture:
    """What the files hold, by name and direction.

    ``becomes`` are names that packets came and left under. ``packets`` counts all, ``damage`` says why some are
    missing.
    """

    flows: dict[tuple[FlowKey, Direction], CapturedFlow] = field(default_factory=dict)
    becomes: dict[FlowKey, FlowKey] = field(default_factory=dict)
    packets: int = 0
    left_out: int = 0
    damage: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    @property
    def shows_departures(self) -> bool:
        """Whether any packet is known to have left: a capture of one side only never shows it."""
        return any(direction is Direction.OUT for _, direction in self.flows)

    def arrivals(self) -> Iterator[FlowKey]:
        """The names of packets that are not known to have left."""
        return (key for key, direction in self.flows if direction is not Direction.OUT)

    def add(self, packet: CapturedPacket, direction: Direction) -> None:
        """Count a packet."""
        self.packets += 1
        if packet.time is not None:
            self.start = min(self.start or packet.time, packet.time)
            self.end = max(self.end or packet.time, packet.time)
        if packet.key is None:
            return
        flow = self.flows.get((packet.key, direction))
        if flow is None:
            if len(self.flows) >= MOST_FLOWS:
                self.left_out += 1
                return
            flow = self.flows[packet.key, direction] = CapturedFlow(packet)
        flow.packets += 1


@dataclass(slots=True)
class Side:
    """Packets of a conversation one way."""

    arrived: int = 0
    left: int = 0


@dataclass(slots=True)
class Passage:
    """What a capture shows of one conversation; ``lines`` are the first packets of each kind."""

    there: Side = field(default_factory=Side)
    back: Side = field(default_factory=Side)
    lines: tuple[Line, ...] = ()

    @property
    def packets(self) -> int:
        """All of them."""
        return self.there.arrived + self.there.left + self.back.arrived + self.back.left


def read(sources: Iterable[Source]) -> Capture:
    """Count the packets of capture files."""
    capture = Capture()
    for source in sources:
        watch = _Watch(capture)
        try:
            for packet in pcap.parse(source):
                watch.take(packet)
        except ParseError as error:  # the other sources are worth reading all the same
            capture.damage = (*capture.damage, f"could not be read: {error.message}")
        if source.damage:
            capture.damage = (*capture.damage, source.damage)
    return capture


@dataclass(slots=True)
class _Watch:
    """The last packets that came, to know them again when they leave."""

    capture: Capture
    came: OrderedDict[tuple[object, ...], CapturedPacket] = field(default_factory=OrderedDict)

    def take(self, packet: CapturedPacket) -> None:
        """Count a packet, with the way it crossed as far as it can be known."""
        key, direction = packet.key, packet.direction
        if key is None or packet.ttl is None:
            self.capture.add(packet, direction)
            return
        # What a router leaves as it is; NAT changes one end or both.
        marks = (key.protocol, packet.ip_id, packet.tcp_sequence, packet.icmp, packet.length, packet.is_fragment)
        before = self.came.get(marks)
        again = before is not None and before.ttl is not None and packet.ttl < before.ttl and _is_soon(before, packet)
        if direction is Direction.UNKNOWN and again and before is not None and before.key == key:
            direction = Direction.OUT
        if direction is Direction.OUT and again and before is not None:
            self._learn(before, key)
        elif direction is not Direction.OUT:
            self.came[marks] = packet
            if len(self.came) > REMEMBERED:
                self.came.popitem(last=False)
        self.capture.add(packet, direction)

    def _learn(self, before: CapturedPacket, key: FlowKey) -> None:
        """The name a packet left under, where NAT changed one of its ends."""
        came = before.key
        if came is None or came == key or key.protocol not in WITH_PORTS or len(self.capture.becomes) >= MOST_FLOWS:
            return
        if before.tcp_sequence is None and not before.ip_id:
            return  # nothing tells it from another of the same length
        kept = (came.source, came.source_port) == (key.source, key.source_port), (
            (came.destination, came.destination_port) == (key.destination, key.destination_port)
        )  # fmt: skip
        if any(kept):
            self.capture.becomes.setdefault(came, key)


def _is_soon(before: CapturedPacket, packet: CapturedPacket) -> bool:
    """Whether one could be the other, on its way out."""
    if before.time is None or packet.time is None:
        return before.number + 1 == packet.number
    return timedelta() <= packet.time - before.time <= THROUGH


def passage(capture: Capture, talk: Conversation) -> Passage:
    """What the capture shows of a conversation, under any of its names on either side of NAT."""
    names = dict(talk.keys)
    for key, back in talk.keys.items():
        if (left := capture.becomes.get(key)) is not None:
            names.setdefault(left.reverse(), not back)
    found = Passage()
    told: dict[tuple[bool, bool], Line] = {}
    translated = bool(talk.source_nat or talk.destination_nat) or len(names) > len(talk.keys)
    for key in dict.fromkeys([*names, *(key.reverse() for key in names)]):
        known = key in names
        back = names[key] if known else not names[key.reverse()]
        for direction in Direction:
            flow = capture.flows.get((key, direction))
            if flow is None:
                continue
            # A name that is known only turned round is one that packets leave under, where there is NAT.
            leaves = direction is Direction.OUT or (direction is Direction.UNKNOWN and not known and translated)
            side = found.back if back else found.there
            if leaves:
                side.left += flow.packets
            else:
                side.arrived += flow.packets
            told.setdefault((back, leaves), _line(flow.first, left=leaves))
    found.lines = tuple(told[place] for place in sorted(told))
    return found


def _line(packet: CapturedPacket, *, left: bool) -> Line:
    time = packet.time.strftime("%H:%M:%S.%f") if packet.time else "no time"
    crossed = f"{'left by' if left else 'arrived on'} {packet.interface}" if packet.interface else (
        "left" if left else "seen"
    )  # fmt: skip
    flags = f" {packet.flags}" if packet.flags else ""
    return Line(packet.place.file if packet.place else "", packet.number, f"{time} {crossed} {packet.key}{flags}")


def finding(capture: Capture, found: Passage, name: str) -> Finding | None:
    """What the capture shows, as a finding that takes no side; ``None`` where it has no packet of it."""
    if not found.packets:
        return None
    there, back = found.there, found.back
    if there.left or back.left:
        saw = f"{there.arrived} packets arrived and {there.left} left; of the replies {back.arrived} and {back.left}"
    else:
        saw = f"{there.arrived} packets seen, {back.arrived} of the replies; none is known to have left"
    return Finding(
        symptom=SYMPTOM, saw=saw, why=_why(capture, found), next=_next(found), lines=found.lines, sources=(name,),
        packets=found.packets,
    )  # fmt: skip


def _why(capture: Capture, found: Passage) -> str:
    if found.there.left:
        return "the packets were captured on their way out, so the device sent them on"
    if capture.shows_departures:
        return "others were captured on their way out and none of these: not sent on, or under a name it does not take"
    return "this capture shows no packet on its way out, so it only says that they came"


def _next(found: Passage) -> str:
    there, back = found.there, found.back
    if there.left and not back.arrived:
        return "the packets went out and nothing came back: look at the other end and at the way back"
    if back.arrived and not back.left:
        return "replies came and are not seen going on: is the reply path in the capture's filter?"
    if there.arrived and not there.left:
        return "see what the flow trace or the drop records say of them"
    return "both ways are through: look at the two ends"
