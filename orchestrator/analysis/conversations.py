"""Packets of a trace, joined into conversations: both directions, both sides of NAT."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Outcome, TracePacket
from orchestrator.model.protocols import WITH_PORTS
from orchestrator.model.trace_flow import NO_REASON, TraceFlow

KEPT_PACKETS = 200  # with their lines; counters go on after that


@dataclass(slots=True)
class Direction:
    """Packets one way."""

    packets: int = 0
    forwarded: int = 0
    dropped: int = 0
    unknown: int = 0
    ambiguous: int = 0

    def take(self, flow: TraceFlow) -> None:
        """Add every packet of a flow."""
        self.packets += flow.packets
        self.forwarded += flow.forwarded
        self.dropped += flow.dropped
        self.unknown += flow.unknown
        self.ambiguous += flow.ambiguous

    def count(self, packet: TracePacket) -> None:
        """Add a packet."""
        self.packets += 1
        if packet.ambiguous:
            self.ambiguous += 1
        elif packet.outcome is Outcome.FORWARDED:
            self.forwarded += 1
        elif packet.outcome is Outcome.DROPPED:
            self.dropped += 1
        else:
            self.unknown += 1


@dataclass(slots=True)
class Conversation:
    """One conversation, named by its first packet as it arrived from the initiator.

    ``keys`` are the names it goes by, in both directions and on both sides of NAT; ``True`` for those of replies.
    """

    key: FlowKey
    keys: dict[FlowKey, bool] = field(default_factory=dict)
    there: Direction = field(default_factory=Direction)
    back: Direction = field(default_factory=Direction)
    session_ids: set[int] = field(default_factory=set)
    from_zone: str = ""
    to_zone: str = ""
    policy: str = ""
    policy_id: int | None = None
    source_nat: str = ""
    destination_nat: str = ""
    ingress: str = ""
    egress: str = ""
    reasons: dict[str, int] = field(default_factory=dict)
    packets: list[TracePacket] = field(default_factory=list)
    is_sampled: bool = False  # not every packet of it could be counted

    def add(self, packet: TracePacket, *, back: bool) -> None:
        """Take a packet into the story."""
        (self.back if back else self.there).count(packet)
        if len(self.packets) < KEPT_PACKETS or (packet.outcome is Outcome.DROPPED and not packet.ambiguous):
            self.packets.append(packet)
        if packet.ambiguous:
            return
        if packet.session_id is not None:
            self.session_ids.add(packet.session_id)
        if packet.outcome is Outcome.DROPPED:
            self._blame(packet.reason or NO_REASON, 1)
        if not back:
            self._learn(packet)

    def is_reply(self, packet: TracePacket) -> bool:
        """Whether a packet of it goes back to the initiator."""
        return packet.key is not None and self.keys.get(packet.key, False)

    @property
    def was_seen(self) -> bool:
        """Whether the trace holds packets of it."""
        return self.there.packets + self.back.packets > 0

    def recount(self, flows: Mapping[FlowKey, TraceFlow], shared: Container[FlowKey]) -> None:
        """Take the counts of whole flows, where the packets kept are only the telling ones.

        ``shared`` names belong to several conversations, which lent a translated address in turn: of those the packets
        kept are all that can be told apart.
        """
        self.there, self.back, self.reasons = Direction(), Direction(), {}
        for key, back in self.keys.items():
            side = self.back if back else self.there
            if key in shared:
                self.is_sampled = True
                for packet in (one for one in self.packets if one.key == key):
                    side.count(packet)
                    if packet.outcome is Outcome.DROPPED and not packet.ambiguous:
                        self._blame(packet.reason or NO_REASON, 1)
            elif key in flows:
                side.take(flows[key])
                for reason, count in flows[key].reasons.items():
                    self._blame(reason, count)

    def _blame(self, reason: str, count: int) -> None:
        self.reasons[reason] = self.reasons.get(reason, 0) + count

    def turn(self) -> None:
        """Name it from its other end: its first packet was a reply."""
        self.key, self.there, self.back = self.key.reverse(), self.back, self.there
        self.keys = {key: not back for key, back in self.keys.items()} | {self.key: False}

    def _learn(self, packet: TracePacket) -> None:
        """Zones, policy and NAT stand in the first packet's bracket only."""
        self.from_zone = self.from_zone or packet.from_zone
        self.to_zone = self.to_zone or packet.to_zone
        if not self.policy:
            self.policy, self.policy_id = packet.policy, packet.policy_id
        self.ingress = self.ingress or packet.ingress
        self.egress = self.egress or packet.egress
        if packet.source_nat and not self.source_nat:
            self.source_nat = _place(packet.source_nat.after, packet.source_nat.after_port)
        if packet.destination_nat and not self.destination_nat:
            self.destination_nat = _place(packet.destination_nat.after, packet.destination_nat.after_port)


def _place(address: str, port: int | None) -> str:
    return address if port is None else f"{address}/{port}"


