"""R6: what NAT does to the initiator's flow, the responder's flow must undo."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.stateful_firewall import Direction, FlowNat, ServiceConversation, ServiceFlow
from orchestrator.model.verdict import Finding

_OPPOSITE = {"source": "dest", "dest": "source"}


def look(case: AlgCase) -> Iterator[Finding]:
    """NAT lines that do not fit their own flow, or that the way back does not undo."""
    for conversation in case.meant:
        for flow in conversation.of(Direction.INITIATOR):
            for nat in flow.nats:
                yield from _own(conversation, flow, nat)
                yield from _back(conversation, flow, nat)


def _own(conversation: ServiceConversation, flow: ServiceFlow, nat: FlowNat) -> Iterator[Finding]:
    """The first pair of a NAT line is the end of the flow that is translated."""
    key = flow.key
    end = (key.source, key.source_port) if nat.kind == "source" else (key.destination, key.destination_port)
    if nat.kind in _OPPOSITE and (nat.address, nat.port) != end:
        yield Finding(
            symptom=f"{conversation.alg} NAT line is of another flow",
            saw=f"{flow.key} has {nat}",
            why="the first pair of a NAT line is the original end of its own flow",
            next="read the conversation again; when it stays, the flow table is not consistent: keep it for support",
            lines=(flow.line,),
        )


def _back(conversation: ServiceConversation, flow: ServiceFlow, nat: FlowNat) -> Iterator[Finding]:
    server = _server_end(flow)
    answers = [
        one
        for one in conversation.of(Direction.RESPONDER)
        if (one.key.source, one.key.source_port) == server and one.key.protocol == flow.key.protocol
    ]
    undone = [each for one in answers for each in one.nats if each.kind == _OPPOSITE.get(nat.kind)]
    if not answers or any(each.is_inverse_of(nat) for each in undone):
        return
    saw = f"there {nat}; back {undone[0]}" if undone else f"there {nat}; back no NAT {_OPPOSITE.get(nat.kind)} line"
    yield Finding(
        symptom=f"{conversation.alg} NAT is not undone on the way back",
        saw=f"{flow.key}: {saw}",
        why="the responder's translation must be the inverse of the initiator's, else answers reach nobody",
        next="is there another service set or rule on the way back? clear the flows, and connect anew",
        lines=(flow.line, *(one.line for one in answers)),
    )


def _server_end(flow: ServiceFlow) -> tuple[str, int | None]:
    """Where answers come from: the destination, after its own translation when it has one."""
    for nat in flow.nats:
        if nat.kind == "dest":
            return nat.translated, nat.translated_port
    return flow.key.destination, flow.key.destination_port
