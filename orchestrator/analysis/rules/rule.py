"""The shape of a rule: a look at one conversation that finds its symptom, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from orchestrator.analysis.case import Case
from orchestrator.analysis.evidence import Source
from orchestrator.model.close_reasons import CloseReason
from orchestrator.model.flow_trace import Line, TracePacket
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.session_log import SessionEvent, SessionLog
from orchestrator.model.verdict import Finding, Verdict


def wording(pattern: str) -> re.Pattern[str]:
    """A wording to look for, whatever its case."""
    return re.compile(pattern, re.IGNORECASE)


_NAME = re.compile(r"(polic(?:y|ies)\s+)(?!deny|denied|reject|permit)\S+", re.IGNORECASE)


def nameless(text: str) -> str:
    """A reason without the name of its policy: a policy may be called like anything."""
    return _NAME.sub(r"\1", text)


Ended = TypeVar("Ended", TracePacket, PacketDrop, SessionLog)


@dataclass(slots=True)
class Ends:
    """What ended of a conversation and is not explained yet."""

    packets: list[TracePacket]
    records: list[PacketDrop]
    logs: list[SessionLog]

    @classmethod
    def of(cls, case: Case) -> Ends:
        """Everything that ended."""
        return cls(case.dropped, list(case.drops), list(case.logs))

    @staticmethod
    def take(held: list[Ended], wanted: Callable[[Ended], bool]) -> list[Ended]:
        """Take out what is wanted."""
        taken = [one for one in held if wanted(one)]
        held[:] = [one for one in held if one not in taken]
        return taken


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
    closed: frozenset[CloseReason] = frozenset()
    verdict: Verdict = Verdict.DROPPED
    confirmed: bool = False

    def look(self, case: Case, ends: Ends) -> Finding | None:
        """Find the packets that ended this way, and take them: each has one reason."""
        packets, records, logs = by_reason(ends.take(ends.packets, self.ends)), *(
            ends.take(ends.records, self.ended),
            ends.take(ends.logs, lambda log: self.denied(log) or self.concerns(case, log)),
        )  # fmt: skip
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
            packets=case.count(packets) or max(len(records), len(logs)),
        )

    def ends(self, packet: TracePacket) -> bool:
        """Whether the trace says that a packet ended this way."""
        return self.trace is not None and self.trace.search(nameless(packet.reason)) is not None

    def ended(self, record: PacketDrop) -> bool:
        """Whether a drop record says so."""
        told = f"{record.module}:{nameless(record.detail)}"
        return self.record is not None and self.record.search(told) is not None

    def concerns(self, case: Case, log: SessionLog) -> bool:
        """Whether a record that does not say so means it all the same, as far as the other sources tell."""
        del case, log
        return False

    def denied(self, log: SessionLog) -> bool:
        """Whether RT_FLOW says so, in a denial or in the reason of a close."""
        if log.kind is SessionEvent.DENY:
            return self.log is not None and self.log.search(nameless(log.reason)) is not None
        return log.close_reason in self.closed


def _saw(packets: Sequence[TracePacket], records: Sequence[PacketDrop], logs: Sequence[SessionLog]) -> str:
    if packets:
        return packets[0].reason
    if records:
        return records[0].reason
    did = "denied" if logs[0].kind is SessionEvent.DENY else "closed"
    return f"session {did}: {logs[0].reason or logs[0].policy}"


def _lines(
    case: Case, packets: Sequence[TracePacket], records: Sequence[PacketDrop], logs: Sequence[SessionLog]
) -> tuple[Line, ...]:
    lines = case.proof(packets[0]) if packets else ()
    return (*lines, *(case.quoted(one) for one in records[:1]), *(one.line for one in logs[:1]))
