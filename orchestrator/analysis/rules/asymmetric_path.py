"""The reply comes back another way than the packets went out."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.verdict import Finding


def look(case: Case) -> Finding | None:
    """Find replies that came in by another interface than the one the packets left by."""
    talk = case.conversation
    if not talk.egress:
        return None
    replies = [one for one in talk.packets if talk.is_reply(one) and one.ingress and not one.ambiguous]
    strange = [one for one in replies if one.ingress != talk.egress]
    if not strange:
        return None
    return Finding(
        symptom="asymmetric path",
        saw=f"packets left by {talk.egress}, replies came in by {strange[0].ingress}",
        why="a session expects its replies on the interface its packets leave by, in the same zone",
        next="show route {source}, and the routes of the neighbours: which way is the reply sent?".format(**case.words),
        lines=case.proof(strange[0]) or tuple(strange[0].lines[:1]),
    )
