"""The packet had gone far enough."""

from __future__ import annotations

from orchestrator.analysis.rules.rule import Stop, wording

STOP = Stop(
    symptom="time to live ran out",
    why="the packet's TTL or hop limit reached its end at this device",
    next="a loop between this device and its neighbour? traceroute to {destination}, show route {destination}",
    trace=wording(r"\bttl\b|hop.?limit"),
    record=wording(r"\bttl\b|hop.?limit"),
)
