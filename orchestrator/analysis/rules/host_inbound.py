"""Traffic to the device itself that its zone does not let in."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="self-traffic not permitted",
    why="the packet is for an address of the device, and no service of the zone or interface takes it",
    next="show security zones detail: host-inbound-traffic of the zone of {ingress}, and of the interface itself",
    trace=wording(r"for self but not interested"),
    record=wording(r"self but not interested"),
    confirmed=True,  # a published trace, and published drop records
)
