"""R1: is the ALG active at all."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.analysis.alg.roles import CONTROL_PORTS, control, data
from orchestrator.model.alg import Activity
from orchestrator.model.stateful_firewall import ServiceConversation
from orchestrator.model.verdict import Finding

_ORDER = list(Activity)


def activity(case: AlgCase) -> dict[str, Activity] | None:
    """How far each ALG has come, the one asked about among them; ``None`` when conversations were not read."""
    if case.conversations is None:
        return None
    found: dict[str, Activity] = {case.wanted: Activity.ABSENT} if case.wanted else {}
    for one in case.meant:
        found[one.alg] = max(found.get(one.alg, Activity.ABSENT), _of(one), key=_ORDER.index)
    return found


def _of(conversation: ServiceConversation) -> Activity:
    flows = control(conversation)
    if not flows or any(not one.frames for one in flows):
        return Activity.PRESENT
    return Activity.TRANSFERRING if any(one.frames for one in data(conversation)) else Activity.ACTIVE


def look(case: AlgCase) -> Iterator[Finding]:
    """An ALG that is switched off, that no conversation has, or whose control flows carry nothing."""
    yield from _disabled(case)
    if case.wanted and case.conversations is not None and not case.meant:
        yield _absent(case)
    for conversation in case.meant:
        silent = [one for one in control(conversation) if not one.frames]
        if silent:
            yield Finding(
                symptom=f"{conversation.alg} control flow without packets",
                saw="; ".join(f"{one.key}: frame count {one.frames}" for one in silent),
                why="the ALG counts as active when its control flows have a frame count that is not zero",
                next="do packets of this direction reach the services interface? look at routes and at the service set",
                lines=tuple(one.line for one in silent),
            )


def _disabled(case: AlgCase) -> Iterator[Finding]:
    for one in case.status or ():
        off = [name for name, on in one.enabled.items() if on is False and name == case.wanted]
        for name in off:
            where = f"{one.node}: " if one.node else ""
            yield Finding(
                symptom=f"the {name} ALG is disabled",
                saw=f"{where}show security alg status: {name} Disabled",
                why="the payload of its control connection is not read: no data connection is opened and no address in "
                "it is translated",
                next=f"is it off on purpose? security alg {name} disable",
                lines=(one.line,),
            )


def _absent(case: AlgCase) -> Finding:
    port = CONTROL_PORTS.get(case.wanted)
    bypass = [
        flow
        for one in case.conversations or ()
        for flow in one.flows
        if port is not None and flow.key.protocol == 6 and port in {flow.key.source_port, flow.key.destination_port}
    ]
    if bypass:
        return Finding(
            symptom=f"{case.wanted} traffic passes without its ALG",
            saw=f"flows of port {port} stand in conversations of another ALG protocol: {bypass[0].key}",
            why=f"the ALG protocol of the conversation must be {case.wanted}; else nobody reads the payload and data "
            "connections are not expected",
            next=f"does a rule match the application junos-{case.wanted}, before any that matches it as plain TCP?",
            lines=tuple(one.line for one in bypass),
        )
    return Finding(
        symptom=f"no {case.wanted} conversation",
        saw=f"no conversation has the ALG protocol {case.wanted}",
        why="either nobody speaks it now, or its rule does not match the application",
        next=f"start a session and look again; does the rule name junos-{case.wanted}, and the service set the rule?",
    )
