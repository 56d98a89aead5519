"""R8, the log's side: data arrives and no flow was made for it."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.analysis.alg.case import AlgCase
from orchestrator.analysis.alg.roles import CONTROL_PORTS, control
from orchestrator.model.service_log import ServiceLog
from orchestrator.model.verdict import Finding

REFUSED = "ASP_SFW_NO_RULE_DROP"
_ACCEPTED = ("ASP_SFW_CREATE_ACCEPT_FLOW", "ASP_SFW_RULE_ACCEPT", "JSERVICES_SFW_RULE_ACCEPT")


def look(case: AlgCase) -> Iterator[Finding]:
    """Packets that no rule matched, between hosts that have a control connection."""
    pairs = _pairs(case)
    refused = [
        one
        for one in case.logs or ()
        if one.tag == REFUSED and one.key is not None and frozenset((one.key.source, one.key.destination)) in pairs
        and not {one.key.source_port, one.key.destination_port} & set(CONTROL_PORTS.values())
    ]  # fmt: skip
    if refused:
        keys = [str(one.key) for one in refused]
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        yield Finding(
            symptom="data arrives, and no flow was made for it",
            saw=f"{REFUSED}: {keys[0]}{more}, between hosts with a control connection",
            why="the ALG did not open the way that the control connection negotiated, so that the rules decided",
            next="is the control flow a Watch flow, do the ALG's errors grow, and is the payload readable?",
            lines=tuple(one.line for one in refused),
            packets=len(refused),
        )


def _pairs(case: AlgCase) -> set[frozenset[str]]:
    """Hosts that have a control connection, before and after translation."""
    pairs: set[frozenset[str]] = set()
    for conversation in case.meant:
        for flow in control(conversation):
            sources = {flow.key.source, *(nat.translated for nat in flow.nats if nat.kind == "source")}
            targets = {flow.key.destination, *(nat.translated for nat in flow.nats if nat.kind == "dest")}
            pairs |= {frozenset((source, target)) for source in sources for target in targets}
    pairs |= {_ends(one) for one in case.logs or () if one.tag in _ACCEPTED and one.application in _names(case)}
    return pairs - {frozenset()}


def _names(case: AlgCase) -> set[str]:
    return {case.wanted} if case.wanted else set(CONTROL_PORTS)


def _ends(one: ServiceLog) -> frozenset[str]:
    return frozenset((one.key.source, one.key.destination)) if one.key else frozenset()
