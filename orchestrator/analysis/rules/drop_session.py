"""A session that is there to throw packets away."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.analysis.evidence import Source
from orchestrator.model.verdict import Finding, Verdict

DROP_STATE = "drop"  # "Session State: Drop" (23.4 and later, live 24.4)


def look(case: Case) -> Finding | None:
    """Find a session in the state Drop: the device remembers the denial of a flow and drops what follows."""
    dropping = [one for one in case.after if one.state.lower() == DROP_STATE]
    if not dropping:
        return None
    return Finding(
        symptom="session drops its packets",
        saw=f"session {dropping[0].session_id} is in the state Drop",
        why="drop-flow keeps a session for a flow that was refused, and drops its packets without another look",
        next="which policy or screen refused the flow? show security policies{zones} detail".format(**case.words),
        lines=(case.quoted(dropping[0]),),
        verdict=Verdict.DROPPED,
        sources=(Source.AFTER.value,),
        packets=1,
    )
