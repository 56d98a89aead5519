"""An interface that is in no zone, or in the null zone."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="interface in no zone",
    why="the packet came in by, or was to leave by, an interface that belongs to no security zone",
    next="show interfaces {ingress} | match zone, and the same for {egress}",
    trace=wording(r"null/invalid zone|null zone|invalid zone"),
    record=wording(r"null zone|invalid zone"),  # published listings
)
