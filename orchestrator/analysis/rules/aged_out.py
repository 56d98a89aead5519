"""The session lay still until its time was up."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.close_reasons import CloseReason
from orchestrator.model.session_log import SessionEvent
from orchestrator.model.verdict import Finding

_AGED = {CloseReason.AGED_OUT, CloseReason.IDLE_TIMEOUT}
TCP = 6


def look(case: Case) -> Finding | None:
    """Find a TCP session that aged out: others have no other end."""
    closes = [one for one in case.logs if one.kind is SessionEvent.CLOSE and one.close_reason in _AGED]
    if case.conversation.key.protocol != TCP or not closes:
        return None
    log = closes[-1]
    unanswered = log.packets_from_server == 0
    lived = f" after {log.elapsed_seconds} s" if log.elapsed_seconds is not None else ""
    return Finding(
        symptom="session aged out",
        saw=f"closed{lived}: {log.reason}" + (", and the server never sent a packet" if unanswered else ""),
        why="no packet came for the session's whole timeout (TCP 1800 s by default, 20 s until the handshake ends)",
        next="does the server answer at all?"
        if unanswered
        else "does the application send keepalives more often than the timeout? set an inactivity-timeout for it",
        lines=(log.line,),
    )