def join(
    packets: Iterable[TracePacket], sessions: Sequence[FlowSession] = (), others: Iterable[FlowKey] = ()
) -> list[Conversation]:
    """Join packets into conversations, in the order of their first packets.

    A packet belongs to the conversation that has its five values, or their reverse under the NAT seen in the trace or
    in the session table, or its session id. A packet without a tuple belongs to none. ``others`` are keys that other
    sources name: where no packet was seen they are conversations without packets.
    """
    book = _Book()
    for session in sessions:
        book.learn_session(session)
    for packet in packets:
        book.add(packet)
    for key in others:
        book.name(key)
    return book.conversations


class _Book:
    """Which conversation a tuple or a session id means, and in which direction."""

    def __init__(self) -> None:
        self.conversations: list[Conversation] = []
        self._by_key: dict[FlowKey, tuple[Conversation, bool]] = {}
        self._by_session: dict[tuple[str, int], Conversation] = {}
        self._forward_of: dict[FlowKey, FlowKey] = {}

    def learn_session(self, session: FlowSession) -> None:
        arrives, returns = session.wing("In"), session.wing("Out")
        if arrives is not None and returns is not None:
            self._forward_of[returns.key] = arrives.key

    def name(self, key: FlowKey) -> None:
        if key in self._by_key:
            return
        forward = self._forward_of.get(key)
        if forward is not None and forward != key:
            self.name(forward)
            self._remember(key, self._by_key[forward][0], back=True)
        elif key.reverse() in self._by_key:
            conversation, back = self._by_key[key.reverse()]
            self._remember(key, conversation, back=not back)
        else:
            self._new(key)

    def add(self, packet: TracePacket) -> None:
        if packet.key is None:
            return
        conversation, back = self._find(packet, packet.key)
        conversation.add(packet, back=back)
        if packet.ambiguous:
            return
        if packet.session_id is not None:
            self._by_session[_unit(packet), packet.session_id] = conversation
        if not back:
            self._expect_reply(packet, conversation)

    def _find(self, packet: TracePacket, key: FlowKey) -> tuple[Conversation, bool]:
        """By its session, which tells apart what shares a translated address; else by its five values."""
        known = self._of_session(packet, key)
        if known is not None:
            return known
        if key in self._by_key:
            return self._by_key[key]
        forward = self._forward_of.get(key)
        if forward is not None:
            conversation = self._by_key[forward][0] if forward in self._by_key else self._new(forward)
            return self._remember(key, conversation, back=True)
        if key.protocol in WITH_PORTS and key.reverse() in self._by_key:
            conversation, back = self._by_key[key.reverse()]
            return self._remember(key, conversation, back=not back)
        return self._new(key), False

    def _of_session(self, packet: TracePacket, key: FlowKey) -> tuple[Conversation, bool] | None:
        """The conversation that its session belongs to, when it shares an end with it: ids are used again."""
        if packet.session_id is None or packet.path == "first" or packet.ambiguous:
            return None
        conversation = self._by_session.get((_unit(packet), packet.session_id))
        if conversation is None:
            return None
        if key in conversation.keys:
            return conversation, conversation.keys[key]
        ends = {end for known in conversation.keys for end in (known.source, known.destination)}
        if not ends & {key.source, key.destination}:
            return None
        back = (key.source, key.source_port) != (conversation.key.source, conversation.key.source_port)
        self._remember(key, conversation, back=back)
        conversation.keys.setdefault(key, back)
        return conversation, back

    def _new(self, key: FlowKey) -> Conversation:
        conversation = Conversation(key)
        self.conversations.append(conversation)
        self._remember(key, conversation, back=False)
        if key.protocol not in WITH_PORTS:
            self._remember(key.reverse(), conversation, back=True)
        return conversation

    def _remember(self, key: FlowKey, conversation: Conversation, *, back: bool) -> tuple[Conversation, bool]:
        named = self._by_key.setdefault(key, (conversation, back))
        named[0].keys.setdefault(key, named[1])
        return named

    def _expect_reply(self, packet: TracePacket, conversation: Conversation) -> None:
        """The reply arrives with the translated addresses, turned round."""
        key = packet.key
        if key is None or (packet.source_nat is None and packet.destination_nat is None):
            return
        server = (key.destination, key.destination_port)
        client = (key.source, key.source_port)
        if packet.destination_nat is not None:
            server = (packet.destination_nat.after, packet.destination_nat.after_port or key.destination_port)
            if key.protocol not in WITH_PORTS:
                server = (server[0], None)
        if packet.source_nat is not None:
            # An ICMP identifier stands where the port would, and is none.
            port = packet.source_nat.after_port if key.protocol in WITH_PORTS else None
            client = (packet.source_nat.after, port)
        reply = FlowKey(*server, *client, key.protocol)
        if packet.path == "first":
            self._by_key.pop(reply, None)  # the address and port are lent again: what comes now is for this one
        self._remember(reply, conversation, back=True)


def _unit(packet: TracePacket) -> str:
    """The part of the device that counts its own sessions: node, FPC and PIC of the header, not the thread."""
    return ":".join(part for part in packet.thread.split(":") if part.startswith(("CID", "FPC", "PIC")))
