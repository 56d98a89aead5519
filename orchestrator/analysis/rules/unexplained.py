"""Packets that ended in a way no rule knows: told in the device's own words."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.analysis.evidence import Source
from orchestrator.analysis.rules.rule import Ends, by_reason
from orchestrator.model.trace_flow import NO_REASON
from orchestrator.model.verdict import Finding, Verdict


def look(case: Case, rest: Ends) -> Finding | None:
    """Find what none of the other rules has taken."""
    packets, records = by_reason(rest.packets), rest.records
    if not (packets or (records and not case.dropped)):
        return None
    return Finding(
        symptom="dropped by flow",
        saw=(packets[0].reason or NO_REASON) if packets else records[0].reason,
        why="the device ended the packet's bracket with a drop" if packets else "the device keeps a record of the drop",
        next="show security packet-drop records, and show interfaces {ingress} extensive".format(**case.words),
        lines=case.proof(packets[0]) if packets else (case.quoted(records[0]),),
        verdict=Verdict.DROPPED,
        sources=(*((Source.TRACE.value,) if packets else ()), *((Source.DROPS.value,) if records else ())),
        packets=case.count(packets) or len(records),
    )
