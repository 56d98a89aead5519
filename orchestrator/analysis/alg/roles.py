"""R3: what each flow is for, and flows whose direction says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.model.alg import FlowRole, Role
from orchestrator.model.stateful_firewall import Direction, FlowState, ServiceConversation, ServiceFlow
from orchestrator.model.verdict import Finding

TCP, UDP = 6, 17
CONTROL_PORTS = {"ftp": 21, "rtsp": 554}
FTP_DATA_PORT = 20


def role_of(alg: str, flow: ServiceFlow) -> Role:
    """What a flow is for (facts: documentation of ALG sessions).

    Control and active FTP data are told by their ports. RTSP media is UDP, and passive FTP data has negotiated ports:
    there, and for every other ALG, state and direction decide.
    """
    port = CONTROL_PORTS.get(alg)
    key = flow.key
    if port is not None and key.protocol == TCP and port in {key.source_port, key.destination_port}:
        return Role.CONTROL_INITIATOR if key.destination_port == port else Role.CONTROL_RESPONDER
    if alg == "ftp" and FTP_DATA_PORT in {key.source_port, key.destination_port}:
        return Role.DATA_INITIATOR if key.destination_port == FTP_DATA_PORT else Role.DATA_RESPONDER
    if port is None and flow.state is FlowState.WATCH:
        return _by_direction(flow, Role.CONTROL_INITIATOR, Role.CONTROL_RESPONDER)
    if flow.state is FlowState.FORWARD and (alg != "rtsp" or key.protocol == UDP):
        return _by_direction(flow, Role.DATA_INITIATOR, Role.DATA_RESPONDER)
    return Role.UNKNOWN


def _by_direction(flow: ServiceFlow, initiator: Role, responder: Role) -> Role:
    if flow.direction is Direction.INITIATOR:
        return initiator
    return responder if flow.direction is Direction.RESPONDER else Role.UNKNOWN


def roles(conversation: ServiceConversation) -> tuple[FlowRole, ...]:
    """The flows of a conversation with their roles, in the order printed."""
    return tuple(FlowRole(flow=one, role=role_of(conversation.alg, one)) for one in conversation.flows)


def control(conversation: ServiceConversation) -> list[ServiceFlow]:
    """Its control flows."""
    return [one.flow for one in roles(conversation) if one.role.is_control]


def data(conversation: ServiceConversation) -> list[ServiceFlow]:
    """Its data flows."""
    return [one.flow for one in roles(conversation) if one.role.is_data]


_INITIATORS = {Role.CONTROL_INITIATOR, Role.DATA_INITIATOR}


def look(case: AlgCase) -> Iterator[Finding]:
    """Flows whose ports and direction contradict each other."""
    for conversation in case.meant:
        for one in roles(conversation):
            expected = Direction.INITIATOR if one.role in _INITIATORS else Direction.RESPONDER
            if one.role is Role.UNKNOWN or one.flow.direction is expected:
                continue
            yield Finding(
                symptom=f"{conversation.alg} flow runs against its role",
                saw=f"{one.flow.key} is the {one.role} by its ports and has direction {one.flow.direction}",
                why="client and server have changed places: the other side began this connection",
                next="which side begins? an FTP server that opens data connections from port 20 is active FTP",
                lines=(one.flow.line,),
            )
