"""The shape of a rule: a look at one conversation that finds its symptom, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.analysis.case import Case
from orchestrator.analysis.evidence import Source
from orchestrator.model.flow_trace import Line, TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.session_log import SessionEvent, SessionLog
from orchestrator.model.verdict import Finding, Verdict


def wording(pattern: str) -> re.Pattern[str]:
    """A wording to look for, whatever its case."""
    return re.compile(pattern, re.IGNORECASE)


def by_reason(packets: Iterable[TracePacket]) -> list[TracePacket]:
    """Packets, those of the most frequent reason first, each reason in the order of the trace."""
    held = list(packets)
    count = Counter(one.reason for one in held)
    return sorted(held, key=lambda one: -count[one.reason])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A symptom that ends packets: how the trace, the drop records and RT_FLOW word it.

    ``confirmed`` says that a published sample shows the trace's wording; else it is general knowledge, and the finding
    is soft. ``record`` is searched in ``MODULE:DETAIL``. ``next`` may hold ``{zones}``, ``{ingress}``, ``{egress}``,
    ``{source}`` and ``{destination}``.
    """

    symptom: str
    why: str
    next: str
    trace: re.Pattern[str] | None = None
    record: re.Pattern[str] | None = None
    log: re.Pattern[str] | None = None
    verdict: Verdict = Verdict.DROPPED
    confirmed: bool = False

    def look(self, case: Case) -> Finding | None:
        """Find the packets that ended this way."""
        packets = by_reason(one for one in case.dropped if self.ends(one))
        records = [one for one in case.drops if self.ended(one)]
        logs = [one for one in case.logs if one.kind is SessionEvent.DENY and self.log and self.log.search(one.reason)]
        if not (packets or records or logs):
            return None
        return Finding(
            symptom=self.symptom,
            saw=_saw(packets, records, logs),
            why=self.why,
            next=self.next.format(**case.words),
            lines=_lines(case, packets, records, logs),
            verdict=self.verdict,
            soft=bool(packets) and not self.confirmed and not (records or logs),
            sources=tuple(
                name.value
                for name, held in ((Source.TRACE, packets), (Source.DROPS, records), (Source.LOG, logs))
                if held
            ),
            packets=len(packets) or max(len(records), len(logs)),
        )

    def ends(self, packet: TracePacket) -> bool:
        """Whether the trace says that a packet ended this way."""
        return self.trace is not None and self.trace.search(packet.reason) is not None

    def ended(self, record: PacketDrop) -> bool:
        """Whether a drop record says so."""
        return self.record is not None and self.record.search(f"{record.module}:{record.detail}") is not None


def _saw(packets: Sequence[TracePacket], records: Sequence[PacketDrop], logs: Sequence[SessionLog]) -> str:
    if packets:
        return packets[0].reason
    return records[0].reason if records else f"session denied: {logs[0].reason or logs[0].policy}"


def _lines(
    case: Case, packets: Sequence[TracePacket], records: Sequence[PacketDrop], logs: Sequence[SessionLog]
) -> tuple[Line, ...]:
    lines = case.proof(packets[0]) if packets else ()
    return (*lines, *(case.quoted(one) for one in records[:1]), *(one.line for one in logs[:1]))
