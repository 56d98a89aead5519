"""R4: control flows of FTP and RTSP are always Watch flows."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.analysis.alg.roles import CONTROL_PORTS, control
from orchestrator.model.stateful_firewall import FlowState
from orchestrator.model.verdict import Finding

_MEANS = {
    FlowState.FORWARD: "packets pass and their payload is not read: no data connection is expected, and addresses in "
    "the payload are not translated",
    FlowState.DROP: "every packet of this flow is dropped",
}


def look(case: AlgCase) -> Iterator[Finding]:
    """Control flows in another state."""
    for conversation in case.meant:
        if conversation.alg not in CONTROL_PORTS:
            continue
        for flow in control(conversation):
            if flow.state is not FlowState.WATCH:
                means = _MEANS.get(flow.state) if isinstance(flow.state, FlowState) else None
                yield Finding(
                    symptom=f"{conversation.alg} control flow is not watched",
                    saw=f"{flow.key} is in state {flow.state}",
                    why=means or f"control flows of {conversation.alg} are always Watch; this state says nothing known",
                    next=f"does the rule match the application junos-{conversation.alg}? clear the flow, connect anew",
                    lines=(flow.line,),
                )
