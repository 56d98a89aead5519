"""The heading's numbers of initiators and responders against the flows below it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.stateful_firewall import Direction
from orchestrator.model.verdict import Finding


def look(case: AlgCase) -> Iterator[Finding]:
    """Conversations whose flows are not as many as the heading says."""
    for conversation in case.meant:
        said = {Direction.INITIATOR: conversation.initiators, Direction.RESPONDER: conversation.responders}
        differing = [
            f"{number} {name} in the heading, {len(conversation.of(direction))} flows of direction {direction}"
            for (direction, number), name in zip(said.items(), ("initiators", "responders"), strict=True)
            if number is not None and number != len(conversation.of(direction))
        ]
        if differing:
            yield Finding(
                symptom=f"{conversation.alg} flows and heading do not agree",
                saw="; ".join(differing),
                why="each initiator and each responder is one flow; one that is missing was not made, or was cut off "
                "the output",
                next="was the output limited or filtered? ask again without a filter; then look for the missing flow",
                lines=(conversation.line,),
            )
