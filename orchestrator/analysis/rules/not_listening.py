"""The server is there, and nothing listens on the port."""

from __future__ import annotations

from orchestrator.analysis.case import Case, is_flagged
from orchestrator.model.close_reasons import CloseReason
from orchestrator.model.flow_trace import Line
from orchestrator.model.verdict import Finding

REFUSING_PACKETS = 1  # a server that refuses says one thing


def look(case: Case) -> Finding | None:
    """Find a first answer that is a reset."""
    lines = _in_trace(case) or _in_log(case)
    if not lines:
        return None
    return Finding(
        symptom="the application does not listen",
        saw="the server's first answer is a TCP reset",
        why="a host answers a SYN for a port that nobody listens on with RST; the firewall let both packets pass",
        next="on {destination}: is the service up, and bound to this address and port?".format(**case.words),
        lines=lines,
    )


def _in_trace(case: Case) -> tuple[Line, ...]:
    answers = [one for one in case.conversation.packets if case.conversation.is_reply(one) and not one.ambiguous]
    if not answers or not is_flagged(answers[0], "rst"):
        return ()
    begun = any(is_flagged(one, "syn") for one in case.forwarded if not case.conversation.is_reply(one))
    return case.proof(answers[0]) or tuple(answers[0].lines[:1]) if begun else ()


def _in_log(case: Case) -> tuple[Line, ...]:
    refused = [
        one
        for one in case.logs
        if one.close_reason is CloseReason.TCP_SERVER_RST and one.packets_from_server == REFUSING_PACKETS
    ]
    return (refused[0].line,) if refused else ()
