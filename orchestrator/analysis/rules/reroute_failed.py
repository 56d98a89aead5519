"""The route of an existing session went away."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="re-route failed",
    why="the session exists, but its new route leads into another zone or to no interface",
    next="show route {destination}, and show security flow session: did the egress interface change its zone?",
    trace=wording(r"re-?route failed"),
    record=wording(r"re-?route"),
    confirmed=True,  # a published trace
)
