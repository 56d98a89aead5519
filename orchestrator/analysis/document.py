"""The analysis as JSON-ready values: the part of a result document that every report is written from."""

from __future__ import annotations

from typing import Any

from orchestrator.analysis.conversations import Conversation
from orchestrator.analysis.evidence import Evidence
from orchestrator.analysis.expectations import Check
from orchestrator.analysis.judge import Judgement
from orchestrator.analysis.session_diff import diff
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.flow_trace import Outcome, TracePacket
from orchestrator.parsers.as_json import as_json

MOST_CONVERSATIONS = 50
MOST_PACKETS = 60  # of one conversation, with their lines; drops beyond that are told as well
MOST_DROPS = 200
MOST_SESSIONS = 200


def judged(judgement: Judgement | None, evidence: Evidence | None, checks: list[Check]) -> dict[str, Any]:
    """Everything the analysis has to say of one device; the keys are there, and empty, when there was none."""
    answer = judgement.answer if judgement else None
    return {
        "verdict": answer.verdict.value if answer else None,
        "certainty": answer.certainty.value if answer else None,
        "sentence": answer.sentence if answer else "",
        "findings": as_json(answer.findings) if answer else [],
        "missing": list(answer.missing) if answer else [],
        "contradictions": list(answer.contradictions) if answer else [],
        "conversations": [_conversation(one) for one in judgement.conversations[:MOST_CONVERSATIONS]]
        if judgement
        else [],
        "conversations_total": len(judgement.conversations) if judgement else 0,
        "sources": as_json(evidence.states) if evidence else [],
        "sessions": _sessions(evidence) if evidence else [],
        "drops": _drops(judgement, evidence) if judgement and evidence else [],
        "expectations": as_json(checks),
    }


def _conversation(talk: Conversation) -> dict[str, Any]:
    return {
        "key": as_json(talk.key),
        "title": str(talk.key),
        "from_zone": talk.from_zone,
        "to_zone": talk.to_zone,
        "policy": talk.policy,
        "policy_id": talk.policy_id,
        "source_nat": talk.source_nat,
        "destination_nat": talk.destination_nat,
        "ingress": talk.ingress,
        "egress": talk.egress,
        "session_ids": sorted(talk.session_ids),
        "there": as_json(talk.there),
        "back": as_json(talk.back),
        "reasons": dict(talk.reasons),
        "packets": [_packet(one, talk) for one in _told(talk)],
    }


def _told(talk: Conversation) -> list[TracePacket]:
    first = talk.packets[:MOST_PACKETS]
    dropped = [one for one in talk.packets[MOST_PACKETS:] if one.outcome is Outcome.DROPPED and not one.ambiguous]
    return first + dropped[:MOST_PACKETS]


def _packet(packet: TracePacket, talk: Conversation) -> dict[str, Any]:
    return {
        "time": packet.time.isoformat() if packet.time else None,
        "direction": "back" if talk.is_reply(packet) else "there",
        "path": packet.path,
        "outcome": packet.outcome.value,
        "reason": packet.reason,
        "session_id": packet.session_id,
        "length": packet.length,
        "ip_id": packet.ip_id,
        "tcp_flags": packet.tcp_flags,
        "ingress": packet.ingress,
        "egress": packet.egress,
        "ambiguous": packet.ambiguous,
        "lines": as_json(packet.lines),
    }


def _sessions(evidence: Evidence) -> list[dict[str, Any]]:
    changes = diff(evidence.before or (), evidence.after or ())
    return [
        {
            "title": str(change.key),
            "change": str(change.kind),
            "what": ", ".join(change.differs),
            "before": _counters(change.before),
            "after": _counters(change.after),
        }
        for change in changes[:MOST_SESSIONS]
    ]


def _counters(session: FlowSession | None) -> dict[str, Any] | None:
    if session is None:
        return None
    there, back = session.wing("In"), session.wing("Out")
    return {
        "packets_in": there.packets if there else None,
        "packets_out": back.packets if back else None,
        "bytes_in": there.bytes if there else None,
        "bytes_out": back.bytes if back else None,
        "timeout": session.timeout,
        "policy": session.policy,
    }


def _drops(judgement: Judgement, evidence: Evidence) -> list[dict[str, Any]]:
    keys = {key for one in judgement.conversations for key in one.keys}
    mine = [one for one in evidence.drops or () if one.key in keys]
    return [{"time": one.time, "title": str(one.key), "reason": one.reason} for one in mine[:MOST_DROPS]]
