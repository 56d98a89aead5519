"""Too large for the way out, or a fragment that cannot be put together."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="fragmentation",
    why="the packet needs to be cut but must not be, or its fragments do not come together",
    next="show interfaces {egress} | match mtu; does a tunnel make the way smaller? tcp-mss in security flow helps TCP",
    trace=wording(r"\bfrag|\bmtu\b|too big"),
    record=wording(r"\bfrag|\bmtu\b|too big"),
)
