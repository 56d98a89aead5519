"""One conversation with everything that the sources say of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from orchestrator.analysis.conversations import Conversation
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.packet_capture import Passage, passage
from orchestrator.analysis.window import When
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Line, Outcome, TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.session_log import SessionLog
from orchestrator.model.trace_flow import NO_REASON

PROOF_LINES = 6
_FLAGS = {"fin": 0x01, "syn": 0x02, "rst": 0x04}
_TELLING = re.compile(r"matched filter|by policy|xlated?|dropp|session created|flow_process_pkt rc|got session")


@dataclass(slots=True)
class Case:
    """What the rules look at."""

    conversation: Conversation
    evidence: Evidence
    drops: list[PacketDrop] = field(init=False)
    logs: list[SessionLog] = field(init=False)
    before: list[FlowSession] = field(init=False)
    after: list[FlowSession] = field(init=False)
    passage: Passage | None = field(init=False)

    def __post_init__(self) -> None:
        keys, evidence = self.conversation.keys, self.evidence
        self.drops = [one for one in evidence.drops or () if one.key in keys]
        self.logs = [one for one in evidence.logs or () if one.key in keys and self._is_of_now(one)]
        self.before = [one for one in evidence.before or () if _is_of(one, self)]
        self.after = [one for one in evidence.after or () if _is_of(one, self)]
        self.passage = None if evidence.capture is None else passage(evidence.capture, self.conversation)

    def _is_of_now(self, log: SessionLog) -> bool:
        """Whether a log record is of the time that the trace shows; without a trace any time will do."""
        window = self.evidence.window
        return window is None or window.of_stamp(log.time) is not When.OUTSIDE

    @property
    def dropped(self) -> list[TracePacket]:
        """Packets the trace shows dropped, beyond doubt."""
        return [one for one in self.conversation.packets if one.outcome is Outcome.DROPPED and not one.ambiguous]

    def count(self, packets: Iterable[TracePacket]) -> int:
        """How many packets ended like these: of a big trace only some are kept."""
        reasons = {one.reason or NO_REASON for one in packets}
        return sum(count for reason, count in self.conversation.reasons.items() if reason in reasons)

    @property
    def forwarded(self) -> list[TracePacket]:
        """Packets the trace shows handled, beyond doubt."""
        return [one for one in self.conversation.packets if one.outcome is Outcome.FORWARDED and not one.ambiguous]

    @property
    def is_mostly_unclear(self) -> bool:
        """Whether more of its packets could not be told from those of other threads than could."""
        sides = self.conversation.there, self.conversation.back
        return sum(one.ambiguous for one in sides) > sum(one.packets - one.ambiguous for one in sides)

    @property
    def is_one_sided(self) -> bool:
        """Whether only one of the directions was seen, although nothing of it was dropped."""
        there, back = self.conversation.there, self.conversation.back
        return bool(there.packets) != bool(back.packets) and not there.dropped

    @property
    def is_answered(self) -> bool:
        """Whether any source counted a packet of the other end."""
        counted = [wing.packets for one in self.after if (wing := one.wing("Out")) is not None]
        logged = [one.packets_from_server for one in self.logs]
        return bool(self.conversation.back.packets) or any(counted) or any(logged)

    @property
    def expects_answer(self) -> bool:
        """Whether the other end is one that could answer: no group, and not the device itself."""
        group = ipaddress.ip_address(self.conversation.key.destination).is_multicast
        return not group and not self.conversation.egress.startswith(".local")

    @property
    def moved(self) -> list[FlowSession]:
        """Sessions that counted packets between the two looks at the table, or came between them."""
        then = {one.session_id: _counted(one) for one in self.before}
        looked = self.evidence.before is not None
        return [one for one in self.after if _counted(one) > then.get(one.session_id, 0 if looked else -1)]

    @property
    def words(self) -> dict[str, str]:
        """What advice may be filled with."""
        one = self.conversation
        return {
            "zones": f" from-zone {one.from_zone} to-zone {one.to_zone}" if one.from_zone and one.to_zone else "",
            "ingress": one.ingress or "the ingress interface",
            "egress": one.egress or "the egress interface",
            "source": one.key.source,
            "destination": one.key.destination,
        }

    def proof(self, packet: TracePacket) -> tuple[Line, ...]:
        """The lines that tell a packet's story: the header, what decided, the end."""
        telling = [line for line in packet.lines if _TELLING.search(line.text)]
        return tuple(telling[: PROOF_LINES - 1] + telling[-1:] if len(telling) > PROOF_LINES else telling)

    def quoted(self, record: PacketDrop | FlowSession) -> Line:
        """A record as a line of evidence."""
        place = record.place
        file, number = (place.file, place.line or 0) if place else ("", 0)
        if isinstance(record, PacketDrop):
            return Line(file, number, f"{record.time} {record.key} {record.reason}")
        wings = "; ".join(f"{wing.direction}: {wing.key}, {wing.packets} packets" for wing in record.wings)
        return Line(file, number, f"session {record.session_id}, policy {record.policy}: {wings}")


def _counted(session: FlowSession) -> int:
    return sum(wing.packets or 0 for wing in session.wings)


def is_flagged(packet: TracePacket, flag: str) -> bool:
    """Whether a TCP packet has a flag; the trace prints a hexadecimal number, and words behind it or not."""
    words = packet.tcp_flags.split()
    if flag in words:
        return True
    try:
        return bool(int(words[0], 16) & _FLAGS[flag]) if words else False
    except ValueError:
        return False


def _is_of(session: FlowSession, case: Case) -> bool:
    return any(wing.key in case.conversation.keys for wing in session.wings)
