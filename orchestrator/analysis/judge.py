"""From conversations to a verdict. When unsure, ``inconclusive``: a wrong verdict is worse than none.

What stands firm: the bracket's end line (handled or dropped) and the drop's own reason. Wordings that are general
knowledge only make an answer ``likely``, unless another source says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from orchestrator.analysis.conversations import Conversation, join
from orchestrator.model.flow import Endpoint, FlowKey
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Line, Outcome, TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.verdict import Answer, Certainty, Finding, Verdict

POLICY = re.compile(r"polic(y|ies)", re.IGNORECASE)
EVIDENCE_LINES = 6
_TELLING = re.compile(r"matched filter|by policy|xlated?|dropp|session created|flow_process_pkt rc|got session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The conversation in question; ``None`` is any."""

    source: Endpoint | None = None
    destination: Endpoint | None = None
    protocol: int | None = None

    def means(self, conversation: Conversation) -> bool:
        """Whether it is this conversation, seen from its initiator or from its responder."""
        return self.names(conversation.key) or self.names(conversation.key.reverse())

    def names(self, key: FlowKey) -> bool:
        """Whether it is this conversation, in the direction that was asked about."""
        return (
            (self.source is None or self.source.holds(key.source, key.source_port))
            and (self.destination is None or self.destination.holds(key.destination, key.destination_port))
            and self.protocol in (None, key.protocol)
        )

    def __str__(self) -> str:
        return f"{self.source or 'any'} -> {self.destination or 'any'}"


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What the sources gave. ``gaps`` say why the trace may not tell everything, in words."""

    packets: Sequence[TracePacket] = ()
    sessions: Sequence[FlowSession] = ()
    drops: Sequence[PacketDrop] = ()
    gaps: tuple[str, ...] = ()
    both_directions: bool = True
    notes: list[str] = field(default_factory=list)


def judge(asked: Asked, evidence: Evidence) -> tuple[Answer, list[Conversation]]:
    """Answer what happened to a conversation; the conversations that matter come along."""
    meant = [one for one in join(evidence.packets, evidence.sessions) if asked.means(one)]
    for one in meant:
        if not asked.names(one.key) and all(packet.path != "first" for packet in one.packets):
            one.turn()  # only replies were seen, or they were seen first
    clear = [one for one in meant if one.there.packets + one.back.packets > one.there.ambiguous + one.back.ambiguous]
    if not meant:
        return _nothing_seen(asked, evidence), []
    if not clear:
        return _unclear(asked, "packets of several threads could not be told apart", meant), meant
    dropped = [one for one in clear if one.there.dropped or one.back.dropped]
    if dropped:
        return _dropped(asked, dropped, clear, evidence), meant
    forwarded = [one for one in clear if one.there.forwarded or one.back.forwarded]
    if forwarded:
        return _permitted(asked, forwarded, evidence), meant
    return _unclear(asked, "the trace ends inside every packet it shows", meant), meant


def _nothing_seen(asked: Asked, evidence: Evidence) -> Answer:
    drops = _drops_of(asked, evidence.drops)
    if drops:
        return Answer(
            verdict=Verdict.INCONCLUSIVE, certainty=Certainty.LIKELY,
            sentence=f"{asked}: the trace shows no packet, but the device has {len(drops)} drop records of it.",
            missing=("a trace of the dropped packets",),
        )  # fmt: skip
    if evidence.gaps:
        return Answer(
            verdict=Verdict.INCONCLUSIVE, missing=evidence.gaps,
            sentence=f"{asked}: the trace shows no packet, but it cannot be trusted: {evidence.gaps[0]}.",
        )  # fmt: skip
    if moved := _moved(asked, evidence.sessions):
        return Answer(
            verdict=Verdict.INCONCLUSIVE,
            sentence=f"{asked}: the trace shows no packet, yet session {moved} counted some meanwhile.",
            missing=("filters that take the session's packets as they arrive, before NAT",),
        )
    finding = Finding(
        symptom="never reached flow",
        saw="no packet matched the filters while the trace ran",
        why="a packet that reaches the flow module and matches leaves a bracket in the trace",
        next="is traffic being sent? are the addresses those before NAT? does a stateless filter or L2 stop it?",
    )
    return Answer(verdict=Verdict.NOT_SEEN, sentence=f"{asked}: no packet was seen.", findings=(finding,))


def _moved(asked: Asked, sessions: Iterable[FlowSession]) -> int | None:
    """A session of the conversation whose counters differ between two looks at the table."""
    counted: dict[int, set[tuple[int | None, ...]]] = {}
    for session in sessions:
        arrives = session.wing("In")
        if arrives is not None and asked.means(Conversation(arrives.key)):
            packets = tuple(wing.packets for wing in session.wings)
            counted.setdefault(session.session_id, set()).add(packets)
    return next((number for number, seen in counted.items() if len(seen) > 1), None)


def _unclear(asked: Asked, why: str, meant: Sequence[Conversation]) -> Answer:
    packets = sum(one.there.packets + one.back.packets for one in meant)
    return Answer(
        verdict=Verdict.INCONCLUSIVE,
        sentence=f"{asked}: {packets} packets seen, but {why}.",
        missing=("a longer or less crowded trace",),
    )


def _dropped(
    asked: Asked, dropped: Sequence[Conversation], clear: Sequence[Conversation], evidence: Evidence
) -> Answer:
    worst = max(dropped, key=lambda one: one.there.dropped + one.back.dropped)
    reason = max(worst.reasons, key=lambda text: worst.reasons[text])
    packet = next(one for one in worst.packets if _is_drop(one) and (one.reason or "no reason given") == reason)
    denied = bool(POLICY.search(reason)) or "policy deny" in packet.soft
    agreeing = [one for one in _drops_of(asked, evidence.drops) if (one.module == "POLICY") == denied]
    certain = not packet.soft or bool(agreeing) or not denied
    count = sum(one.there.dropped + one.back.dropped for one in dropped)
    where = f" from zone {worst.from_zone} to zone {worst.to_zone}" if worst.from_zone else ""
    policy = f" by policy {worst.policy}" if denied and worst.policy else ""
    share = f" ({len(dropped)} of {len(clear)} conversations)" if len(clear) > 1 else ""
    verb = "denied" if denied else "dropped"
    sentence = f"{worst.key}: {verb}{policy}{where}, {count} packet{'s' * (count != 1)}{share}: {reason}."
    finding = Finding(
        symptom="denied by policy" if denied else "dropped by flow",
        saw=reason,
        why="the device ended the packet's bracket with a drop",
        next=_next_after(denied, worst),
        lines=_proof(packet),
    )
    return Answer(
        verdict=Verdict.DENIED if denied else Verdict.DROPPED,
        certainty=Certainty.CERTAIN if certain else Certainty.LIKELY,
        sentence=sentence,
        findings=(finding, *_one_side(worst, evidence)),
    )


def _next_after(denied: bool, conversation: Conversation) -> str:  # noqa: FBT001 - read at its one caller
    zones = f" from-zone {conversation.from_zone} to-zone {conversation.to_zone}" if conversation.from_zone else ""
    if denied:
        return f"show security policies{zones} detail: is a permit missing, or too low in the list?"
    return "show security packet-drop records, and the zone's host-inbound-traffic, screens and routes"


def _permitted(asked: Asked, forwarded: Sequence[Conversation], evidence: Evidence) -> Answer:
    best = max(forwarded, key=lambda one: one.there.forwarded + one.back.forwarded)
    there = sum(one.there.forwarded for one in forwarded)
    back = sum(one.back.forwarded for one in forwarded)
    policy = f" by policy {best.policy}" if best.policy else ""
    where = f" from zone {best.from_zone} to zone {best.to_zone}" if best.from_zone else ""
    nat = _nat_words(best)
    many = f" in {len(forwarded)} conversations" if len(forwarded) > 1 else ""
    sentence = f"{best.key}: permitted{policy}{where}{nat}; {there} packets there, {back} back{many}."
    contradicting = _drops_of(asked, evidence.drops)
    first = next((one for one in best.packets if one.outcome is Outcome.FORWARDED and not one.ambiguous), None)
    finding = Finding(
        symptom="permitted",
        saw=f"{there + back} packets handled without a drop",
        why="the device ended their brackets with rc 0x0",
        next="if the application still fails, look at the server and at the way back",
        lines=_proof(first) if first else (),
    )
    doubts = (*(("the device also has drop records of this conversation",) if contradicting else ()), *evidence.gaps)
    certain = best.there.forwarded > 0 and not doubts
    return Answer(
        verdict=Verdict.PERMITTED,
        certainty=Certainty.CERTAIN if certain else Certainty.LIKELY,
        sentence=sentence,
        findings=(finding, *_one_side(best, evidence)),
        missing=doubts,
    )


def _nat_words(conversation: Conversation) -> str:
    words = ""
    if conversation.source_nat:
        words += f", source becomes {conversation.source_nat}"
    if conversation.destination_nat:
        words += f", destination becomes {conversation.destination_nat}"
    return words


def _one_side(conversation: Conversation, evidence: Evidence) -> tuple[Finding, ...]:
    """Say when only one direction was seen, and what that can mean."""
    if conversation.there.packets and conversation.back.packets:
        return ()
    if conversation.there.dropped and not conversation.back.packets:
        return ()  # what was dropped gets no reply
    side = "the initiator's" if conversation.there.packets else "the responder's"
    return (
        Finding(
            symptom="one direction only",
            saw=f"only {side} packets were seen",
            why="a reply would leave brackets under the reverse filter"
            if evidence.both_directions
            else "the other direction was not traced",
            next="show security flow session: are there packets in the Out wing? does the server answer?",
        ),
    )


def _drops_of(asked: Asked, drops: Iterable[PacketDrop]) -> list[PacketDrop]:
    return [one for one in drops if asked.names(one.key) or asked.names(one.key.reverse())]


def _is_drop(packet: TracePacket) -> bool:
    return packet.outcome is Outcome.DROPPED and not packet.ambiguous


def _proof(packet: TracePacket) -> tuple[Line, ...]:
    """The lines that tell the story: the header, what decided, the end."""
    telling = [line for line in packet.lines if _TELLING.search(line.text)]
    return tuple(telling[: EVIDENCE_LINES - 1] + telling[-1:] if len(telling) > EVIDENCE_LINES else telling)
