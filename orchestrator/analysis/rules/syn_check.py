"""A TCP packet of a connection the device does not know."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="TCP out of state",
    why="a TCP session begins with a SYN; this packet is of a connection the device never saw, or forgot",
    next="did the session age out, or does the SYN take another way? compare show security flow session on both paths",
    trace=wording(r"not sync?\b|syn.?check"),
    record=wording(r"SYN check"),
)
