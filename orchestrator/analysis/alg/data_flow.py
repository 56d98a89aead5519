"""R2 and R5: the control connection is up, the data connection is not."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.analysis.alg.roles import CONTROL_PORTS, control, data
from orchestrator.model.stateful_firewall import Direction, ServiceConversation
from orchestrator.model.verdict import Finding

_DATA = {
    "ftp": ("data flow", "the TCP flows of port 20, or those negotiated for passive FTP"),
    "rtsp": ("media flow", "the UDP flows that carry RTP"),
}


def look(case: AlgCase) -> Iterator[Finding]:
    """Conversations that lack a direction of control, or their data."""
    for conversation in case.meant:
        if conversation.alg in CONTROL_PORTS:
            yield from _one_way(conversation)
            yield from _data(conversation)
    yield from _parents(case)


def _parents(case: AlgCase) -> Iterator[Finding]:
    """The same question to cards with extension-provider packages: parents are control, children data."""
    for one in case.sessions or ():
        active = [each for each in one.parents if each.status in {"", "active"} and each.forward is not None]
        if active and not one.children and one.alg.lower().startswith(case.wanted):
            yield Finding(
                symptom=f"{one.alg} parent session without a child",
                saw=f"{one.interface}: {len(active)} parent sessions, no child session: {active[0].forward}",
                why="the parent is the control connection, its children are the data connections: none was made",
                next="was a transfer asked for at all? then look for what refuses its ports",
            )


def _one_way(conversation: ServiceConversation) -> Iterator[Finding]:
    flows = control(conversation)
    port = CONTROL_PORTS[conversation.alg]
    directions = {one.direction for one in flows}
    if Direction.INITIATOR in directions and Direction.RESPONDER in directions:
        return
    there = Direction.INITIATOR in directions
    missing = f"from port {port} back to the client" if there else f"from the client to port {port}"
    yield Finding(
        symptom=f"{conversation.alg} control flow is missing",
        saw=f"there is no control flow {missing}" if flows else "the conversation has no control flow at all",
        why="a control connection has two flows, one a direction, once the three-way handshake is complete",
        next="does the server answer, and do its answers come back through this services interface?",
        lines=tuple(one.line for one in flows) or (conversation.line,),
    )


def _data(conversation: ServiceConversation) -> Iterator[Finding]:
    talking = [one for one in control(conversation) if one.frames]
    found = data(conversation)
    noun, which = _DATA[conversation.alg]
    if talking and not found:
        yield Finding(
            symptom=f"{conversation.alg} control is up, the {noun} is missing",
            saw=f"{len(talking)} control flows with packets, no {noun}",
            why=f"the control connection works, but {which} were never made: most probably the data connection is down",
            next="was a transfer asked for at all? then: is the payload encrypted so that the ALG cannot read it, does "
            "a rule allow the data, is a log of ASP_SFW_NO_RULE_DROP there for its ports?",
            lines=tuple(one.line for one in talking),
        )
    elif found and not any(one.frames for one in found):
        yield Finding(
            symptom=f"{conversation.alg} {noun}s carry nothing",
            saw=f"{len(found)} {noun}s, each with frame count 0",
            why="a frame count that is not zero in the data flows is what shows that data was transferred",
            next="is the sender reachable and sending? zero in one direction only is normal for one-way media",
            lines=tuple(one.line for one in found),
        )
