"""One conversation with everything that the sources say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from orchestrator.analysis.conversations import Conversation
from orchestrator.analysis.evidence import Evidence
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Line, Outcome, TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.session_log import SessionLog

PROOF_LINES = 6
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

    def __post_init__(self) -> None:
        keys, evidence = self.conversation.keys, self.evidence
        self.drops = [one for one in evidence.drops or () if one.key in keys]
        self.logs = [one for one in evidence.logs or () if one.key in keys]
        self.before = [one for one in evidence.before or () if _is_of(one, self)]
        self.after = [one for one in evidence.after or () if _is_of(one, self)]

    @property
    def dropped(self) -> list[TracePacket]:
        """Packets the trace shows dropped, beyond doubt."""
        return [one for one in self.conversation.packets if one.outcome is Outcome.DROPPED and not one.ambiguous]

    @property
    def forwarded(self) -> list[TracePacket]:
        """Packets the trace shows handled, beyond doubt."""
        return [one for one in self.conversation.packets if one.outcome is Outcome.FORWARDED and not one.ambiguous]

    @property
    def is_one_sided(self) -> bool:
        """Whether only one of the directions was seen, although nothing of it was dropped."""
        there, back = self.conversation.there, self.conversation.back
        return bool(there.packets) != bool(back.packets) and not there.dropped

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


def _is_of(session: FlowSession, case: Case) -> bool:
    return any(wing.key in case.conversation.keys for wing in session.wings)
