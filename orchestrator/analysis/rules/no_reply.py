"""Packets went one way, and nothing came back."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.verdict import Finding


def look(case: Case) -> Finding | None:
    """Find a conversation of one direction, in the trace or in the counters of its session."""
    if case.dropped or case.drops or not case.expects_answer or (case.is_answered and case.conversation.there.packets):
        return None  # what was dropped gets no reply
    if case.evidence.traced and case.conversation.there.packets + case.conversation.back.packets:
        return _traced(case) if case.is_one_sided else None
    silent = [one for one in case.after if (back := one.wing("Out")) is not None and back.packets == 0]
    silent = [one for one in silent if (there := one.wing("In")) is not None and there.packets]
    if not silent or len(silent) < len(case.after):
        return _logged(case)
    return Finding(
        symptom="one direction only",
        saw=f"session {silent[0].session_id} has packets in its In wing and none in its Out wing",
        why="a reply would be counted in the Out wing",
        next="does {destination} answer, and does its answer come back to this device?".format(**case.words),
        lines=(case.quoted(silent[0]),),
    )


def _logged(case: Case) -> Finding | None:
    closes = [one for one in case.logs if one.packets_from_client and one.packets_from_server == 0]
    if not closes:
        return None
    return Finding(
        symptom="one direction only",
        saw=f"closed with {closes[-1].packets_from_client} packets from the client and none from the server",
        why="RT_FLOW counts what the session carried in both directions",
        next="does {destination} answer, and does its answer come back to this device?".format(**case.words),
        lines=(closes[-1].line,),
    )


def _traced(case: Case) -> Finding:
    there = bool(case.conversation.there.packets)
    both = case.evidence.both_directions
    return Finding(
        symptom="one direction only",
        saw=f"only {'the initiator' if there else 'the responder'}'s packets were seen",
        why="a reply would leave brackets under the reverse filter" if both else "the other direction was not traced",
        next="show security flow session: are there packets in the Out wing? does the server answer?",
        lines=case.proof(case.forwarded[0])[:2] if case.forwarded else (),
    )
