"""The trace does not tell everything."""

from __future__ import annotations

from orchestrator.analysis.case import Case
from orchestrator.model.verdict import Finding


def look(case: Case) -> Finding | None:
    """Find packets of this conversation whose end or whose thread is not known, and gaps of the whole trace."""
    talk = case.conversation
    cut, unclear = talk.there.unknown + talk.back.unknown, talk.there.ambiguous + talk.back.ambiguous
    told = [f"{cut} packets whose last lines are missing"] * bool(cut)
    told += [f"{unclear} packets of interleaved threads that could not be told apart"] * bool(unclear)
    told += case.evidence.gaps
    if not told:
        return None
    return Finding(
        symptom="trace incomplete",
        saw="; ".join(told),
        why="what is missing may hold a drop or its reason; it is never counted as one",
        next="trace again with narrower filters, or larger and more files",
    )
