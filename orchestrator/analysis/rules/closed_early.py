"""The session ended before its time, and RT_FLOW says by whom."""

from __future__ import annotations

from orchestrator.analysis.case import Case, is_flagged
from orchestrator.model.close_reasons import MEANINGS, CloseReason, EndedBy
from orchestrator.model.session_log import SessionEvent
from orchestrator.model.verdict import Finding

_ORDERLY = {CloseReason.TCP_FIN, CloseReason.RESPONSE_RECEIVED, CloseReason.AGED_OUT, CloseReason.IDLE_TIMEOUT}
_NEXT = {
    EndedBy.CLIENT: "look at the client: it gave up or crashed; the firewall only saw its reset",
    EndedBy.SERVER: "look at the server's log at that time; the firewall only saw its reset",
    EndedBy.ENDPOINT: "look at both ends at that time; the firewall only saw the reset",
    EndedBy.NETWORK: "which router sent the ICMP error? trace ICMP between the ends",
    EndedBy.OPERATOR: "who was on the device then? show system commit, and the log of interactive commands",
    EndedBy.DEVICE: "show log messages around that time for the service that closed it",
}


def look(case: Case) -> Finding | None:
    """Find a close whose reason is no orderly end."""
    closes = [one for one in case.logs if one.kind is SessionEvent.CLOSE and one.close_reason not in _ORDERLY]
    told = [(one, MEANINGS[one.close_reason]) for one in closes if one.close_reason is not None]
    told = [(one, meaning) for one, meaning in told if meaning.ended_by in _NEXT]
    if not told:
        return _reset_in_trace(case)
    log, meaning = told[-1]
    after = f" after {log.elapsed_seconds} s" if log.elapsed_seconds is not None else ""
    return Finding(
        symptom="session closed early",
        saw=f"closed{after}: {log.reason}",
        why=meaning.meaning,
        next=_NEXT[meaning.ended_by],
        lines=(log.line,),
    )


def _reset_in_trace(case: Case) -> Finding | None:
    resets = [one for one in case.forwarded if is_flagged(one, "rst")]
    if not resets:
        return None
    by = EndedBy.SERVER if case.conversation.is_reply(resets[0]) else EndedBy.CLIENT
    return Finding(
        symptom="session closed early",
        saw=f"the {by.value} sent a TCP reset",
        why="a reset ends the session at once; the firewall let it pass",
        next=_NEXT[by],
        lines=case.proof(resets[0]) or tuple(resets[0].lines[:1]),
    )
